#include "cli/kept_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/money.h"
#include "base/text.h"
#include "cli/render.h"

namespace mayfly::cli {
namespace {

using nlohmann::ordered_json;

std::string PriceText(const KeptDisk& disk) {
  if (!disk.monthly) return "at a price that nobody knows";
  return fmt::format("at most {} a month", FormatMoney(*disk.monthly));
}

std::string DiskText(const KeptDisk& disk, Instant now) {
  const std::string what =
      fmt::format("{}, {} GB of machine {}", disk.external_id, disk.gigabytes, disk.machine.value);
  switch (disk.state) {
    case DiskState::kIntended:
      return fmt::format("of machine {} is about to be asked for", disk.machine.value);
    case DiskState::kPending:
      return fmt::format("{}, is being made, for {} now", what, HumanDuration(disk.age));
    case DiskState::kCompleted:
      return fmt::format("{}, {} until {}{}", what, PriceText(disk), FormatInstant(disk.expires),
                         disk.expires <= now ? ": expired, to be swept" : "");
    case DiskState::kFailed:
      return "not kept: " + WithoutControls(disk.note);
    case DiskState::kDeleted:
      return "removed: " + WithoutControls(disk.note);
  }
  return "";
}

std::string FloorText(const RaisedFloor& floor) {
  const std::string what =
      fmt::format("of {}: {} capacity units instead of {}", floor.cluster,
                  FormatUnits(floor.floor_milli), FormatUnits(floor.before_milli));
  switch (floor.state) {
    case FloorState::kIntended:
      return what + ", about to be raised";
    case FloorState::kRaised:
      return what;
    case FloorState::kRestoring:
      return what + ", about to be restored";
    case FloorState::kRestored:
      return fmt::format("of {}: restored to {} capacity units", floor.cluster,
                         FormatUnits(floor.before_milli));
    case FloorState::kLeft:
      return fmt::format("of {}: left as it is: {}", floor.cluster, WithoutControls(floor.note));
  }
  return "";
}

ordered_json JsonOf(const KeptDisk& disk) {
  const auto machine = disk.machine.value;
  return {
      {"state", Name(disk.state)},
      {"machine", machine == 0 ? ordered_json(nullptr) : ordered_json(machine)},
      {"external_id", disk.external_id},
      {"gigabytes", disk.gigabytes},
      {"monthly", disk.monthly ? ordered_json(FormatExactMoney(*disk.monthly)) : ordered_json()},
      {"expires", JsonInstant(disk.expires)},
      {"note", disk.note}};
}

ordered_json JsonOf(const RaisedFloor& floor) {
  return {{"cluster", floor.cluster},
          {"state", Name(floor.state)},
          {"before", FormatUnits(floor.before_milli)},
          {"floor", FormatUnits(floor.floor_milli)},
          {"asked", JsonInstant(floor.asked)},
          {"over", JsonInstant(floor.over)},
          {"note", floor.note}};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> KeptFacts(const RunSnapshot& snapshot) {
  std::vector<std::pair<std::string, std::string>> facts;
  if (snapshot.kept_disk) facts.emplace_back("disk", DiskText(*snapshot.kept_disk, snapshot.now));
  if (!snapshot.floors.empty()) facts.emplace_back("floor", FloorText(snapshot.floors.back()));
  return facts;
}

ordered_json JsonOfKept(const RunSnapshot& snapshot) {
  ordered_json floors = ordered_json::array();
  for (const RaisedFloor& floor : snapshot.floors) floors.push_back(JsonOf(floor));
  return {{"disk", snapshot.kept_disk ? JsonOf(*snapshot.kept_disk) : ordered_json(nullptr)},
          {"floors", std::move(floors)}};
}

}  // namespace mayfly::cli
