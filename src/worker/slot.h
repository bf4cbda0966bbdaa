#pragma once
// One slot: claim, execute, complete, again. A process of its own with its own connection,
// single-threaded. Whatever happens to it, the ledger decides what counted.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "seams/clock.h"
#include "seams/task_executor.h"
#include "seams/task_queue.h"

namespace mayfly {

// How a slot tells its supervisor what it is doing (a line on stdout in a real process).
class SlotReporter {
 public:
  virtual ~SlotReporter() = default;
  // Work on this task begins, or goes on: until the next call the time is its own, and there is so
  // much left of it.
  virtual void OnBegin(const LeasedTask& task, Duration left) = 0;
  // What the group wrote is committed; the time is no task's.
  virtual void OnCommit(Duration timeout) = 0;
  virtual void OnIdle() = 0;
  virtual void OnNote(const std::string& text) = 0;
};

struct SlotOptions {
  SlotIdentity who;
  // Tasks claimed at once: as many as took `stretch` together lately, at most `group`. They commit
  // together, so short ones share a commit, and all that a dying slot can lose is a stretch.
  int group = 100;
  Duration stretch = seconds(1);
  Duration shortest_idle = milliseconds(20);
  Duration longest_idle = milliseconds(500);
  Duration longest_pause = seconds(2);  // after failures that are not the task's own
  std::function<Duration(const LeasedTask&)> timeout_of;
};

class Slot {
 public:
  // All references must outlive the slot.
  Slot(SlotOptions options, Clock& clock, TaskQueue& queue, TaskExecutor& executor,
       SlotReporter& reporter);

  // One bounded thing: a claim, or the work on one group. Returns the mono time of the next call.
  Duration Step();

  // Stop claiming; what is being executed is finished or given back.
  void Drain() { draining_ = true; }

  bool done() const { return done_; }

 private:
  Duration Claim();
  Duration Work();
  Duration Commit();
  Duration CommitTime() const;
  Duration AfterLostCommit(const Error& error, const std::vector<LeasedTask>& tasks);
  void FailOne(const Error& error, const ExecutionNotes& notes);
  Duration Idle();
  Duration Pause();
  Duration AfterTrouble(const Error& error);
  std::optional<ClaimRequest> NextClaim() const;
  int GroupFor(Duration taken, std::size_t tasks) const;

  SlotOptions options_;
  Clock& clock_;
  TaskQueue& queue_;
  TaskExecutor& executor_;
  SlotReporter& reporter_;
  std::vector<LeasedTask> tasks_;
  std::vector<Completion> written_;  // waits for Commit; empty otherwise
  Duration idle_{};
  Duration pause_{};
  int next_group_ = 1;
  int troubles_ = 0;
  bool draining_ = false;
  bool done_ = false;
};

}  // namespace mayfly
