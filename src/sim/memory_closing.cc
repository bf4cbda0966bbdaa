#include "sim/memory_closing.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::sim {
namespace {

void Later(std::optional<Instant>& newest, Instant at) {
  newest = std::max(newest.value_or(at), at);
}

}  // namespace

Result<ClosingFacts> MemoryClosingReads::ReadClosing(RunId run) {
  const RunRow* row = ledger_.FindRun(run);
  if (row == nullptr) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  ClosingFacts facts;
  for (const EventRow& event : ledger_.events) {
    if (event.run == run && event.kind == "run.published") facts.published = event.at;
  }
  for (std::size_t i = row->first_stage; i < row->first_stage + row->stages; ++i) {
    StageTrail trail = TrailOf(i);
    if (trail.attempts > 0) facts.stages.push_back(std::move(trail));
  }
  for (MachineId machine : row->machines) facts.machines.push_back(TrailOf(machine));
  return facts;
}

StageTrail MemoryClosingReads::TrailOf(std::size_t stage) const {
  StageTrail trail{.stage = ledger_.stages[stage].name};
  for (const AttemptRow& attempt : ledger_.attempts) {
    if (!attempt.ended || ledger_.tasks[attempt.task].stage != stage) continue;
    trail.began = std::min(trail.began.value_or(attempt.started), attempt.started);
    Later(trail.ended, *attempt.ended);
    ++trail.attempts;
    if (attempt.outcome != "done") ++trail.lost;
  }
  return trail;
}

MachineTrail MemoryClosingReads::TrailOf(MachineId machine) const {
  MachineTrail trail{.machine = machine};
  for (const LogLine& line : ledger_.logs) {
    if (line.machine != machine) continue;
    ++trail.lines;
    Later(trail.last_line, line.at);
  }
  trail.heard = ledger_.machines[static_cast<std::size_t>(machine.value - 1)].heartbeat;
  for (const EventRow& event : ledger_.events) {
    if (event.machine == machine && event.kind == "machine.left") Later(trail.left, event.at);
  }
  return trail;
}

}  // namespace mayfly::sim
