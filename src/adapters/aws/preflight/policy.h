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
  std::string bundle_prefix = "mayfly/";
  std::string host;  // the id of the one that may be resized
  std::string cluster;  // empty: no floor is raised, and no right to it is given
};

// A policy document for IAM; `who` is controller, worker or resizer.
nlohmann::ordered_json MakePolicy(Grantee who, const PolicyScope& scope);

// Who may take on a role: EC2, for machines.
nlohmann::ordered_json MakeTrust();

}  // namespace mayfly::aws
