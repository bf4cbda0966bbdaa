#pragma once
// The controller's hand for what is kept or raised beside machines: intent, act, fact, as for
// machines. Single-threaded; asks the two keepers and nobody else.

#include <functional>
#include <optional>
#include <string>

#include "model/run.h"
#include "sched/keep.h"
#include "seams/clock.h"
#include "seams/keeper.h"
#include "seams/run_store.h"

namespace mayfly {

struct KeepingOptions {
  // Both must outlive the controller; absent: the phase asks for nothing of it.
  DiskKeeper* disks = nullptr;
  FloorKeeper* floors = nullptr;

  Duration keep{};               // the disk, from its intent on
  int disk_gb = 0;               // of a machine
  std::optional<Money> monthly;  // what the snapshot bills at most; absent: not known
  std::string cluster;
  std::int64_t floor_milli = 0;

  Duration shown_within = seconds(60);  // what was asked for is shown so late at most
  Duration ask_disk = seconds(5);       // how often a snapshot that is not complete is looked at
};

class Keeping {
 public:
  // How a change gets into the ledger, under the controller's fence.
  using Write = std::function<Status(const Change& change)>;

  Keeping(KeepingOptions options, Clock& clock, Write write)
      : options_(std::move(options)), clock_(clock), write_(std::move(write)) {}

  // kUnavailable: again later, also where an earlier asking may still come to be shown. A disk that
  // cannot be kept, or a failed one that cannot be removed, is recorded as failed with the reason,
  // and no error: the run goes on without.
  Status Keep(const sched::KeepDisk& wish, const RunSnapshot& snapshot);
  Status Drop(const sched::DropDisk& wish, const RunSnapshot& snapshot);

  // What became of a snapshot that was pending, in the ledger afterwards. Answers whether anything
  // was written.
  Result<bool> Follow(const RunSnapshot& snapshot);

  // Never lowers a floor: one that is higher already stays.
  Status Raise(const RunSnapshot& snapshot);

  // The first call tells the ledger's other runs that this one counts on the floor no more; the
  // next one restores it, unless another counts on it or somebody else has set it meanwhile.
  Status Restore(const sched::RestoreFloor& wish, const RunSnapshot& snapshot);

 private:
  Status Record(KeptDisk disk, DiskState state, std::string note);
  Status Record(RaisedFloor floor, FloorState state, std::string note);
  Status Settle(const RaisedFloor& floor);
  Status LeaveTo(const RaisedFloor& floor, const FloorSight& sight, RunId run);

  KeepingOptions options_;
  Clock& clock_;
  Write write_;
  std::optional<Duration> looked_;  // mono; at a pending snapshot
};

}  // namespace mayfly
