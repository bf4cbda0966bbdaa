// The database cluster whose floor the phase raises.

#include <fmt/format.h>

#include "adapters/aws/preflight/survey.h"
#include "adapters/aws/provider/machine_names.h"
#include "adapters/aws/rds.h"

namespace mayfly::aws {
namespace {

constexpr const char* kFloor = "database floor";

std::string LedgerOf(const Tags& tags) {
  for (const auto& [key, value] : tags) {
    if (key == kLedgerTag) return value;
  }
  return "";
}

PreflightCheck Judge(const DbCluster& cluster, const CapacitySpec& wish,
                     const std::string& ledger) {
  if (!cluster.least_capacity || !cluster.most_capacity) {
    return Fail(kFloor, fmt::format("{} is not serverless: it has no floor", cluster.id),
                "leave [database.capacity] out");
  }
  const double floor = static_cast<double>(wish.floor_milli) / 1000;
  const std::string found =
      fmt::format("{} moves between {} and {} capacity units, and its floor is to be {}",
                  cluster.id, *cluster.least_capacity, *cluster.most_capacity, floor);
  if (floor > *cluster.most_capacity) {
    return Fail(kFloor, found, "raise its maximum, or lower database.capacity.floor");
  }
  const std::string holder = LedgerOf(cluster.tags);
  if (!holder.empty() && holder != ledger) {
    return Fail(kFloor, fmt::format("{}; ledger {} holds it up now", found, holder),
                "wait until that ledger's run is over, or leave [database.capacity] out");
  }
  return Pass(kFloor, found);
}

}  // namespace

std::vector<PreflightCheck> CheckCapacity(const Survey& survey) {
  const std::optional<CapacitySpec>& wish = survey.request.capacity;
  if (!wish) return {};
  Result<std::vector<DbCluster>> seen = DescribeDbClusters(survey.caller, wish->cluster);
  if (!seen.ok()) {
    return {FromError(kFloor, seen.error(),
                      "name an Aurora cluster of this region in database.capacity.cluster")};
  }
  if (seen->empty()) {
    return {Fail(kFloor, "there is no cluster " + wish->cluster,
                 "name an Aurora cluster of this region in database.capacity.cluster")};
  }
  return {Judge(seen->front(), *wish, LedgerOf(survey.request.tags))};
}

}  // namespace mayfly::aws
