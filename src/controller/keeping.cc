#include "controller/keeping.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly {
namespace {

// What will not change by asking again: the disk is not kept, and the run goes on.
bool IsDefinite(const Error& error) {
  return error.kind() == ErrorKind::kNotFound || error.kind() == ErrorKind::kInvalid ||
         error.kind() == ErrorKind::kDenied || error.kind() == ErrorKind::kExhausted;
}

std::string MachineIdOf(const RunSnapshot& snapshot, MachineId id) {
  for (const MachineView& machine : snapshot.machines) {
    if (machine.id == id) return machine.external_id;
  }
  return "";
}

std::string NotAsWeLeftIt(const FloorSight& sight, const RaisedFloor& floor) {
  return fmt::format("its floor is {} and was raised to {}: somebody else set it, and it stays",
                     FormatUnits(sight.least_milli), FormatUnits(floor.last_set_milli));
}

}  // namespace

Status Keeping::Record(KeptDisk disk, DiskState state, std::string note) {
  disk.state = state;
  disk.note = std::move(note);
  return write_(RecordKept{std::move(disk)});
}

Status Keeping::Record(RaisedFloor floor, FloorState state, std::string note) {
  floor.state = state;
  floor.note = std::move(note);
  return write_(RecordFloor{std::move(floor)});
}

// There is no token: what an earlier asking made is looked for, and given time to be shown.
Status Keeping::Keep(const sched::KeepDisk& wish, const RunSnapshot& snapshot) {
  if (options_.disks == nullptr) return Invalid("this phase keeps no disk");
  KeptDisk disk;
  if (snapshot.kept_disk) {
    disk = *snapshot.kept_disk;
  } else {
    disk = {.machine = wish.machine, .gigabytes = options_.disk_gb, .monthly = options_.monthly};
    disk.expires = std::chrono::floor<seconds>(snapshot.now + options_.keep);
  }
  Result<std::optional<DiskSight>> seen = options_.disks->Look(snapshot.run.id, wish.machine);
  if (!seen.ok() && IsDefinite(seen.error())) {
    return Record(disk, DiskState::kFailed, seen.error().message());
  }
  TRY_ASSIGN(std::optional<DiskSight> there, std::move(seen));
  if (!there) {
    const bool may_come = disk.asked_ago && *disk.asked_ago < options_.shown_within;
    if (may_come) {
      return Unavailable(
          fmt::format("a snapshot of machine {} was asked for {} ago and may still "
                      "come to be shown",
                      wish.machine.value, HumanDuration(*disk.asked_ago)));
    }
    TRY(Record(disk, DiskState::kIntended, ""));
    Result<DiskSight> asked =
        options_.disks->Ask({.run = snapshot.run.id,
                             .machine = wish.machine,
                             .machine_id = MachineIdOf(snapshot, wish.machine),
                             .expires = disk.expires});
    if (!asked.ok() && IsDefinite(asked.error())) {
      return Record(disk, DiskState::kFailed, asked.error().message());
    }
    if (!asked.ok()) return asked.error();
    there = *asked;
  }
  disk.external_id = there->external_id;
  return Record(disk, DiskState::kPending, "");
}

Status Keeping::Drop(const sched::DropDisk& wish, const RunSnapshot& snapshot) {
  KeptDisk disk = snapshot.kept_disk.value_or(
      KeptDisk{.expires = std::chrono::floor<seconds>(snapshot.now + options_.keep)});
  if (disk.machine.value == 0) return Record(disk, wish.to, wish.reason);
  if (options_.disks == nullptr) return Invalid("this phase keeps no disk");
  const Status dropped = options_.disks->Drop(snapshot.run.id, disk.machine);
  const bool is_stuck = !dropped.ok() && IsDefinite(dropped.error());
  if (is_stuck && wish.to == DiskState::kFailed) {
    return Record(disk, wish.to,
                  fmt::format("{}; {} could not be removed: {}", wish.reason, disk.external_id,
                              dropped.error().message()));
  }
  TRY(dropped);
  return Record(disk, wish.to, wish.reason);
}

Result<bool> Keeping::Follow(const RunSnapshot& snapshot) {
  const std::optional<KeptDisk>& disk = snapshot.kept_disk;
  if (!disk || disk->state != DiskState::kPending || options_.disks == nullptr) return false;
  const Duration now = clock_.Mono();
  if (looked_ && now - *looked_ < options_.ask_disk) return false;
  looked_ = now;
  Result<std::optional<DiskSight>> seen = options_.disks->Look(snapshot.run.id, disk->machine);
  if (!seen.ok() && IsDefinite(seen.error())) {
    TRY(Record(*disk, DiskState::kFailed,
               fmt::format("{} stands, and nobody knows in which state: {}", disk->external_id,
                           seen.error().message())));
    return true;
  }
  TRY_ASSIGN(std::optional<DiskSight> there, std::move(seen));
  if (there && there->state == DiskState::kPending) return false;
  if (there && there->state == DiskState::kCompleted) {
    TRY(Record(*disk, DiskState::kCompleted, ""));
    return true;
  }
  const bool may_come = !there && disk->asked_ago && *disk->asked_ago < options_.shown_within;
  if (may_come) return false;
  TRY(Drop({DiskState::kFailed,
            there ? "the provider could not complete it" : "it is not there any more"},
           snapshot));
  return true;
}

Status Keeping::Raise(const RunSnapshot& snapshot) {
  if (options_.floors == nullptr) return Invalid("this phase raises no floor");
  TRY_ASSIGN(const FloorSight sight, options_.floors->Look(options_.cluster));
  if (options_.floor_milli > sight.most_milli) {
    return Invalid(fmt::format(
        "cluster {} has at most {} capacity units, and its floor is to be "
        "{}; raise its maximum, or lower database.capacity.floor",
        options_.cluster, FormatUnits(sight.most_milli), FormatUnits(options_.floor_milli)));
  }
  RaisedFloor floor{.cluster = options_.cluster,
                    .before_milli = sight.mark ? sight.mark->before_milli : sight.least_milli};
  const bool is_intended =
      !snapshot.floors.empty() && snapshot.floors.back().state == FloorState::kIntended;
  if (is_intended) floor.before_milli = snapshot.floors.back().before_milli;
  floor.floor_milli = std::max(options_.floor_milli, sight.least_milli);
  TRY(Record(floor, FloorState::kIntended, ""));
  if (floor.floor_milli > floor.before_milli) {
    TRY(options_.floors->Mark(floor.cluster, {.run = snapshot.run.id,
                                              .before_milli = floor.before_milli,
                                              .raised_milli = floor.floor_milli}));
  }
  if (floor.floor_milli > sight.least_milli) {
    TRY(options_.floors->Set(floor.cluster, floor.floor_milli));
  }
  return Record(floor, FloorState::kRaised, "");
}

Status Keeping::Restore(const sched::RestoreFloor& wish, const RunSnapshot& snapshot) {
  if (options_.floors == nullptr) return Invalid("this phase raises no floor");
  const RaisedFloor& floor = snapshot.floors.back();
  if (floor.state != FloorState::kRestoring) {
    return Record(floor, FloorState::kRestoring, wish.reason);
  }
  return Settle(floor);
}

Status Keeping::Settle(const RaisedFloor& floor) {
  Result<FloorSight> sight = options_.floors->Look(floor.cluster);
  if (!sight.ok() && sight.error().kind() == ErrorKind::kNotFound) {
    return Record(floor, FloorState::kLeft, "the cluster is not there any more");
  }
  if (!sight.ok()) return sight.error();
  if (floor.needed_by.value != 0) return LeaveTo(floor, *sight, floor.needed_by);
  if (sight->mark && !sight->mark->is_ours) {
    return Record(floor, FloorState::kLeft,
                  fmt::format("run {} of another ledger holds it up now, and restores it",
                              sight->mark->run.value));
  }
  const bool is_ours =
      sight->least_milli == floor.last_set_milli || sight->least_milli == floor.floor_milli;
  const bool is_restored = sight->least_milli == floor.before_milli;
  if (is_ours && !is_restored) TRY(options_.floors->Set(floor.cluster, floor.before_milli));
  if (sight->mark) TRY(options_.floors->Unmark(floor.cluster));
  if (is_ours || is_restored) return Record(floor, FloorState::kRestored, "");
  return Record(floor, FloorState::kLeft, NotAsWeLeftIt(*sight, floor));
}

// The mark names who restores it, for whoever sweeps.
Status Keeping::LeaveTo(const RaisedFloor& floor, const FloorSight& sight, RunId run) {
  const bool names_us_or_none = !sight.mark || sight.mark->is_ours;
  if (names_us_or_none && floor.floor_milli > floor.before_milli) {
    TRY(options_.floors->Mark(
        floor.cluster,
        {.run = run, .before_milli = floor.before_milli, .raised_milli = floor.last_set_milli}));
  }
  return Record(floor, FloorState::kLeft,
                fmt::format("run {} counts on it, and restores it", run.value));
}

}  // namespace mayfly
