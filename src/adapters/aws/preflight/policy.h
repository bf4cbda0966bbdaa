#pragma once
// Least-privilege policies, made from the table of permissions. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "adapters/aws/preflight/permissions.h"

namespace mayfly::aws {

// What narrows a policy. What is empty is left open: any region, any account, any ledger.
struct PolicyScope {
  std::string bucket, region, account, ledger;
  std::string worker_role = "mayfly-worker";
  std::string end_role = "mayfly-end";
  std::string bundle_prefix = "mayfly/";
  std::string host;     // the id of the one that may be resized
  std::string cluster;  // empty: no floor is raised, and no right to it is given
};

// A policy document for IAM; `who` is controller, worker, resizer or scheduler.
nlohmann::ordered_json MakePolicy(Grantee who, const PolicyScope& scope);

// Who may take on a role: EC2, for machines; the scheduler, for the role that ends them, on behalf
// of this account's schedules alone where the account is known.
nlohmann::ordered_json MakeTrust();
nlohmann::ordered_json MakeSchedulerTrust(const PolicyScope& scope);

}  // namespace mayfly::aws
