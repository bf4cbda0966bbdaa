#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace mayfly::cli {
namespace {

constexpr Duration kMarkEvery = milliseconds(500);
constexpr std::size_t kMarks = 120;  // a minute of half seconds
constexpr std::size_t kStretch = 8;  // marks of one stretch of which a rate is taken
constexpr Duration kTellEvery = seconds(5);
constexpr int kBarWidth = 24;

// Actions that people want to hear of; stage moves show in the block.
bool IsNews(const sched::Action& action) {
  return !std::holds_alternative<sched::MoveStage>(action) &&
         !std::holds_alternative<sched::ProveGone>(action);
}

std::string Range(const std::pair<Duration, Duration>& left) {
  std::string low = HumanDuration(left.first);
  std::string high = HumanDuration(left.second);
  return low == high ? low : low + " to " + high;
}

const StageView* CurrentStage(const RunSnapshot& snapshot) {
  for (const StageView& stage : snapshot.stages) {
    if (!stage.tasks.finished()) return &stage;
  }
  return nullptr;
}

std::string Machines(const RunSnapshot& snapshot) {
  int working = 0;
  int gone = 0;
  std::string held;
  for (const MachineView& machine : snapshot.machines) {
    working += machine.state == MachineState::kWorking ? 1 : 0;
    gone += machine.state == MachineState::kGone ? 1 : 0;
    if (machine.state != MachineState::kHeld || !machine.countdown) continue;
    Duration left = std::max(machine.countdown->left, Duration(0));
    held += fmt::format(", machine {} held for {} more", machine.id.value,
                        HumanDuration(std::chrono::floor<seconds>(left)));
  }
  return fmt::format("{} working, {} gone{}", working, gone, held);
}

// Stages that write no rows have a pace too.
std::string Pace(const EtaEstimator::Estimate& estimate) {
  auto rows = static_cast<std::int64_t>(estimate.rows_per_second);
  if (rows > 0) return fmt::format("{} rows/s", Thousands(rows));
  return fmt::format("{:.1f} tasks/s", estimate.tasks_per_second);
}

std::int64_t RowsOf(const RunSnapshot& snapshot) {
  std::int64_t rows = 0;
  for (const StageView& stage : snapshot.stages) rows += stage.rows;
  return rows;
}

}  // namespace

void EtaEstimator::Observe(Duration at, std::int64_t tasks_done, std::int64_t rows) {
  if (!marks_.empty() && at - marks_.back().at < kMarkEvery) return;
  marks_.push_back({at, tasks_done, rows});
  if (marks_.size() > kMarks) marks_.pop_front();
}

EtaEstimator::Estimate EtaEstimator::Of(std::int64_t tasks_left) const {
  Estimate estimate;
  if (marks_.size() < 2) return estimate;
  const Mark& back = marks_[marks_.size() - std::min(marks_.size(), kStretch)];
  double stretch = Seconds(marks_.back().at - back.at);
  estimate.rows_per_second = static_cast<double>(marks_.back().rows - back.rows) / stretch;
  estimate.tasks_per_second = static_cast<double>(marks_.back().tasks - back.tasks) / stretch;
  double fastest = 0;
  double slowest = 0;
  for (std::size_t end = std::min(kStretch, marks_.size()) - 1; end < marks_.size(); ++end) {
    const Mark& from = marks_[end - std::min(end, kStretch - 1)];
    double seconds = Seconds(marks_[end].at - from.at);
    double rate = static_cast<double>(marks_[end].tasks - from.tasks) / std::max(seconds, 1e-3);
    if (rate <= 0) continue;
    fastest = std::max(fastest, rate);
    slowest = slowest == 0 ? rate : std::min(slowest, rate);
  }
  if (fastest <= 0) return estimate;
  auto left = [&](double rate) {
    return Duration(static_cast<std::int64_t>(static_cast<double>(tasks_left) / rate * 1e6));
  };
  estimate.left = {left(fastest), left(slowest)};
  return estimate;
}

RunProgress::RunProgress(const Session& session, Clock& clock)
    : draws_(session.terminal.err_is_terminal), clock_(clock), begun_(clock.Mono()) {}

RunProgress::~RunProgress() { Close(); }

void RunProgress::Close() { Erase(); }

void RunProgress::Erase() {
  if (drawn_lines_ > 0) fmt::print(stderr, "\x1b[{}A\r\x1b[J", drawn_lines_);
  drawn_lines_ = 0;
  std::fflush(stderr);
}

std::string RunProgress::Bar(const TaskCounts& counts) const {
  std::int64_t total = std::max<std::int64_t>(counts.total(), 1);
  auto filled = static_cast<int>(kBarWidth * (counts.done + counts.skipped) / total);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "·";
  return bar;
}

void RunProgress::OnSnapshot(const RunSnapshot& snapshot) {
  TaskCounts totals = snapshot.Totals();
  eta_.Observe(clock_.Mono(), totals.done, RowsOf(snapshot));
  TellRefusals(snapshot);
  TellProof(snapshot);
  if (draws_) {
    Draw(snapshot);
  } else {
    TellLine(snapshot);
  }
}

// What pools said when they were asked, each once, the oldest first.
void RunProgress::TellRefusals(const RunSnapshot& snapshot) {
  for (auto seen = snapshot.refusals.rbegin(); seen != snapshot.refusals.rend(); ++seen) {
    const PoolRefusal& refusal = seen->refusal;
    const std::string line = fmt::format("{} refuses machine {}: {} ({})", Describe(refusal.pool),
                                         seen->machine.value, refusal.code, Name(refusal.kind));
    if (told_refusals_.insert(line).second) TellEvent(line);
  }
}

// That it waits although nothing is left, and for what.
void RunProgress::TellProof(const RunSnapshot& snapshot) {
  const ProofStanding proof = JudgeProof(snapshot);
  if (!proof.first || proof.is_complete || told_proof_ == proof.first->began) return;
  told_proof_ = proof.first->began;
  const Duration left = *proof.next - snapshot.now;
  if (left < seconds(1)) return;
  TellEvent(fmt::format("nothing is left that the provider shows; a second look in {} proves it",
                        HumanDuration(left)));
}

void RunProgress::Draw(const RunSnapshot& snapshot) {
  TaskCounts totals = snapshot.Totals();
  EtaEstimator::Estimate estimate = eta_.Of(totals.total() - totals.done - totals.skipped);
  std::string text = fmt::format("run {}  {}  {}  {}\n", snapshot.run.id.value, snapshot.run.phase,
                                 Name(snapshot.run.state), HumanDuration(clock_.Mono() - begun_));
  int lines = 1;
  for (const StageView& stage : snapshot.stages) {
    text += fmt::format(
        "  {} {:>6}/{:<6} {:>13} rows  {}{}\n", Bar(stage.tasks), stage.tasks.done,
        stage.tasks.total(), Thousands(stage.rows), stage.name,
        stage.tasks.quarantined > 0 ? fmt::format("  {} failed", stage.tasks.quarantined) : "");
    ++lines;
  }
  std::string left = estimate.left ? Range(*estimate.left) + " left" : "time left not known yet";
  text += fmt::format("  machines: {}   {}   {}\n", Machines(snapshot), Pace(estimate), left);
  Erase();
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
  drawn_lines_ = lines + 1;
}

void RunProgress::TellLine(const RunSnapshot& snapshot) {
  const StageView* stage = CurrentStage(snapshot);
  std::string name = stage == nullptr ? std::string(Name(snapshot.run.state)) : stage->name;
  Duration now = clock_.Mono();
  bool due = name != last_stage_line_ || now - last_told_ >= kTellEvery;
  if (!due) return;
  last_stage_line_ = name;
  last_told_ = now;
  TaskCounts totals = snapshot.Totals();
  EtaEstimator::Estimate estimate = eta_.Of(totals.total() - totals.done - totals.skipped);
  std::string left = estimate.left ? ", " + Range(*estimate.left) + " left" : "";
  Say(fmt::format("{}: {} of {} tasks, {} rows, {}, machines {}{}", name, totals.done,
                  totals.total(), Thousands(RowsOf(snapshot)), Pace(estimate), Machines(snapshot),
                  left));
}

void RunProgress::TellEvent(const std::string& line) {
  Erase();
  Say(fmt::format("[{:>7}] {}", HumanDuration(clock_.Mono() - begun_), line));
}

// Freezing goes on in many small steps: a word of it in a while is enough.
bool RunProgress::IsDue(const sched::Action& action) {
  if (!std::holds_alternative<sched::Vacuum>(action)) return true;
  const Duration now = clock_.Mono();
  if (told_vacuum_ && now - *told_vacuum_ < kTellEvery) return false;
  told_vacuum_ = now;
  return true;
}

void RunProgress::OnAction(const sched::Action& action, const Status& outcome) {
  if (!outcome.ok()) {
    TellEvent(sched::Describe(action) + " — " + outcome.error().message());
  } else if (IsNews(action) && IsDue(action)) {
    TellEvent(sched::Describe(action));
  }
}

void RunProgress::OnTrouble(const Error& error) {
  if (error.message() == last_trouble_) return;
  last_trouble_ = error.message();
  TellEvent("trouble, trying again: " + error.message());
}

}  // namespace mayfly::cli
