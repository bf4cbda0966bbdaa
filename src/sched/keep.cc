#include "sched/keep.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::sched {
namespace {

// The newest that has worked. A machine that only booted has nothing that anybody wants to keep.
const MachineView* FindLast(const RunSnapshot& s) {
  const MachineView* last = nullptr;
  for (const MachineView& m : s.machines) {
    const bool has_worked = m.state == MachineState::kWorking ||
                            m.state == MachineState::kDraining || m.state == MachineState::kHeld;
    if (has_worked && !m.external_id.empty()) last = &m;
  }
  return last;
}

DiskDecision BeginDisk(const RunSnapshot& s) {
  DiskDecision decision{.is_open = true};
  const MachineView* last = FindLast(s);
  if (last == nullptr) {
    decision.act = DropDisk{DiskState::kFailed, "no machine was left whose disk could be kept"};
    return decision;
  }
  decision.act = KeepDisk{last->id, "the verdict is pass, and its disk is to be kept"};
  decision.stays = last->id;
  return decision;
}

}  // namespace

DiskDecision DecideDisk(const RunSnapshot& s, const KeepRules& rules) {
  if (!s.kept_disk) {
    const bool is_wanted = rules.disk_wait && s.run.state == RunState::kFinishing;
    return is_wanted ? BeginDisk(s) : DiskDecision{};
  }
  const KeptDisk& disk = *s.kept_disk;
  if (disk.state == DiskState::kCompleted && disk.expires <= s.now) {
    return {DropDisk{DiskState::kDeleted, "it has expired"}, std::nullopt, true};
  }
  if (!IsOpen(disk.state)) return {};
  const Duration wait = rules.disk_wait.value_or(SnapshotSpec{}.wait);
  if (disk.age > wait) {
    return {DropDisk{DiskState::kFailed,
                     fmt::format("it was not complete within {}", FormatDuration(wait))},
            std::nullopt, true};
  }
  DiskDecision decision{.stays = disk.machine, .is_open = true};
  if (disk.state == DiskState::kIntended) {
    decision.act = KeepDisk{disk.machine,
                            "it is intended, and nobody knows whether it was asked "
                            "for"};
  }
  return decision;
}

bool IsDiskOpen(const RunSnapshot& s) { return s.kept_disk && IsOpen(s.kept_disk->state); }

bool IsFloorOpen(const RunSnapshot& s) {
  return !s.floors.empty() && IsOpen(s.floors.back().state);
}

std::optional<std::variant<RaiseFloor, RestoreFloor>> FloorBeforeLaunch(const RunSnapshot& s,
                                                                        const KeepRules& rules) {
  if (!rules.raises_floor) return std::nullopt;
  const bool is_there = !s.floors.empty();
  if (is_there && s.floors.back().state == FloorState::kRaised) return std::nullopt;
  if (is_there && s.floors.back().state == FloorState::kRestoring) {
    return RestoreFloor{"it was about to be restored"};
  }
  return RaiseFloor{"machines are about to work"};
}

std::optional<RestoreFloor> FloorAfterWork(const RunSnapshot& s, std::string reason) {
  if (!IsFloorOpen(s)) return std::nullopt;
  return RestoreFloor{std::move(reason)};
}

}  // namespace mayfly::sched
