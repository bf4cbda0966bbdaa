#include "worker/slot.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace mayfly {
namespace {

constexpr int kGrowth = 4;
constexpr int kTroublesBeforeGivingUp = 20;  // I10: then the supervisor starts a fresh slot
constexpr Duration kShortestCommit = minutes(1);

// The time that each task of a group has used up. Work on one comes in pieces (it is computed, then
// written), and between them that on others.
class UsedTime {
 public:
  std::optional<std::size_t> current() const { return current_; }

  // Work on this task goes on, and that on the one before rests. Gives what it has used so far.
  Duration GoOn(std::size_t task, Duration now) {
    if (current_) used_[*current_] += now - since_;
    current_ = task;
    since_ = now;
    return used_[task];
  }

 private:
  std::map<std::size_t, Duration> used_;
  std::optional<std::size_t> current_;
  Duration since_{};
};

}  // namespace

Slot::Slot(SlotOptions options, Clock& clock, TaskQueue& queue, TaskExecutor& executor,
           SlotReporter& reporter)
    : options_(std::move(options)),
      clock_(clock),
      queue_(queue),
      executor_(executor),
      reporter_(reporter),
      idle_(options_.shortest_idle),
      pause_(options_.shortest_idle) {}

Duration Slot::Step() {
  if (done_) return clock_.Mono();
  if (!written_.empty()) return Commit();
  if (!tasks_.empty()) return Work();
  if (draining_) {
    done_ = true;
    return clock_.Mono();
  }
  return Claim();
}

std::optional<ClaimRequest> Slot::NextClaim() const {
  if (draining_) return std::nullopt;
  return ClaimRequest{options_.who, next_group_};
}

// Grows step by step: one task that was quick says little about the next.
int Slot::GroupFor(Duration taken, std::size_t tasks) const {
  auto count = static_cast<std::int64_t>(tasks);
  std::int64_t fits = options_.stretch.count() * count / std::max<std::int64_t>(taken.count(), 1);
  std::int64_t most = std::min<std::int64_t>(options_.group, kGrowth * next_group_);
  return static_cast<int>(std::clamp<std::int64_t>(fits, 1, most));
}

Duration Slot::Claim() {
  Result<std::vector<LeasedTask>> claimed = queue_.Claim(*NextClaim());
  if (!claimed.ok()) return AfterTrouble(claimed.error());
  troubles_ = 0;
  tasks_ = std::move(*claimed);
  return tasks_.empty() ? Idle() : clock_.Mono();
}

// Computes and writes; the commit is the next step, so that a kill can fall between them.
Duration Slot::Work() {
  if (draining_) {
    Status released = queue_.Release(tasks_, "the machine drains");
    tasks_.clear();
    return released.ok() ? clock_.Mono() : AfterTrouble(released.error());
  }
  ExecutionNotes notes;
  // Each task has its own time and none of the others' (I5): who hangs is known by what began last.
  notes.on_begin = [this, used = UsedTime()](std::size_t index) mutable {
    if (used.current() == index) return;
    const LeasedTask& task = tasks_[index];
    Duration left = options_.timeout_of(task) - used.GoOn(index, clock_.Mono());
    reporter_.OnBegin(task, std::max(left, Duration(0)));
  };
  Duration begun = clock_.Mono();
  auto cancelled = [this] { return draining_; };
  Result<std::vector<Completion>> written = executor_.Execute(tasks_, cancelled, notes);
  if (written.ok()) {
    written_ = std::move(*written);
    // A group's time is shared out evenly: what one task of it read has served the others too.
    Duration taken = clock_.Mono() - begun;
    next_group_ = GroupFor(taken, written_.size());
    double each = Seconds(taken) / static_cast<double>(written_.size());
    for (Completion& completion : written_) completion.seconds = each;
    return clock_.Mono();
  }
  FailOne(written.error(), notes);
  tasks_.clear();
  reporter_.OnIdle();
  return IsOwnFault(written.error().kind()) ? clock_.Mono() : Pause();
}

// What the task is not to blame for (a full disk, a database that is away) is there for the next
// one too: setbacks are not to be spent in a second.
Duration Slot::Pause() {
  Duration at = clock_.Mono() + pause_;
  pause_ = std::min(pause_ * 2, options_.longest_pause);
  return at;
}

// One task of the group is to blame; the others go back unharmed.
void Slot::FailOne(const Error& error, const ExecutionNotes& notes) {
  std::vector<LeasedTask> others;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (i != notes.failed) others.push_back(tasks_[i]);
  }
  const LeasedTask& task = tasks_[notes.failed];
  Status told;
  if (error.kind() == ErrorKind::kCancelled) {
    told = queue_.Release(tasks_, error.message());
  } else {
    told = queue_.Fail(task.id, task.fence, error, notes.output);
    if (Status released = queue_.Release(others, "another task of its group failed"); told.ok()) {
      told = released;
    }
  }
  // A ledger that cannot be told will find out: the lease outlives its backend only until reaped.
  if (!told.ok()) {
    reporter_.OnNote(told.error().message());
    ++troubles_;
    if (told.error().kind() != ErrorKind::kConflict) done_ = true;
  }
}

// The commit is of all of them, and of none. It is as long as its server takes, not its tasks.
Duration Slot::CommitTime() const {
  Duration longest = kShortestCommit;
  for (const LeasedTask& task : tasks_) longest = std::max(longest, options_.timeout_of(task));
  return longest;
}

Duration Slot::Commit() {
  reporter_.OnCommit(CommitTime());
  Result<std::vector<LeasedTask>> next = queue_.Complete(written_, NextClaim());
  written_.clear();
  std::vector<LeasedTask> tasks = std::exchange(tasks_, {});
  reporter_.OnIdle();
  if (!next.ok()) return AfterLostCommit(next.error(), tasks);
  troubles_ = 0;
  tasks_ = std::move(*next);
  idle_ = options_.shortest_idle;
  pause_ = options_.shortest_idle;
  return clock_.Mono();
}

// Nothing was committed, or nobody knows. Leases may still name this slot, a conflict
// notwithstanding (a server that restarts ends backends, not leases): what is still ours is given
// back. Where that cannot be told either, the slot ends and its supervisor gives back.
Duration Slot::AfterLostCommit(const Error& error, const std::vector<LeasedTask>& tasks) {
  reporter_.OnNote(error.message());
  bool known = error.kind() == ErrorKind::kConflict;
  if (!known || !queue_.Release(tasks, "the commit was refused").ok()) done_ = true;
  return clock_.Mono();
}

Duration Slot::Idle() {
  Duration now = clock_.Mono();
  Duration at = now + idle_;
  idle_ = std::min(idle_ * 2, options_.longest_idle);
  return at;
}

Duration Slot::AfterTrouble(const Error& error) {
  reporter_.OnNote(error.message());
  // A claim whose answer was lost may have leased tasks that this slot does not know: it ends, and
  // the supervisor gives back what the ledger says is its.
  bool allowed = error.kind() != ErrorKind::kConflict && error.kind() != ErrorKind::kDenied &&
                 error.kind() != ErrorKind::kAmbiguous;
  if (!allowed || ++troubles_ >= kTroublesBeforeGivingUp) {
    done_ = true;
    return clock_.Mono();
  }
  return Idle();
}

}  // namespace mayfly
