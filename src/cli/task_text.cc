#include "cli/task_text.h"

#include <fmt/format.h>

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

// Why a task in this state is where it is, in a sentence.
std::string_view Meaning(TaskState state) {
  switch (state) {
    case TaskState::kBlocked:
      return "it waits for what it needs";
    case TaskState::kReady:
      return "the next free slot takes it";
    case TaskState::kLeased:
      return "a slot works on it";
    case TaskState::kDone:
      return "its rows are committed";
    case TaskState::kQuarantined:
      return "it failed too often; `mayfly run` tries it again once the cause is mended";
    case TaskState::kSkipped:
      return "its stage is skipped";
  }
  return "";
}

std::string Head(RunId run, const TaskStory& story, const Paint& paint) {
  const TaskView& task = story.task;
  std::string text = fmt::format("{} (task {} of run {}) is {}: {}\n",
                                 TaskName(task.stage, task.point), task.id.value, run.value,
                                 paint(ToneOf(task.state), Name(task.state)), Meaning(task.state));
  if (task.state == TaskState::kDone)
    text += fmt::format("  rows         {}\n", Thousands(task.rows));
  if (task.failures > 0) text += fmt::format("  failures     {} of its own\n", task.failures);
  if (task.setbacks > 0) {
    text +=
        fmt::format("  setbacks     {}: machine lost, conflict or out of reach\n", task.setbacks);
  }
  if (!task.last_error.empty() && task.state != TaskState::kDone) {
    text += fmt::format("  last error   {}\n", WithoutControls(task.last_error));
  }
  for (const std::string& need : story.waits_for) text += fmt::format("  waits for    {}\n", need);
  return text;
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

std::string RenderStory(RunId run, const TaskStory& story, const Paint& paint) {
  std::string text = Head(run, story, paint);
  Table attempts = AttemptTable(story.attempts);
  text += attempts.empty() ? "\n  no attempt yet\n" : "\n" + attempts.Render(paint);
  text += LastOutput(story.attempts, paint);
  Table events = EventTable(story.events);
  if (!events.empty()) text += "\n" + events.Render(paint);
  return text;
}

std::string StoryToJson(RunId run, const TaskStory& story) {
  const TaskView& task = story.task;
  ordered_json point = ordered_json::object();
  for (const auto& [dimension, label] : task.point.parts()) point[dimension] = label;
  ordered_json json{{"run", run.value},
                    {"task", task.id.value},
                    {"name", TaskName(task.stage, task.point)},
                    {"stage", task.stage},
                    {"point", point},
                    {"state", Name(task.state)},
                    {"rows", task.rows},
                    {"failures", task.failures},
                    {"setbacks", task.setbacks},
                    {"last_error", task.last_error},
                    {"waits_for", story.waits_for},
                    {"attempts", ordered_json::array()},
                    {"events", ordered_json::array()}};
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
