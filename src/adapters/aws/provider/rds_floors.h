#pragma once
// Floors of Aurora Serverless v2 clusters, and whose they are: the cluster's own tags say.

#include <string>

#include "adapters/aws/caller.h"
#include "adapters/aws/rds.h"
#include "seams/keeper.h"

namespace mayfly::aws {

// The caller outlives it. One thread.
class RdsFloors final : public FloorKeeper {
 public:
  RdsFloors(Caller& caller, std::string ledger) : caller_(caller), ledger_(std::move(ledger)) {}

  Result<FloorSight> Look(const std::string& cluster) override;
  Status Set(const std::string& cluster, std::int64_t least_milli) override;
  Status Mark(const std::string& cluster, const FloorMark& mark) override;
  Status Unmark(const std::string& cluster) override;

 private:
  Result<DbCluster> Find(const std::string& cluster);

  Caller& caller_;
  std::string ledger_;
};

}  // namespace mayfly::aws
