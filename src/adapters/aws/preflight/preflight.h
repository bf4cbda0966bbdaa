#pragma once
// Launchability with proof: whether the account, the region and the network would give the machines
// that a phase asks for, found out before anything is paid. Nothing is made, changed or left
// behind.

#include <optional>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "base/money.h"
#include "model/ec2_spec.h"
#include "model/preflight.h"
#include "model/price.h"

namespace mayfly::aws {

// The database as seen from here; what is absent could not be found out.
struct DatabaseFacts {
  bool is_embedded = false;
  std::optional<DatabaseRoom> room;
  std::string why_not;  // it was not reached: what it said
};

struct PreflightRequest {
  Ec2Spec ec2;
  int machines = 1;
  std::optional<int> slots;  // of each; absent: one for each vCPU
  std::optional<Rate> max_price;
  std::optional<Money> budget;
  std::optional<Duration> expect;
  Duration deadline{};
  Tags tags;                              // exactly those that a machine will carry
  std::string architecture;               // of the program that it will run: "x86_64", "arm64"
  std::string needed_libc;                // the C library that the program needs at least: "2.34"
  std::string bundle_prefix = "mayfly/";  // keys of our objects in the bucket begin with it
  DatabaseFacts database;
  std::optional<CapacitySpec> capacity;
};

// Every line, in the order in which one would mend them. Who we are comes first: where that is not
// known, nothing else is asked, and cannot be told.
std::vector<PreflightCheck> Preflight(Caller& caller, const PreflightRequest& request);

// The first line alone.
PreflightCheck CheckIdentity(Caller& caller);

}  // namespace mayfly::aws
