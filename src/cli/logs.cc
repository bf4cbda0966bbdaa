// logs: what tasks and workers printed, also after their machine is gone.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/about_run.h"
#include "cli/task_text.h"

namespace mayfly::cli {
namespace {

constexpr Duration kPollEvery = milliseconds(500);
constexpr Duration kPatience = minutes(2);  // how long the ledger may be out of reach
constexpr int kAtOnce = 100'000;            // lines of one look while following

struct Flags {
  RunFlags run;
  std::string task;
  bool follow = false;
  int limit = 1000;
};

Result<TaskNames> NamesOf(ReadStore& reads, RunId run) {
  TRY_ASSIGN(std::vector<TaskView> tasks, reads.ListTasks(run, std::nullopt));
  TaskNames names;
  for (const TaskView& task : tasks) names[task.id] = TaskName(task.stage, task.point);
  return names;
}

void PrintLines(const std::vector<LogLine>& lines, const TaskNames& names, bool json,
                const Paint& paint) {
  std::string text;
  for (const LogLine& line : lines) {
    text += json ? LogLineToJson(line, names) : RenderLogLine(line, names, paint);
  }
  if (!text.empty()) Print(text);
}

bool IsStill(RunState state) {
  return IsOver(state) || state == RunState::kFailed || state == RunState::kPaused;
}

class Follower {
 public:
  Follower(Host& host, Ledger& ledger, LogQuery query)
      : host_(host), ledger_(ledger), query_(query), heard_(host.clock().Mono()) {
    query_.limit = kAtOnce;
  }

  // New lines until the run is still and has said everything, or the operator leaves.
  Result<int> Follow(const TaskNames& names, bool json, const Paint& paint) {
    while (host_.waiter().stop_requests() == 0) {
      Result<bool> ended = Look(names, json, paint);
      Duration now = host_.clock().Mono();
      if (ended.ok()) {
        heard_ = now;
        if (*ended) return 0;
      } else if (ended.error().kind() != ErrorKind::kUnavailable || now - heard_ > kPatience) {
        return ended.error();
      } else {
        TRY(ledger_.Revive());
      }
      host_.waiter().WaitUntil(now + kPollEvery);
    }
    return ExitCode(ErrorKind::kCancelled);
  }

 private:
  Result<bool> Look(const TaskNames& names, bool json, const Paint& paint) {
    // The state first: what was printed before the run came to rest is then read after it.
    TRY_ASSIGN(RunSnapshot snapshot, ledger_.reads().Load(query_.run));
    TRY_ASSIGN(std::vector<LogLine> lines, ledger_.reads().ReadLog(query_));
    PrintLines(lines, names, json, paint);
    if (!lines.empty()) query_.after_id = lines.back().id;
    if (!IsStill(snapshot.run.state) || !lines.empty()) return false;
    Say(fmt::format("run {} is {}", query_.run.value, Name(snapshot.run.state)));
    return true;
  }

  Host& host_;
  Ledger& ledger_;
  LogQuery query_;
  Duration heard_;
};

std::string LinesToJson(RunId run, const std::vector<LogLine>& lines, const TaskNames& names) {
  nlohmann::ordered_json json{{"run", run.value}, {"lines", nlohmann::ordered_json::array()}};
  for (const LogLine& line : lines) json["lines"].push_back(JsonOfLogLine(line, names));
  return DumpJson(json);
}

Result<int> RunLogsCommand(const Flags& flags, const Session& session) {
  TRY_ASSIGN(OpenedRun opened, OpenRun(flags.run));
  ReadStore& reads = opened.ledger->reads();
  LogQuery query{.run = opened.run, .limit = flags.limit};
  if (!flags.task.empty()) {
    TRY_ASSIGN(TaskStory story, reads.Explain(opened.run, flags.task));
    query.task = story.task.id;
  }
  TRY_ASSIGN(TaskNames names, NamesOf(reads, opened.run));
  TRY_ASSIGN(std::vector<LogLine> lines, reads.ReadLog(query));
  if (flags.run.json && !flags.follow) {
    Print(LinesToJson(opened.run, lines, names));
    return 0;
  }
  Paint paint = PaintForOutput(session);
  // Before the first line: whoever reads it may ask us to stop.
  std::unique_ptr<Host> host = flags.follow ? MakeHost() : nullptr;
  PrintLines(lines, names, flags.run.json, paint);
  if (!flags.follow) {
    if (lines.empty()) Say(fmt::format("nothing was printed in run {}", opened.run.value));
    return 0;
  }
  if (!lines.empty()) query.after_id = lines.back().id;
  return Follower(*host, *opened.ledger, query).Follow(names, flags.run.json, paint);
}

}  // namespace

void AddLogs(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "logs", "What tasks and workers printed, also after their machine is gone");
  command->add_option("TASK", flags->task,
                      "only this task: its number, or stage@point such as load@eurusd");
  command->add_flag("-f,--follow", flags->follow, "go on until the run is at rest");
  command->add_option("--limit", flags->limit, "the newest so many lines")
      ->check(CLI::Range(1, kAtOnce))
      ->capture_default_str();
  AddRunOption(*command, flags->run);
  AddJsonFlag(*command, flags->run);
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunLogsCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
