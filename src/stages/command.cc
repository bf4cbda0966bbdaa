// command: a program writes into a staging table of its attempt; what is there when it is seen to
// be over, and nothing can write any more, becomes the leaf. Its effects elsewhere are
// at-least-once.

#include <fmt/format.h>

#include <functional>
#include <memory>

#include "base/text.h"
#include "stages/emptiness.h"
#include "stages/figures.h"
#include "stages/stage_kind.h"

namespace mayfly::stages {
namespace {

constexpr int kTemporaryFailure = 75;  // EX_TEMPFAIL of sysexits.h: not the task's fault, try again

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

// {pair}, {period}, {from}, {to}, {table}, {schema}: in arguments, and as MAYFLY_… in the
// environment.
Pairs PlaceholdersOf(const StageWorld& world, const LeasedTask& task, const Staging& staging) {
  Pairs values;
  for (const auto& [name, label] : task.point.parts()) values.emplace_back(name, label);
  const Leaf& leaf = task.leaves.front();
  if (leaf.begin) values.emplace_back("from", FormatInstant(*leaf.begin));
  if (leaf.end) values.emplace_back("to", FormatInstant(*leaf.end));
  values.emplace_back("table", staging.table);
  values.emplace_back("schema", world.schema);
  return values;
}

// "host=… port=… password=…" as PGHOST, PGPORT, … : what every PostgreSQL client reads. The secret
// lives in the child's environment only (the one exemption of I12) and dies with the attempt.
void AddConnection(const std::string& conninfo, Pairs& env) {
  std::size_t at = 0;
  while (at < conninfo.size()) {
    std::size_t equals = conninfo.find('=', at);
    if (equals == std::string::npos) return;
    std::string key(Trim(std::string_view(conninfo).substr(at, equals - at)));
    std::string value;
    at = equals + 1;
    bool quoted = at < conninfo.size() && conninfo[at] == '\'';
    if (quoted) ++at;
    while (at < conninfo.size() && conninfo[at] != (quoted ? '\'' : ' ')) {
      if (conninfo[at] == '\\' && at + 1 < conninfo.size()) ++at;
      value += conninfo[at++];
    }
    ++at;
    if (key == "dbname") key = "database";
    if (key == "user" || key == "host" || key == "port" || key == "password" || key == "database" ||
        key == "sslmode" || key == "sslrootcert") {
      env.emplace_back("PG" + Upper(key), value);
    }
  }
}

ProcessSpec ProcessOf(const StageWorld& world, const CommandSpec& spec, const LeasedTask& task,
                      const Staging& staging) {
  Pairs values = PlaceholdersOf(world, task, staging);
  ProcessSpec process;
  for (const std::string& word : spec.argv) process.argv.push_back(FillBraces(word, values));
  for (const auto& [name, value] : values) process.env.emplace_back("MAYFLY_" + Upper(name), value);
  for (const auto& [name, value] : spec.env)
    process.env.emplace_back(name, FillBraces(value, values));
  AddConnection(staging.conninfo, process.env);
  process.unset_env = {"MAYFLY_DATABASE"};
  process.cwd = spec.cwd;
  return process;
}

// A program that may not have more memory ends in a way of its own: by a signal, or with an exit
// code and a word of it. Nothing, where memory cannot be why.
std::string AboutMemory(const CommandExit& exit, std::optional<std::int64_t> limit) {
  if (!limit) return "";
  std::string said = Lower(exit.tail);
  bool names_it = said.find("memory") != std::string::npos || said.find("bad_alloc") != said.npos;
  if (exit.signal == 0 && !names_it) return "";
  return fmt::format(
      "; no process of it may have more than {} MiB: raise machines.slot_memory, or take less",
      *limit >> 20);
}

Status JudgeExit(const CommandExit& exit, const StageSpec& stage,
                 std::optional<std::int64_t> memory) {
  if (exit.cancelled) return Cancelled("the machine drains");
  if (exit.timed_out) {
    return Corrupt(fmt::format("ran over its timeout of {}", FormatDuration(stage.timeout)));
  }
  std::string about_memory = AboutMemory(exit, memory);
  if (exit.signal != 0) {
    return Corrupt(fmt::format("was ended by signal {}{}", exit.signal, about_memory));
  }
  if (exit.exit_code == kTemporaryFailure) {
    return Unavailable(fmt::format("exited with {}: it asks to be tried again", kTemporaryFailure));
  }
  if (exit.exit_code != 0) {
    return Corrupt(fmt::format("exited with {}{}", exit.exit_code, about_memory));
  }
  if (exit.stragglers > 0) {
    return Corrupt(
        fmt::format("left {} processes behind that could still write; a command must "
                    "wait for what it starts",
                    exit.stragglers));
  }
  return {};
}

// A command that fails while its database is away is not to blame for it (I5).
Status Blamed(const Status& failed, bool database_was_away) {
  if (!database_was_away || failed.error().kind() != ErrorKind::kCorrupt) return failed;
  return Unavailable(failed.error().message() + "; the database was away while it ran");
}

// What a program prints comes in pieces that end anywhere; it is kept by whole lines. A line
// without an end is passed on in parts.
class Lines {
 public:
  explicit Lines(std::function<void(std::string_view)> keep) : keep_(std::move(keep)) {}

  void Take(std::string_view chunk) {
    constexpr std::size_t kLongest = 16 * 1024;
    waiting_ += chunk;
    std::size_t end = waiting_.rfind('\n');
    std::size_t whole = end == std::string::npos ? 0 : end + 1;
    if (whole == 0 && waiting_.size() >= kLongest) whole = waiting_.size();
    if (whole == 0) return;
    keep_(std::string_view(waiting_).substr(0, whole));
    waiting_.erase(0, whole);
  }

  void Flush() {
    if (!waiting_.empty()) keep_(waiting_);
    waiting_.clear();
  }

 private:
  std::function<void(std::string_view)> keep_;
  std::string waiting_;
};

class CommandKind : public StageKind {
 public:
  explicit CommandKind(StageWorld& world) : world_(world) {}

  Result<WriteStep> Prepare(const TaskContext& context) override {
    const LeasedTask& task = context.task;
    TRY_ASSIGN(Staging staging, world_.data.OpenStaging(task.id, task.fence, *context.stage.shape));
    Status ran = RunCommand(context, staging);
    // Whatever became of the command, nothing may write any more.
    Status sealed = world_.data.SealStaging(staging);
    if (!ran.ok() || !sealed.ok()) {
      bool was_away = world_.data.LostConnectionSince(staging);
      Status dropped = world_.data.DropStaging(staging);
      Status first = !ran.ok() ? Blamed(ran, was_away) : sealed;
      std::string context_text = context.stage.spec.name + " at " + task.point.Key();
      if (!dropped.ok()) context_text += " (its staging table stays until the run is cleaned up)";
      return first.error().Within(context_text);
    }
    return WriteStep(
        [this, staging, task, &stage = context.stage] { return Swap(staging, task, stage); });
  }

 private:
  Status RunCommand(const TaskContext& context, const Staging& staging) {
    const auto& spec = std::get<CommandSpec>(context.stage.spec.kind);
    TaskId id = context.task.id;
    Lines lines([&](std::string_view whole) { world_.log(id, whole); });
    Result<CommandExit> exit = world_.processes.Run(
        ProcessOf(world_, spec, context.task, staging), context.stage.spec.timeout,
        [&](std::string_view chunk) { lines.Take(chunk); }, context.cancelled);
    lines.Flush();
    TRY(exit);
    context.output = exit->tail;
    return JudgeExit(*exit, context.stage.spec, world_.plan.spec.machines.slot_memory_bytes);
  }

  Result<Completion> Swap(const Staging& staging, const LeasedTask& task,
                          const PlannedStage& stage) {
    std::vector<std::string> names;
    for (const Column& column : stage.shape->columns) names.push_back('"' + column.name + '"');
    const Leaf& leaf = task.leaves.front();
    std::string rows_of = fmt::format("SELECT {} FROM {}", Join(names, ", "), staging.table);
    TRY_ASSIGN(std::int64_t rows,
               world_.data.ReplaceLeafBySelect(*stage.shape, leaf, task.point, rows_of));
    TRY(CheckNotEmpty(world_, stage, task, rows));
    TRY(world_.data.DropStaging(staging));
    return Completion{task.id, task.fence, rows, 0, FiguresToJson({{leaf.name, rows, {}}})};
  }

  StageWorld& world_;
};

}  // namespace

std::unique_ptr<StageKind> MakeCommand(StageWorld& world) {
  return std::make_unique<CommandKind>(world);
}

}  // namespace mayfly::stages
