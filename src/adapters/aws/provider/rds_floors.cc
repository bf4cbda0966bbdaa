#include "adapters/aws/provider/rds_floors.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "adapters/aws/provider/machine_names.h"

namespace mayfly::aws {
namespace {

std::int64_t Milli(double units) { return std::llround(units * 1000); }

// Absent where there is none, or one that cannot be read: then nobody knows what it was.
std::optional<FloorMark> MarkOf(const Tags& tags, const std::string& ledger) {
  const std::string_view of = TagValue(tags, kLedgerTag);
  const Result<std::int64_t> before = ParseUnits(TagValue(tags, kFloorBeforeTag));
  if (of.empty() || !before.ok()) return std::nullopt;
  const std::string_view run = TagValue(tags, kRunTag);
  FloorMark mark{.is_ours = of == ledger, .before_milli = *before};
  const Result<std::int64_t> raised = ParseUnits(TagValue(tags, kFloorRaisedTag));
  if (raised.ok()) mark.raised_milli = *raised;
  std::int64_t number = 0;
  if (std::from_chars(run.data(), run.data() + run.size(), number).ec == std::errc()) {
    mark.run = RunId{number};
  }
  return mark;
}

}  // namespace

Result<DbCluster> RdsFloors::Find(const std::string& cluster) {
  TRY_ASSIGN(const std::vector<DbCluster> seen, DescribeDbClusters(caller_, cluster));
  for (const DbCluster& one : seen) {
    if (one.id != cluster) continue;
    if (one.least_capacity && one.most_capacity) return one;
    return Invalid(fmt::format("database cluster {} is not serverless: it has no floor", cluster));
  }
  return NotFound(fmt::format("there is no database cluster {}", cluster));
}

Result<FloorSight> RdsFloors::Look(const std::string& cluster) {
  TRY_ASSIGN(const DbCluster found, Find(cluster));
  return FloorSight{Milli(*found.least_capacity), Milli(*found.most_capacity),
                    MarkOf(found.tags, ledger_)};
}

Status RdsFloors::Set(const std::string& cluster, std::int64_t least_milli) {
  TRY_ASSIGN(const DbCluster found, Find(cluster));
  if (Milli(*found.least_capacity) != least_milli) {
    const double least = static_cast<double>(least_milli) / 1000;
    TRY(ModifyDbCluster(caller_, cluster, {least, *found.most_capacity}));
  }
  TRY_ASSIGN(const DbCluster after, Find(cluster));
  if (Milli(*after.least_capacity) == least_milli) return {};
  return Unavailable(fmt::format("the floor of {} was set to {} and is still {}", cluster,
                                 FormatUnits(least_milli),
                                 FormatUnits(Milli(*after.least_capacity))));
}

Status RdsFloors::Mark(const std::string& cluster, const FloorMark& mark) {
  TRY_ASSIGN(const DbCluster found, Find(cluster));
  return AddDbTags(caller_, found.arn,
                   {{std::string(kLedgerTag), ledger_},
                    {std::string(kRunTag), std::to_string(mark.run.value)},
                    {std::string(kFloorBeforeTag), FormatUnits(mark.before_milli)},
                    {std::string(kFloorRaisedTag), FormatUnits(mark.raised_milli)}});
}

Status RdsFloors::Unmark(const std::string& cluster) {
  TRY_ASSIGN(const DbCluster found, Find(cluster));
  return RemoveDbTags(caller_, found.arn,
                      {std::string(kLedgerTag), std::string(kRunTag), std::string(kFloorBeforeTag),
                       std::string(kFloorRaisedTag)});
}

}  // namespace mayfly::aws
