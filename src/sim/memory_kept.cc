// What the ledger in memory knows of kept disks and raised floors.

#include <fmt/format.h>

#include "sim/memory_runs.h"

namespace mayfly::sim {
namespace {

Error NoStep(RunId run, std::string_view what, std::string_view from, std::string_view to) {
  return Conflict(
      fmt::format("the {} of run {} is {}: it may not become {}", what, run.value, from, to));
}

std::string Told(std::string_view state, const std::string& note) {
  return note.empty() ? std::string(state) : fmt::format("{}: {}", state, note);
}

}  // namespace

Status MemoryRunStore::ApplyTo(RunRow& run, const RecordKept& change) {
  const KeptDisk& to = change.disk;
  const bool may_begin = to.state == DiskState::kIntended || to.state == DiskState::kFailed;
  std::optional<KeptDiskRow>& row = run.kept_disk;
  if (!row ? !may_begin : !MayStep(row->disk.state, to.state)) {
    return NoStep(run.view.id, "kept disk", row ? Name(row->disk.state) : "absent", Name(to.state));
  }
  const bool moves = !row || row->disk.state != to.state;
  if (!row) row = KeptDiskRow{.disk = to, .intended = ledger_.Now(), .asked = ledger_.Now()};
  if (to.state == DiskState::kIntended) row->asked = ledger_.Now();
  row->disk.state = to.state;
  row->disk.external_id = to.external_id;
  row->disk.note = to.note;
  if (moves) {
    ledger_.AddEvent({.kind = "disk.state",
                      .run = run.view.id,
                      .machine = to.machine,
                      .detail = Told(Name(to.state), to.note)});
  }
  return {};
}

Status MemoryRunStore::ApplyTo(RunRow& run, const RecordFloor& change) {
  const RaisedFloor& to = change.floor;
  const bool is_open = !run.floors.empty() && IsOpen(run.floors.back().state);
  if (!is_open && to.state == FloorState::kIntended) {
    run.floors.push_back(to);
    run.floors.back().asked = ledger_.Now();
  } else if (run.floors.empty() || !MayStep(run.floors.back().state, to.state)) {
    return NoStep(run.view.id, "raised floor",
                  run.floors.empty() ? "absent" : Name(run.floors.back().state), Name(to.state));
  } else if (run.floors.back().state == to.state) {
    return {};
  }
  RaisedFloor& row = run.floors.back();
  row.state = to.state;
  row.note = to.note;
  if (!IsOpen(to.state)) row.over = ledger_.Now();
  ledger_.AddEvent(
      {.kind = "floor.state", .run = run.view.id, .detail = Told(Name(to.state), to.note)});
  return {};
}

void MemoryLedger::ReadKept(const RunRow& run, RunSnapshot& s) const {
  if (run.kept_disk) {
    s.kept_disk = run.kept_disk->disk;
    s.kept_disk->age = Now() - run.kept_disk->intended;
    s.kept_disk->asked_ago = Now() - run.kept_disk->asked;
  }
  s.floors = run.floors;
  for (RaisedFloor& floor : s.floors) {
    std::optional<Instant> newest;
    for (const RunRow& other : runs) {
      for (const RaisedFloor& of_it : other.floors) {
        if (of_it.cluster != floor.cluster) continue;
        if (!newest || *of_it.asked >= *newest) floor.last_set_milli = of_it.floor_milli;
        newest = std::max(newest.value_or(*of_it.asked), *of_it.asked);
        const bool is_up =
            of_it.state == FloorState::kIntended || of_it.state == FloorState::kRaised;
        const bool counts = is_up && !IsOver(other.view.state);
        if (counts && other.view.id != run.view.id) floor.needed_by = other.view.id;
      }
    }
  }
}

}  // namespace mayfly::sim
