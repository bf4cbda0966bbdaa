#pragma once
// What a plan's [machines] comes to on the machine at hand. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/phase_spec.h"
#include "seams/machine_sensor.h"
#include "seams/task_queue.h"
#include "worker/setup.h"

namespace mayfly {

struct MachineTerms {
  Duration heartbeat = seconds(2);
  int slots = 1;
  Duration silence = minutes(5);
  std::optional<std::int64_t> slot_memory_bytes;
  bool is_rented = false;
  SetupPlan setup;
  std::vector<std::string> notes;  // for the log, once
};

// A machine that does not tell its memory reads as 0 bytes, and its slots have no limit.
//
// Slots: as the brief says, and where it says 0 one for each core. Memory of a slot: as stated; on
// a rented machine without a statement an even share of all but a reserve, since nobody else works
// there and a machine that swaps or kills is paid for all the same. The setup is a rented
// machine's, with its commands run in `folder`.
MachineTerms SettleTerms(const MachinesSpec& spec, const WorkerBrief& brief,
                         const MachineReading& machine, const std::string& folder);

}  // namespace mayfly
