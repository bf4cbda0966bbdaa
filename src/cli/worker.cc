// worker: what runs on a machine. Without --slot it is the supervisor, which starts itself once per
// slot with --slot K.

#include <fmt/format.h>

#include <cstdlib>

#include "cli/aws_world.h"
#include "cli/phase_work.h"
#include "model/plan_json.h"
#include "stages/compile.h"
#include "stages/stage_executor.h"
#include "worker/slot.h"
#include "worker/slot_protocol.h"
#include "worker/supervisor.h"

namespace mayfly::cli {
namespace {

constexpr const char* kPlanFile = "plan.toml";
constexpr const char* kFindingsFile = "findings.json";
constexpr Duration kKillGrace = seconds(5);  // after the deadline, for an end in good order

struct Flags {
  std::int64_t run = 0;
  std::int64_t machine = 0;
  int slot = -1;
  std::string state_dir;
  std::string scratch;
  std::string schema;
};

// The way to the ledger comes in the environment, never in arguments that everybody can read.
Result<std::string> AccessFromEnvironment() {
  const char* access = std::getenv("MAYFLY_DATABASE");
  if (access != nullptr && *access != '\0') return FindAccess(access);
  return Invalid(
      "mayfly worker needs MAYFLY_DATABASE; it is started by a machine provider, not by "
      "hand");
}

Result<PhasePlan> CompileStored(Host& host, const std::string& scratch) {
  TRY_ASSIGN(std::string toml, host.files().Read(scratch + "/" + kPlanFile));
  TRY_ASSIGN(std::string json, host.files().Read(scratch + "/" + kFindingsFile));
  return CompileText(toml, json);
}

// A plan that cannot be compiled is what each slot says itself; the machine beats all the same.
Duration HeartbeatOf(const WorkerBrief& brief, Duration otherwise) {
  Result<PhasePlan> plan = CompileText(brief.canonical_toml, brief.findings_json);
  return plan.ok() ? plan->spec.machines.heartbeat : otherwise;
}

// Tells the supervisor through stdout; see slot_protocol.h.
class StdoutReporter : public SlotReporter {
 public:
  void OnBegin(const LeasedTask& task, Duration timeout) override {
    Print(EncodeSignal({true, timeout, task.stage + "@" + task.point.Key()}) + "\n");
  }
  void OnIdle() override { Print(EncodeSignal({}) + "\n"); }
  void OnNote(const std::string& text) override { Print(text + "\n"); }
};

Result<int> RunSlot(const Flags& flags) {
  std::unique_ptr<Host> host = MakeHost();
  TRY_ASSIGN(std::string access, AccessFromEnvironment());
  TRY_ASSIGN(PhasePlan plan, CompileStored(*host, flags.scratch));
  SlotIdentity who{RunId{flags.run}, MachineId{flags.machine}, flags.slot};
  TRY_ASSIGN(SlotEnds ends, OpenSlot(access, who, plan.spec.database.writers));
  StdoutReporter reporter;
  auto log = [&](TaskId task, std::string_view text) {
    Status kept = ends.queue->Log(who, task, text);
    if (!kept.ok()) reporter.OnNote("its output was not kept: " + kept.error().message());
  };
  stages::StageWorld world{plan,          flags.schema,      *ends.data, *ends.probe,
                           host->files(), host->processes(), log};
  stages::StageExecutor executor(world);
  SlotOptions options{.who = who};
  options.timeout_of = [&plan](const LeasedTask& task) {
    const PlannedStage* stage = plan.FindStage(task.stage);
    return stage == nullptr ? Duration(hours(1)) : stage->spec.timeout;
  };
  Slot slot(std::move(options), host->clock(), *ends.queue, executor, reporter);
  while (!slot.done()) {
    Duration next = slot.Step();
    if (host->waiter().stop_requests() > 0) slot.Drain();
    host->waiter().WaitUntil(next);
    if (host->waiter().stop_requests() > 0) slot.Drain();
  }
  return 0;
}

ProcessSpec SlotProcess(const Session& session, const Flags& flags, int slot,
                        const WorkerBrief& brief) {
  ProcessSpec process;
  process.argv = {session.program, "worker",
                  "--run",         std::to_string(flags.run),
                  "--machine",     std::to_string(flags.machine),
                  "--slot",        std::to_string(slot),
                  "--scratch",     flags.scratch,
                  "--schema",      brief.schema};
  process.memory_limit_bytes = brief.slot_memory_bytes;
  return process;
}

Result<int> RunSupervisor(Flags flags, const Session& session) {
  std::unique_ptr<Host> host = MakeHost();
  TRY_ASSIGN(std::string access, AccessFromEnvironment());
  MachineId machine{flags.machine};
  TRY_ASSIGN(WorkerEnds ends, OpenWorker(access, flags.state_dir, machine));
  flags.scratch = ends.scratch;
  Status brief_kept;
  SupervisorOptions options{.run = RunId{flags.run}, .machine = machine};
  options.slot_process = [&](int slot, const WorkerBrief& brief) {
    // Each slot compiles the same plan from the same two files.
    brief_kept = host->files().Write(flags.scratch + "/" + kPlanFile, brief.canonical_toml);
    if (brief_kept.ok()) {
      brief_kept = host->files().Write(flags.scratch + "/" + kFindingsFile, brief.findings_json);
    }
    return SlotProcess(session, flags, slot, brief);
  };
  options.heartbeat_of = [otherwise = options.heartbeat](const WorkerBrief& brief) {
    return HeartbeatOf(brief, otherwise);
  };
  options.arm_deadline = [&](Duration in) {
    Status armed = host->ArmEnd(in + kKillGrace);
    CHECK(armed.ok(), "a machine without a deadline of its own must not live");
  };
  Supervisor supervisor(std::move(options), host->clock(), *ends.registry, host->processes(),
                        *ends.notices);
  int heard = 0;
  while (!supervisor.done()) {
    Duration next = supervisor.Step();
    TRY(brief_kept);
    if (ends.revive) TRY(ends.revive());
    if (supervisor.done()) break;
    host->waiter().WaitUntil(next);
    int requests = host->waiter().stop_requests();
    if (requests > heard) supervisor.Drain("it was asked to stop");
    if (requests > 1) supervisor.StopAtOnce("it was asked twice to stop");
    heard = requests;
  }
  TRY(supervisor.outcome());
  return 0;
}

}  // namespace

void AddWorker(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "worker", "What runs on a machine; providers start it (needs MAYFLY_DATABASE)");
  command->add_option("--run", flags->run, "the run it works for")->required();
  command->add_option("--machine", flags->machine, "its number in the ledger")->required();
  command->add_option("--slot", flags->slot, "be this slot of the machine, not its supervisor");
  command->add_option("--state", flags->state_dir,
                      "state folder of an embedded database, to start it again if it dies");
  command->add_option("--scratch", flags->scratch, "of a slot: the machine's scratch folder");
  command->add_option("--schema", flags->schema, "of a slot: the run's schema");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] {
      return flags->slot >= 0 ? RunSlot(*flags) : RunSupervisor(*flags, session);
    };
  });
}

}  // namespace mayfly::cli
