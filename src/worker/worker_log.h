#pragma once
// What a machine says, on its way to the ledger: collected in lines, sent with the heartbeat, and
// once more before the machine leaves.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "seams/task_queue.h"

namespace mayfly {

// Holds a bounded part (I10) while the ledger is away; what does not fit is counted and told.
class WorkerLog {
 public:
  // `registry` must outlive the log.
  WorkerLog(WorkerRegistry& registry, RunId run, MachineId machine)
      : registry_(registry), run_(run), machine_(machine) {}

  void Add(std::string_view line);

  // Keeps what it has if the ledger does not take it.
  Status Flush();

 private:
  WorkerRegistry& registry_;
  RunId run_;
  MachineId machine_;
  std::string waiting_;
  std::size_t lost_ = 0;  // lines that did not fit
};

}  // namespace mayfly
