#include "sim/memory_reads.h"

#include <fmt/format.h>

#include "base/text.h"

namespace mayfly::sim {

Result<const RunRow*> MemoryReadStore::FindRun(RunId run) const {
  const RunRow* row = ledger_.FindRun(run);
  if (row == nullptr) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  return row;
}

Result<RunId> MemoryReadStore::NewestRun(const std::string& phase) {
  for (auto run = ledger_.runs.rbegin(); run != ledger_.runs.rend(); ++run) {
    if (phase.empty() || run->view.phase == phase) return run->view.id;
  }
  return NotFound("this ledger has no such run yet; `mayfly run PHASE` starts one");
}

Result<RunSnapshot> MemoryReadStore::Load(RunId run) {
  TRY_ASSIGN(const RunRow* row, FindRun(run));
  return ledger_.Snapshot(*row);
}

Result<StoredPlan> MemoryReadStore::LoadPlan(RunId run) {
  TRY_ASSIGN(const RunRow* row, FindRun(run));
  return StoredPlan{row->canonical_toml, row->findings_json, row->view.schema, row->quote_json};
}

std::string MemoryReadStore::NameOf(const TaskRow& task) const {
  return ledger_.stages[task.stage].name + "@" + task.point.Key();
}

TaskView MemoryReadStore::ViewOf(std::size_t index) const {
  const TaskRow& task = ledger_.tasks[index];
  return {.id = MemoryLedger::IdOf(index),
          .stage = ledger_.stages[task.stage].name,
          .point = task.point,
          .state = task.state,
          .failures = task.failures,
          .setbacks = task.setbacks,
          .rows = task.rows,
          .last_error = task.last_error};
}

Result<std::vector<TaskView>> MemoryReadStore::ListTasks(RunId run,
                                                         std::optional<TaskState> state) {
  TRY_ASSIGN(const RunRow* row, FindRun(run));
  std::vector<TaskView> tasks;
  for (std::size_t i = row->first_task; i < row->first_task + row->tasks; ++i) {
    if (!state || ledger_.tasks[i].state == *state) tasks.push_back(ViewOf(i));
  }
  return tasks;
}

Result<std::size_t> MemoryReadStore::FindTask(const RunRow& run, const std::string& task) const {
  std::vector<std::string> names;
  for (std::size_t i = run.first_task; i < run.first_task + run.tasks; ++i) {
    names.push_back(NameOf(ledger_.tasks[i]));
    if (names.back() == task || std::to_string(i + 1) == task) return i;
  }
  std::optional<std::string> nearest = NearestName(task, names);
  return NotFound(fmt::format("run {} has no task \"{}\"{}", run.view.id.value, task,
                              nearest ? "; did you mean " + *nearest + "?" : ""));
}

Result<TaskStory> MemoryReadStore::Explain(RunId run, const std::string& task) {
  TRY_ASSIGN(const RunRow* row, FindRun(run));
  TRY_ASSIGN(std::size_t index, FindTask(*row, task));
  TaskStory story{.task = ViewOf(index)};
  for (std::size_t need : ledger_.tasks[index].needs) {
    const TaskRow& needed = ledger_.tasks[need];
    if (needed.state == TaskState::kDone) continue;
    story.waits_for.push_back(fmt::format("{} at {} ({})", ledger_.stages[needed.stage].name,
                                          needed.point.Key(), Name(needed.state)));
  }
  for (const AttemptRow& a : ledger_.attempts) {
    if (a.task != index) continue;
    story.attempts.push_back({.fence = a.fence,
                              .machine = a.machine,
                              .slot = a.slot,
                              .started = a.started,
                              .ended = a.ended,
                              .outcome = std::string(a.outcome),
                              .error = a.error,
                              .output = a.output,
                              .rows = a.rows,
                              .seconds = a.seconds});
  }
  TRY_ASSIGN(story.events, ReadEvents(run, 0));
  std::erase_if(story.events,
                [&](const EventView& event) { return event.task != MemoryLedger::IdOf(index); });
  return story;
}

Result<std::vector<LogLine>> MemoryReadStore::ReadLog(const LogQuery& query) {
  TRY_ASSIGN(const RunRow* row, FindRun(query.run));
  std::vector<LogLine> lines;
  for (const LogLine& line : ledger_.logs) {
    const MachineRow* machine = ledger_.FindMachine(line.machine);
    bool of_run = machine != nullptr && machine->run == row->view.id;
    bool asked = line.id > query.after_id && (!query.task || line.task == *query.task);
    if (of_run && asked) lines.push_back(line);
  }
  auto limit = static_cast<std::size_t>(query.limit);
  if (lines.size() > limit) lines.erase(lines.begin(), lines.end() - query.limit);
  return lines;
}

Result<std::vector<EventView>> MemoryReadStore::ReadEvents(RunId run, std::int64_t after_id) {
  std::vector<EventView> events;
  for (std::size_t i = static_cast<std::size_t>(after_id); i < ledger_.events.size(); ++i) {
    const EventRow& e = ledger_.events[i];
    if (e.run != run) continue;
    events.push_back({.id = static_cast<std::int64_t>(i + 1),
                      .at = e.at,
                      .kind = std::string(e.kind),
                      .task = e.task,
                      .machine = e.machine,
                      .detail = e.detail});
  }
  return events;
}

Result<std::vector<SlotTime>> MemoryReadStore::ReadSlotTime(RunId run) {
  TRY_ASSIGN(const RunRow* row, FindRun(run));
  std::vector<SlotTime> times;
  for (const AttemptRow& a : ledger_.attempts) {
    if (a.task < row->first_task || a.task >= row->first_task + row->tasks) continue;
    bool accepted = a.outcome == "done";
    Duration length = accepted ? Duration(static_cast<std::int64_t>(a.seconds * 1e6))
                               : a.ended.value_or(ledger_.Now()) - a.started;
    const std::string& stage = ledger_.stages[ledger_.tasks[a.task].stage].name;
    times.push_back({a.machine, stage, length, /*lost=*/a.ended && !accepted});
  }
  return times;
}

Result<std::vector<Finding>> MemoryReadStore::ReadFindings(RunId run) {
  TRY_ASSIGN(const RunRow* row, FindRun(run));
  return row->findings;
}

// Leaves in memory have counts and no rows.
Result<RowSample> MemoryReadStore::SampleLeaf(RunId run, const std::string&,
                                              const std::vector<std::int64_t>&) {
  TRY(FindRun(run));
  return RowSample{};
}

}  // namespace mayfly::sim
