#pragma once
// What the benches of whole runs share: a run in a ledger with one machine, and slots as processes
// that begin together.

#include <functional>
#include <memory>
#include <string>

#include "adapters/postgres/run_store.h"
#include "base/check.h"
#include "base/result.h"
#include "model/plan.h"
#include "seams/task_queue.h"

namespace mayfly::bench {

// Ends the program with what went wrong.
template <typename T>
T Must(Result<T> result) {
  CHECK(result.ok(), result.error().message());
  return std::move(result).value();
}
inline void Must(const Status& status) { CHECK(status.ok(), status.error().message()); }

struct RunUnderTest {
  std::unique_ptr<postgres::PgRunStore> store;
  RunId run;
  Fence control;
  IntendedMachine machine;
  WorkerBrief brief;
};

// Migrates, writes the plan down, and registers its one machine: its tasks can be claimed.
RunUnderTest StartRun(const std::string& conninfo, const PhasePlan& plan, int slots);

// Memory that this process and its later children all see, zeroed; it lives as long as they do.
void* MapShared(std::size_t bytes);
template <typename T>
T* MakeShared(std::size_t count) {
  return static_cast<T*>(MapShared(count * sizeof(T)));
}

// Monotonic seconds, the same for all processes.
double Now();

// Processor time that this process, and that one, have used so far.
double CpuOfThisProcess();
double CpuOf(int pid);

// Runs `body(worker, start)` in `workers` processes. Each gets ready, calls `start()`, which
// returns when all are ready and `between` was called here, and does what is measured. Answers when
// they were let go. A worker that fails ends the program.
using Start = std::function<void()>;
double RunTogether(int workers, const std::function<void(int worker, const Start& start)>& body,
                   const std::function<void()>& between = {});

}  // namespace mayfly::bench
