// How many empty tasks a second the ledger leases, accepts and commits, with their events and
// attempts, durably. Each slot is a process of its own with its own connection, as in a run.
//
//   mayfly_ledger_bench CONNINFO SLOTS BATCH TASKS     one line of JSON

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "adapters/postgres/migrate.h"
#include "adapters/postgres/run_store.h"
#include "adapters/postgres/slot_session.h"
#include "adapters/postgres/worker_registry.h"
#include "base/check.h"

namespace mayfly {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Ends the program with what went wrong.
template <typename T>
T Must(Result<T> result) {
  CHECK(result.ok(), result.error().message());
  return std::move(result).value();
}
void Must(const Status& status) { CHECK(status.ok(), status.error().message()); }

// One sql stage whose tasks write nothing.
PhasePlan EmptyTasks(int count) {
  PhasePlan plan;
  plan.spec.name = fmt::format("bench-{}", getpid());
  plan.spec.database.schema = "bench";
  plan.hash = "000000000000";
  StageSpec stage{.name = "empty"};
  stage.kind = SqlSpec{};
  plan.spec.stages.push_back(stage);
  plan.stages.push_back({.spec = stage, .task_count = static_cast<std::size_t>(count)});
  for (int i = 0; i < count; ++i)
    plan.tasks.push_back({.point = Point({{"n", std::to_string(i)}})});
  return plan;
}

struct RunUnderTest {
  std::unique_ptr<postgres::PgRunStore> store;
  RunId run;
  Fence control;
  IntendedMachine machine;
};

RunUnderTest StartRun(const std::string& conninfo, int slots, int tasks) {
  Must(postgres::Migrate(conninfo));
  RunUnderTest r{.store = std::make_unique<postgres::PgRunStore>(conninfo)};
  r.run = Must(r.store->Create(EmptyTasks(tasks)));
  r.control = Must(r.store->TakeControl(r.run, "bench"));
  Must(r.store->Apply(r.run, r.control, SetRunState{RunState::kRunning, "bench", {}}));
  r.machine = Must(r.store->RecordIntent(
      r.run, r.control, {.token = fmt::format("bench-{}", r.run.value), .slots = slots}));
  Must(r.store->Apply(r.run, r.control, RecordLaunched{r.machine.machine, "bench"}));
  postgres::PgWorkerRegistry registry(r.machine.access, r.machine.machine);
  (void)Must(registry.Register(r.run, r.machine.machine));
  return r;
}

// Written by the slots' processes, read by ours.
struct Shared {
  std::span<double> milliseconds;  // one part a slot, zero where nothing was called
  static Shared Make(std::size_t size) {
    void* memory = mmap(nullptr, size * sizeof(double), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED, "no shared memory");
    return {{static_cast<double*>(memory), size}};
  }
};

// Claims, and then commits what it holds and leases the next in one transaction, until all is done.
void WorkAsSlot(const RunUnderTest& r, int slot, int batch, std::span<double> calls) {
  SlotIdentity who{r.run, r.machine.machine, slot};
  auto session = Must(postgres::SlotSession::Open(r.machine.access, who));
  ClaimRequest request{who, batch};
  std::vector<LeasedTask> leased = Must(session->queue().Claim(request));
  for (double& call : calls) {
    if (leased.empty()) break;
    std::vector<Completion> done;
    for (const LeasedTask& task : leased) {
      done.push_back({.id = task.id, .fence = task.fence, .figures = "{}"});
    }
    auto begun = SteadyClock::now();
    leased = Must(session->queue().Complete(done, request));
    call = std::chrono::duration<double, std::milli>(SteadyClock::now() - begun).count();
  }
}

double RunSlots(const RunUnderTest& r, int slots, int batch, Shared shared) {
  std::size_t each = shared.milliseconds.size() / static_cast<std::size_t>(slots);
  auto begun = SteadyClock::now();
  for (int slot = 0; slot < slots; ++slot) {
    if (fork() != 0) continue;
    WorkAsSlot(r, slot, batch,
               shared.milliseconds.subspan(each * static_cast<std::size_t>(slot), each));
    _exit(0);
  }
  for (int slot = 0; slot < slots; ++slot) {
    int status = 0;
    CHECK(wait(&status) > 0 && status == 0, "a slot failed");
  }
  return std::chrono::duration<double>(SteadyClock::now() - begun).count();
}

void Report(const RunUnderTest& r, int tasks, double seconds, std::span<const double> all) {
  RunSnapshot snapshot = Must(r.store->Load(r.run));
  CHECK(snapshot.Totals().done == tasks, "not every task was done");
  std::vector<double> calls;
  std::copy_if(all.begin(), all.end(), std::back_inserter(calls), [](double ms) { return ms > 0; });
  std::sort(calls.begin(), calls.end());
  auto at = [&](double share) {
    return calls[static_cast<std::size_t>(share * static_cast<double>(calls.size() - 1))];
  };
  fmt::print(
      "{{\"tasks_per_second\": {:.1f}, \"calls\": {}, \"median_ms\": {:.3f}, "
      "\"p99_ms\": {:.3f}}}\n",
      tasks / seconds, calls.size(), at(0.5), at(0.99));
}

}  // namespace
}  // namespace mayfly

int main(int count, char** arguments) {
  using namespace mayfly;  // NOLINT(google-build-using-namespace): a program of one file
  if (count != 5) {
    fmt::print(stderr, "usage: mayfly_ledger_bench CONNINFO SLOTS BATCH TASKS\n");
    return 2;
  }
  int slots = std::atoi(arguments[2]), batch = std::atoi(arguments[3]);
  int tasks = std::atoi(arguments[4]);
  CHECK(slots > 0 && batch > 0 && tasks > 0, "SLOTS, BATCH and TASKS are counts above zero");
  RunUnderTest r = StartRun(arguments[1], slots, tasks);
  Shared shared = Shared::Make((static_cast<std::size_t>(tasks / batch) + 2) *
                               static_cast<std::size_t>(slots) * static_cast<std::size_t>(slots));
  double seconds = RunSlots(r, slots, batch, shared);
  Report(r, tasks, seconds, shared.milliseconds);
  return 0;
}
