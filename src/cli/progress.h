#pragma once
// What people see while a run is driven: one block drawn in place on a terminal, plain lines
// elsewhere.

#include <deque>
#include <optional>
#include <set>
#include <string>

#include "cli/command.h"
#include "controller/controller.h"
#include "seams/clock.h"

namespace mayfly::cli {

// Remaining time by the rates of the last stretches: fastest and slowest give the range. Pure.
class EtaEstimator {
 public:
  void Observe(Duration at, std::int64_t tasks_done, std::int64_t rows);

  struct Estimate {
    double rows_per_second = 0;
    double tasks_per_second = 0;
    std::optional<std::pair<Duration, Duration>> left;  // absent until something is known
  };
  Estimate Of(std::int64_t tasks_left) const;

 private:
  struct Mark {
    Duration at{};
    std::int64_t tasks = 0;
    std::int64_t rows = 0;
  };
  std::deque<Mark> marks_;
};

class RunProgress : public ControllerObserver {
 public:
  RunProgress(const Session& session, Clock& clock);
  ~RunProgress() override;

  void OnSnapshot(const RunSnapshot& snapshot) override;
  void OnAction(const sched::Action& action, const Status& outcome) override;
  void OnTrouble(const Error& error) override;

  // Clears the block, so that a report can follow.
  void Close();

 private:
  void TellRefusals(const RunSnapshot& snapshot);
  void TellProof(const RunSnapshot& snapshot);
  void Draw(const RunSnapshot& snapshot);
  void TellLine(const RunSnapshot& snapshot);
  void TellEvent(const std::string& line);
  bool IsDue(const sched::Action& action);
  std::string Bar(const TaskCounts& counts) const;
  void Erase();

  bool draws_;
  Clock& clock_;
  Duration begun_;
  Duration last_told_{};
  EtaEstimator eta_;
  int drawn_lines_ = 0;
  std::string last_stage_line_;
  std::string last_trouble_;
  std::set<std::string> told_refusals_;
  std::optional<Instant> told_proof_;
  std::optional<Duration> told_vacuum_;
};

}  // namespace mayfly::cli
