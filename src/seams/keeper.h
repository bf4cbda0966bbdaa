#pragma once
// What a run keeps of a machine, and what it changes for a while beside its machines. Both are
// found again by their tags, whoever forgot them.

#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "model/kept.h"

namespace mayfly {

struct DiskIntent {
  RunId run;
  MachineId machine;
  std::string machine_id;  // the provider's
  Instant expires;
};

struct DiskSight {
  std::string external_id;
  DiskState state = DiskState::kPending;  // or completed, or failed
};

// Snapshots of machines' disks, one a machine. No call waits for one to be complete.
class DiskKeeper {
 public:
  virtual ~DiskKeeper() = default;

  // The snapshot of this machine's disk, by its tags; may lag behind Ask. Absent: none is shown.
  virtual Result<std::optional<DiskSight>> Look(RunId run, MachineId machine) = 0;

  // Asks for it; each time that arrives makes one, so look first. kNotFound: the machine or its
  // disk is not there any more. kInvalid: the disk is not encrypted. kUnavailable: nothing was
  // made, again later. kAmbiguous: it may have been made, and will be shown in a while.
  virtual Result<DiskSight> Ask(const DiskIntent& intent) = 0;

  // Removes every snapshot of this machine's disk that is shown; that there is none is fine.
  virtual Status Drop(RunId run, MachineId machine) = 0;
};

// Who raised a cluster's floor, and what it was: on the cluster itself.
struct FloorMark {
  RunId run;
  bool is_ours = true;                              // of this ledger
  std::int64_t before_milli = 0, raised_milli = 0;  // what it was, and what it was raised to
};

struct FloorSight {
  std::int64_t least_milli = 0, most_milli = 0;
  std::optional<FloorMark> mark;
};

// The least capacity of a database cluster. Every call may be repeated.
class FloorKeeper {
 public:
  virtual ~FloorKeeper() = default;

  // kNotFound: no such cluster. kInvalid: it has no floor, as it is not serverless.
  virtual Result<FloorSight> Look(const std::string& cluster) = 0;

  // Leaves the most as it is. kUnavailable: not now (the cluster is being changed), or asked for
  // and not seen yet.
  virtual Status Set(const std::string& cluster, std::int64_t least_milli) = 0;

  // Puts our ledger's mark in the place of any other. `is_ours` is not looked at.
  virtual Status Mark(const std::string& cluster, const FloorMark& mark) = 0;
  virtual Status Unmark(const std::string& cluster) = 0;
};

}  // namespace mayfly
