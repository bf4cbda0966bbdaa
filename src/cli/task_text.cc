#include "cli/task_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace mayfly::cli {
namespace {

using nlohmann::ordered_json;
using Align = Table::Align;

template <typename Tag>
std::string Number(Id<Tag> id) {
  return id ? fmt::format("{}", id.value) : "-";
}

template <typename Tag>
ordered_json JsonId(Id<Tag> id) {
  return id ? ordered_json(id.value) : ordered_json(nullptr);
}

Tone ToneOfOutcome(std::string_view outcome) {
  if (outcome == "done") return Tone::kGood;
  if (outcome == "failed") return Tone::kBad;
  return outcome.empty() ? Tone::kStrong : Tone::kWarn;
}

const MachineView* FindMachine(const RunSnapshot& s, MachineId id) {
  for (const MachineView& machine : s.machines) {
    if (machine.id == id) return &machine;
  }
  return nullptr;
}

const StageView* FindStage(const RunSnapshot& s, std::string_view name) {
  for (const StageView& stage : s.stages) {
    if (stage.name == name) return &stage;
  }
  return nullptr;
}

// Why no slot has taken it yet.
std::string WhyStillReady(const RunSnapshot& s) {
  if (s.run.state != RunState::kRunning) {
    return fmt::format("no task is taken while the run is {}{}{}", Name(s.run.state),
                       s.run.reason.empty() ? "" : ": ", WithoutControls(s.run.reason));
  }
  int slots = 0;
  for (const MachineView& m : s.machines) slots += m.state == MachineState::kWorking ? m.slots : 0;
  TaskCounts totals = s.Totals();
  if (slots == 0) return "no machine works now; see mayfly status";
  return fmt::format("{} slots are at work on {} tasks and {} are ready", slots, totals.leased,
                     totals.ready);
}

// Who works on it, for how long, and how long the stage's first task took.
std::string WhoHasIt(const RunSnapshot& s, const TaskStory& story) {
  if (story.attempts.empty()) return "a slot works on it";
  const AttemptView& last = story.attempts.back();
  std::string text =
      fmt::format("slot {} of machine {} works on it", last.slot, last.machine.value);
  const StageView* stage = FindStage(s, story.task.stage);
  if (stage == nullptr || !stage->canary_seconds) return text;
  return text + fmt::format("; the stage's first task took {:.1f} s", *stage->canary_seconds);
}

// Why a task is where it is, in a sentence.
// The newest attempt says whether one more could have helped.
std::string WhySetAside(const TaskStory& story) {
  const bool is_denied =
      !story.attempts.empty() &&
      story.attempts.back().error.starts_with(fmt::format("{}: ", KindName(ErrorKind::kDenied)));
  return is_denied ? "it is not allowed to do its work; `mayfly run` tries it again once that is "
                     "granted"
                   : "it failed too often; `mayfly run` tries it again once the cause is mended";
}

std::string WhyThere(const RunSnapshot& s, const TaskStory& story) {
  switch (story.task.state) {
    case TaskState::kBlocked:
      return fmt::format("it waits for {} task{}", story.waits_for.size(),
                         story.waits_for.size() == 1 ? "" : "s");
    case TaskState::kReady:
      return WhyStillReady(s);
    case TaskState::kLeased:
      return WhoHasIt(s, story);
    case TaskState::kDone:
      return "its rows are committed";
    case TaskState::kQuarantined:
      return WhySetAside(story);
    case TaskState::kSkipped: {
      const StageView* stage = FindStage(s, story.task.stage);
      bool told = stage != nullptr && !stage->note.empty();
      return told ? "its stage is skipped: " + stage->note : "its stage is skipped";
    }
  }
  return "";
}

// What it took: slot time of attempts that ended, and how much of that came to nothing.
struct TaskCost {
  std::size_t attempts = 0;
  double slot_seconds = 0;
  double lost_seconds = 0;
};

TaskCost CostOf(const TaskStory& story) {
  TaskCost cost;
  for (const AttemptView& attempt : story.attempts) {
    if (!attempt.ended) continue;
    // An accepted attempt knows its share of the group that it was done in; the others only when
    // they began and ended.
    bool done = attempt.outcome == "done";
    double seconds = done ? attempt.seconds : Seconds(*attempt.ended - attempt.started);
    ++cost.attempts;
    cost.slot_seconds += seconds;
    if (!done) cost.lost_seconds += seconds;
  }
  return cost;
}

std::string CostLine(const TaskStory& story) {
  TaskCost cost = CostOf(story);
  if (cost.attempts == 0) return "";
  std::string text = fmt::format("  cost         {:.2f} s of a slot in {} attempt{}",
                                 cost.slot_seconds, cost.attempts, cost.attempts == 1 ? "" : "s");
  if (cost.lost_seconds > 0) text += fmt::format(", {:.2f} s of it lost", cost.lost_seconds);
  return text + "\n";
}

// The machines that had it, once each, in order.
std::vector<const MachineView*> HoldersOf(const RunSnapshot& s, const TaskStory& story) {
  std::vector<const MachineView*> holders;
  for (const AttemptView& attempt : story.attempts) {
    const MachineView* machine = FindMachine(s, attempt.machine);
    bool known = std::find(holders.begin(), holders.end(), machine) != holders.end();
    if (machine != nullptr && !known) holders.push_back(machine);
  }
  return holders;
}

std::string HolderLines(const RunSnapshot& s, const TaskStory& story, const Paint& paint) {
  std::string text;
  for (const MachineView* machine : HoldersOf(s, story)) {
    text += fmt::format("  machine {:<4} {}: {}\n", machine->id.value,
                        paint(ToneOf(machine->state), Name(machine->state)),
                        WithoutControls(machine->reason));
  }
  return text;
}

std::string Head(const RunSnapshot& run, const TaskStory& story, const Paint& paint) {
  const TaskView& task = story.task;
  std::string text = fmt::format("{} (task {} of run {}) is {}: {}\n",
                                 TaskName(task.stage, task.point), task.id.value, run.run.id.value,
                                 paint(ToneOf(task.state), Name(task.state)), WhyThere(run, story));
  if (task.state == TaskState::kDone)
    text += fmt::format("  rows         {}\n", Thousands(task.rows));
  if (task.failures > 0) text += fmt::format("  failures     {} of its own\n", task.failures);
  if (task.setbacks > 0) {
    text += fmt::format("  setbacks     {}: machine lost, conflict, out of reach or not allowed\n",
                        task.setbacks);
  }
  if (!task.last_error.empty() && task.state != TaskState::kDone) {
    text += fmt::format("  last error   {}\n", WithoutControls(task.last_error));
  }
  for (const std::string& need : story.waits_for) {
    text += fmt::format("  waits for    {}\n", WithoutControls(need));
  }
  return text + CostLine(story) + HolderLines(run, story, paint);
}

Table AttemptTable(const std::vector<AttemptView>& attempts) {
  Table table({{"fence", Align::kRight},
               {"machine", Align::kRight},
               {"slot", Align::kRight},
               {"started"},
               {"took", Align::kRight},
               {"outcome"},
               {"rows", Align::kRight},
               {"error"}});
  for (const AttemptView& attempt : attempts) {
    std::string outcome = attempt.outcome.empty() ? "in work" : attempt.outcome;
    std::string took = attempt.ended ? HumanDuration(*attempt.ended - attempt.started) : "";
    table.Add({{fmt::format("{}", attempt.fence.value)},
               {Number(attempt.machine)},
               {fmt::format("{}", attempt.slot)},
               {ShowInstant(attempt.started)},
               {took},
               {outcome, ToneOfOutcome(attempt.outcome)},
               {attempt.outcome == "done" ? Thousands(attempt.rows) : ""},
               {WithoutControls(attempt.error)}});
  }
  return table;
}

// At least one; without the empty ones at the end.
std::vector<std::string> PrintedLines(const std::string& text) {
  std::vector<std::string> lines = Split(text, '\n');
  while (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  return lines;
}

// What the newest attempt with any output printed.
std::string LastOutput(const std::vector<AttemptView>& attempts, const Paint& paint) {
  for (auto attempt = attempts.rbegin(); attempt != attempts.rend(); ++attempt) {
    if (Trim(attempt->output).empty()) continue;
    std::string text =
        fmt::format("\n  output of the attempt under fence {}\n", attempt->fence.value);
    for (const std::string& line : PrintedLines(attempt->output)) {
      text += fmt::format("  {} {}\n", paint(Tone::kFaint, "│"), WithoutControls(line));
    }
    return text;
  }
  return "";
}

Table EventTable(const std::vector<EventView>& events) {
  Table table({{"when"}, {"event"}, {"machine", Align::kRight}, {"detail"}});
  for (const EventView& event : events) {
    table.Add({{ShowInstant(event.at)},
               {event.kind},
               {event.machine ? fmt::format("{}", event.machine.value) : ""},
               {WithoutControls(event.detail)}});
  }
  return table;
}

ordered_json JsonOf(const AttemptView& attempt) {
  return {{"fence", attempt.fence.value},
          {"machine", JsonId(attempt.machine)},
          {"slot", attempt.slot},
          {"started", JsonInstant(attempt.started)},
          {"ended", JsonInstant(attempt.ended)},
          {"outcome", attempt.outcome},
          {"rows", attempt.rows},
          {"seconds", attempt.seconds},
          {"error", attempt.error},
          {"output", attempt.output}};
}

ordered_json JsonOf(const EventView& event) {
  return {{"id", event.id},
          {"at", JsonInstant(event.at)},
          {"kind", event.kind},
          {"machine", JsonId(event.machine)},
          {"detail", event.detail}};
}

std::string NameOf(const LogLine& line, const TaskNames& names) {
  if (!line.task) return line.source;
  auto found = names.find(line.task);
  return found == names.end() ? fmt::format("task {}", line.task.value) : found->second;
}

}  // namespace

std::string RenderStory(const RunSnapshot& run, const TaskStory& story, const Paint& paint) {
  std::string text = Head(run, story, paint);
  Table attempts = AttemptTable(story.attempts);
  text += attempts.empty() ? "\n  no attempt yet\n" : "\n" + attempts.Render(paint);
  text += LastOutput(story.attempts, paint);
  Table events = EventTable(story.events);
  if (!events.empty()) text += "\n" + events.Render(paint);
  return text;
}

std::string StoryToJson(const RunSnapshot& run, const TaskStory& story) {
  const TaskView& task = story.task;
  ordered_json point = ordered_json::object();
  for (const auto& [dimension, label] : task.point.parts()) point[dimension] = label;
  TaskCost cost = CostOf(story);
  ordered_json json{{"run", run.run.id.value},
                    {"task", task.id.value},
                    {"name", TaskName(task.stage, task.point)},
                    {"stage", task.stage},
                    {"point", point},
                    {"state", Name(task.state)},
                    {"rows", task.rows},
                    {"failures", task.failures},
                    {"setbacks", task.setbacks},
                    {"last_error", task.last_error},
                    {"why", WhyThere(run, story)},
                    {"waits_for", story.waits_for},
                    {"cost",
                     {{"attempts", cost.attempts},
                      {"slot_seconds", cost.slot_seconds},
                      {"lost_seconds", cost.lost_seconds}}},
                    {"machines", ordered_json::array()},
                    {"attempts", ordered_json::array()},
                    {"events", ordered_json::array()}};
  for (const MachineView* machine : HoldersOf(run, story)) {
    json["machines"].push_back(
        {{"id", machine->id.value}, {"state", Name(machine->state)}, {"reason", machine->reason}});
  }
  for (const AttemptView& attempt : story.attempts) json["attempts"].push_back(JsonOf(attempt));
  for (const EventView& event : story.events) json["events"].push_back(JsonOf(event));
  return DumpJson(json);
}

std::string RenderLogLine(const LogLine& line, const TaskNames& names, const Paint& paint) {
  std::string when = ShowInstant(line.at).substr(0, 11) + ShowTimeOfDay(line.at);
  std::string who = line.machine ? fmt::format("machine {}", line.machine.value) : "-";
  std::string head =
      fmt::format("{}  {}  {}  ", paint(Tone::kFaint, when), paint(Tone::kFaint, who),
                  paint(Tone::kStrong, NameOf(line, names)));
  std::string text;
  for (const std::string& part : PrintedLines(line.text)) {
    text += head + WithoutControls(part) + "\n";
  }
  return text;
}

ordered_json JsonOfLogLine(const LogLine& line, const TaskNames& names) {
  return {{"id", line.id},
          {"at", JsonInstant(line.at)},
          {"machine", JsonId(line.machine)},
          {"task", JsonId(line.task)},
          {"name", line.task ? ordered_json(NameOf(line, names)) : ordered_json(nullptr)},
          {"source", line.source},
          {"text", line.text}};
}

std::string LogLineToJson(const LogLine& line, const TaskNames& names) {
  return DumpJsonLine(JsonOfLogLine(line, names));
}

}  // namespace mayfly::cli
