#include "bench_run.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "adapters/postgres/migrate.h"
#include "adapters/postgres/worker_registry.h"

namespace mayfly::bench {
namespace {

struct Gate {
  std::atomic<int> ready;
  std::atomic<int> open;
};

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

// Sees a worker that ended; it must have ended well.
void Reap(int flags, int& running) {
  int status = 0;
  const pid_t ended = waitpid(-1, &status, flags);
  if (ended <= 0) return;
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a worker failed; its reason is above");
  --running;
}

}  // namespace

RunUnderTest StartRun(const std::string& conninfo, const PhasePlan& plan, int slots) {
  Must(postgres::Migrate(conninfo));
  RunUnderTest r{.store = std::make_unique<postgres::PgRunStore>(conninfo)};
  r.run = Must(r.store->Create(plan));
  r.control = Must(r.store->TakeControl(r.run, "bench"));
  Must(r.store->Apply(r.run, r.control, SetRunState{RunState::kRunning, "bench", {}}));
  r.machine = Must(r.store->RecordIntent(
      r.run, r.control, {.token = fmt::format("bench-{}", r.run.value), .slots = slots}));
  Must(r.store->Apply(r.run, r.control, RecordLaunched{r.machine.machine, "bench"}));
  postgres::PgWorkerRegistry registry(r.machine.access, r.machine.machine);
  r.brief = Must(registry.Register(r.run, r.machine.machine));
  return r;
}

void* MapShared(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED, "no shared memory");
  return memory;
}

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double CpuOfThisProcess() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime);
}

double CpuOf(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text{std::istreambuf_iterator<char>(file), {}};
  // Fields are counted from the command's closing bracket: utime and stime are the 12th and 13th.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string field;
  double ticks = 0;
  for (int i = 1; i <= 13 && fields >> field; ++i) {
    if (i >= 12) ticks += std::strtod(field.c_str(), nullptr);
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double RunTogether(int workers, const std::function<void(int worker, const Start& start)>& body,
                   const std::function<void()>& between) {
  auto* gate = MakeShared<Gate>(1);
  auto start = [gate] {
    gate->ready.fetch_add(1);
    while (gate->open.load() == 0) sched_yield();
  };
  std::fflush(nullptr);
  for (int worker = 0; worker < workers; ++worker) {
    const pid_t child = fork();
    CHECK(child >= 0, "no process for a worker");
    if (child > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    body(worker, start);
    _exit(0);
  }
  int running = workers;
  while (gate->ready.load() < workers) {
    Reap(WNOHANG, running);
    CHECK(running == workers, "a worker ended before it had begun");
    sched_yield();
  }
  if (between) between();
  const double begun = Now();
  gate->open.store(1);
  while (running > 0) Reap(0, running);
  munmap(gate, sizeof(Gate));
  return begun;
}

}  // namespace mayfly::bench
