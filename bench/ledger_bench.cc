// How many empty tasks a second the ledger leases, accepts and commits, with their events and
// attempts, durably. Each slot is a process of its own with its own connection, as in a run.
//
//   mayfly_ledger_bench CONNINFO SLOTS BATCH TASKS     one line of JSON

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <span>
#include <vector>

#include "adapters/postgres/slot_session.h"
#include "bench_run.h"

namespace mayfly::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

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

double RunSlots(const RunUnderTest& r, int slots, int batch, std::span<double> milliseconds) {
  const std::size_t each = milliseconds.size() / static_cast<std::size_t>(slots);
  const double begun = RunTogether(slots, [&](int slot, const Start& start) {
    start();
    WorkAsSlot(r, slot, batch, milliseconds.subspan(each * static_cast<std::size_t>(slot), each));
  });
  return Now() - begun;
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
}  // namespace mayfly::bench

int main(int count, char** arguments) {
  using namespace mayfly;  // NOLINT(google-build-using-namespace): a program of one file
  if (count != 5) {
    fmt::print(stderr, "usage: mayfly_ledger_bench CONNINFO SLOTS BATCH TASKS\n");
    return 2;
  }
  int slots = std::atoi(arguments[2]), batch = std::atoi(arguments[3]);
  int tasks = std::atoi(arguments[4]);
  CHECK(slots > 0 && batch > 0 && tasks > 0, "SLOTS, BATCH and TASKS are counts above zero");
  bench::RunUnderTest r = bench::StartRun(arguments[1], bench::EmptyTasks(tasks), slots);
  const std::size_t calls = (static_cast<std::size_t>(tasks / batch) + 2) *
                            static_cast<std::size_t>(slots) * static_cast<std::size_t>(slots);
  // Written by the slots' processes, one part a slot; zero where nothing was called.
  std::span<double> milliseconds(bench::MakeShared<double>(calls), calls);
  const double seconds = bench::RunSlots(r, slots, batch, milliseconds);
  bench::Report(r, tasks, seconds, milliseconds);
  return 0;
}
