#pragma once
// The rows of the ledger in memory: what the schema `mayfly` holds in a real database.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "model/plan.h"
#include "model/run.h"
#include "sim/memory_server.h"

namespace mayfly::sim {

// A leaf as committed. Content stands for the bytes.
struct LeafRow {
  Leaf leaf;
  std::size_t task = 0;
  Fence accepted;  // of the attempt whose output it is; 0: created empty
  std::uint64_t content = 0;
  std::int64_t rows = 0;
  bool vacuumed = false;
  std::int64_t storage = 0;  // grows with every committed TRUNCATE
};

struct TaskRow {
  std::size_t run = 0, stage = 0;
  std::int64_t batch = 0;  // may be claimed with the others of this number
  Point point;
  std::vector<std::size_t> needs, dependents, leaves;
  int missing = 0;  // needs that are not done
  TaskState state = TaskState::kBlocked;
  int failures = 0, setbacks = 0, attempts = 0;
  Fence budget_since;  // attempts up to this fence were forgiven by RetryQuarantined
  Fence fence;         // of the last lease
  MachineId machine;   // of the last lease
  int slot = 0;
  BackendId backend;  // of the live lease
  std::int64_t rows = 0;
  std::string last_error;
};

struct AttemptRow {
  Fence fence;
  std::size_t task = 0;
  MachineId machine;
  int slot = 0;
  BackendId backend;
  Instant started;
  std::optional<Instant> ended;
  std::string_view outcome;  // "" while it goes on
  std::optional<ErrorKind> failure;
  std::string error, output;
  std::int64_t rows = 0;
  double seconds = 0;
};

struct StageRow {
  std::string name, kind, note;
  StageState state = StageState::kBlocked;
  int retries = 0, setbacks = 0;
  std::size_t run = 0;
};

struct MachineRow {
  RunId run;
  MachineState state = MachineState::kIntended;
  std::string token, external_id, reason;
  int slots = 1;
  Instant intended, deadline;
  std::optional<Instant> born, heartbeat, drain, gone, held, held_until;
  bool noticed = false;
  MachineMoney money;
  std::vector<Offer> offers;
  int login = 0;  // which secret of its login works; 0 once it is gone
};

struct KeptDiskRow {
  KeptDisk disk;
  Instant intended, asked;
};

struct RunRow {
  RunView view;
  Instant deadline;
  std::size_t first_stage = 0, stages = 0, first_task = 0, tasks = 0;
  std::string canonical_toml, findings_json, quote_json;
  std::vector<PriceChange> prices;    // oldest first
  std::vector<SeenRefusal> refusals;  // oldest first
  std::vector<ProofPass> passes;      // oldest first
  int machine_slots = 1;
  int keep_runs = 2;
  std::optional<std::int64_t> slot_memory_bytes;
  Duration lease{};
  Fence control;
  std::string controller;
  BackendId controller_backend;
  std::vector<MachineId> machines;
  std::vector<Finding> findings;
  std::optional<KeptDiskRow> kept_disk;
  std::vector<RaisedFloor> floors;
  bool cleaned_up = false;
  bool dropped = false;
};

// What every acceptance and every order of a controller was allowed on; the proof for I2 and I9,
// written whether or not a check is switched on.
struct AcceptedWrite {
  std::size_t task = 0;
  Fence presented, newest;
  bool was_leased = false;
  std::string_view verb;
};
struct AcceptedOrder {
  RunId run;
  Fence presented, newest;
};

// What an operator asked of machines, and what became of it.
struct HoldRow {
  RunId run;
  HoldView view;
};
struct ExecRow {
  ExecOrder order;
  MachineId machine;
  std::optional<Instant> started, ended;
  std::optional<ExecExit> exit;
  std::vector<std::string> parts;
};

struct EventRow {
  Instant at;
  std::string_view kind;  // "task.done", …
  RunId run;
  TaskId task;
  MachineId machine;
  Fence fence;
  std::string detail;
};

}  // namespace mayfly::sim
