#pragma once
// What a run makes or changes beside its machines, and has to account for after them: the snapshot
// of a disk, which bills by the month until it expires, and a database's floor, which bills by the
// hour until it is what it was (docs/adr/0027).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/money.h"
#include "base/result.h"
#include "base/time.h"

namespace mayfly {

// [machines.ec2.snapshot]: the last machine's disk is kept when the run's verdict is pass.
struct SnapshotSpec {
  Duration keep{};              // from the moment at which it is asked for; then it is removed
  Duration wait = minutes(30);  // how long it may take to be complete
  friend bool operator==(const SnapshotSpec&, const SnapshotSpec&) = default;
};

// [database.capacity]: the least capacity of an Aurora Serverless cluster while machines work.
struct CapacitySpec {
  std::string cluster;
  std::int64_t floor_milli = 0;  // thousandths of a capacity unit
  friend bool operator==(const CapacitySpec&, const CapacitySpec&) = default;
};

enum class DiskState { kIntended, kPending, kCompleted, kFailed, kDeleted };

// A disk that is kept as a snapshot. One that failed has left nothing in the cloud.
struct KeptDisk {
  MachineId machine;  // whose disk; 0: none was left to be kept
  DiskState state = DiskState::kIntended;
  std::string external_id;
  int gigabytes = 0;             // of the disk: it bills that much at most
  std::optional<Money> monthly;  // at most; absent: nobody knows the price
  Instant expires;
  Duration age{};                     // since its intent
  std::optional<Duration> asked_ago;  // the last time that it was about to be asked for
  std::string note;
};

enum class FloorState {
  kIntended,  // it is being raised, or was
  kRaised,
  kRestoring,  // from here on no other run counts on it
  kRestored,   // seen to be what it was before
  kLeft,       // it is not ours to restore; the note says why
};

// A cluster's least capacity, raised for the run.
struct RaisedFloor {
  std::string cluster;
  FloorState state = FloorState::kIntended;
  std::int64_t before_milli = 0;    // what is to be restored
  std::int64_t floor_milli = 0;     // what it was raised to
  std::int64_t last_set_milli = 0;  // by the newest raise of any run of this ledger
  RunId needed_by;                  // another run of this ledger that counts on it; 0: none does
  std::optional<Instant> asked, over;
  std::string note;
};

std::string_view Name(DiskState state);
std::string_view Name(FloorState state);
Result<DiskState> ParseDiskState(std::string_view name);
Result<FloorState> ParseFloorState(std::string_view name);

// Staying is a step. One that is not legal is refused here and in SQL.
bool MayStep(DiskState from, DiskState to);
bool MayStep(FloorState from, FloorState to);

// Something is still to be done about it.
inline bool IsOpen(DiskState state) {
  return state == DiskState::kIntended || state == DiskState::kPending;
}
inline bool IsOpen(FloorState state) { return state < FloorState::kRestored; }

// "0.5", "8": thousandths as they are written in units.
std::string FormatUnits(std::int64_t milli);
// kInvalid: not a number from 0 to 256 in steps of a half.
Result<std::int64_t> ParseUnits(std::string_view text);

}  // namespace mayfly
