#pragma once
// What several lines of the preflight are about, asked for once.

#include <string>
#include <vector>

#include "adapters/aws/ec2_market.h"
#include "adapters/aws/ec2_places.h"
#include "adapters/aws/markets.h"
#include "adapters/aws/preflight/preflight.h"

namespace mayfly::aws {

struct Survey {
  Caller& caller;
  const PreflightRequest& request;
  Result<std::vector<InstanceType>> types;    // in the phase's order, the wished ones first
  Result<std::vector<Offering>> offerings;    // of those types
  Result<std::vector<Subnet>> subnets;        // where machines may be
  Result<std::vector<SecurityGroup>> groups;  // that they will be in
  Result<Image> image;                        // for the architecture of our program
};
Survey TakeSurvey(Caller& caller, const PreflightRequest& request);

bool IsWished(const PreflightRequest& request, const std::string& type);

// Whether machines live on this computer: the cloud is a simulator on the loopback address.
bool IsCloudHere(const Caller& caller);

// The lines. Each is true to one question; what it needs and is not known makes it "cannot tell".
PreflightCheck CheckTypes(const Survey& survey);
PreflightCheck CheckOffers(const Survey& survey);
PreflightCheck CheckImage(const Survey& survey);
PreflightCheck CheckLibc(const Survey& survey);
PreflightCheck CheckSubnets(const Survey& survey);
PreflightCheck CheckGroups(const Survey& survey);
PreflightCheck CheckRoute(const Survey& survey);
PreflightCheck CheckDatabase(const Survey& survey);
PreflightCheck CheckBucket(const Survey& survey);
// None where no floor is raised.
std::vector<PreflightCheck> CheckCapacity(const Survey& survey);
PreflightCheck CheckLastEnd(const Survey& survey);
// One for each market of the phase.
std::vector<PreflightCheck> CheckQuotas(const Survey& survey);
std::vector<PreflightCheck> CheckPrices(const Survey& survey);
// What we may do, by dry runs.
std::vector<PreflightCheck> CheckPermissions(const Survey& survey);

// How the lines are written.
PreflightCheck Pass(std::string what, std::string found);
PreflightCheck Fail(std::string what, std::string found, std::string next_step);
PreflightCheck CannotTell(std::string what, std::string found, std::string next_step);
// An error as a line: a definite answer of AWS that says no is fail; what could not be asked, or
// may not be asked by us, cannot be told.
PreflightCheck FromError(std::string what, const Error& error, std::string next_step);

}  // namespace mayfly::aws
