// worker: what runs on a machine. Without --slot it is the supervisor, which starts itself once per
// slot with --slot K.

#include <fmt/format.h>

#include <cstdlib>

#include "cli/aws_world.h"
#include "cli/carried_work.h"
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
  std::optional<std::int64_t> slot_memory_bytes;
};

// The way to the ledger comes in the environment, never in arguments that everybody can read.
Result<std::string> AccessFromEnvironment() {
  const char* access = std::getenv("MAYFLY_DATABASE");
  if (access != nullptr && *access != '\0') return FindAccess(access);
  return Invalid(
      "mayfly worker needs MAYFLY_DATABASE; it is started by a machine provider, not by "
      "hand");
}

// The plan as this machine carries it out: with the memory that a slot has here, and on a rented
// machine with the files that came along in its bundle.
Result<PhasePlan> CompileStored(Host& host, const Flags& flags, const Session& session) {
  TRY_ASSIGN(std::string toml, host.files().Read(flags.scratch + "/" + kPlanFile));
  TRY_ASSIGN(std::string json, host.files().Read(flags.scratch + "/" + kFindingsFile));
  TRY_ASSIGN(PhasePlan plan, CompileText(toml, json));
  plan.spec.machines.slot_memory_bytes = flags.slot_memory_bytes;
  if (plan.spec.machines.provider == "local") return plan;
  TRY_ASSIGN(CarriedWork work, FindCarriedWork(host.files(), session.program));
  CarryPaths(plan, work.folders, work.folder);
  return plan;
}

// What the plan comes to on this machine. A plan that cannot be compiled is what each slot says
// itself; the machine beats all the same.
MachineTerms TermsOf(Host& host, const Session& session, const WorkerBrief& brief) {
  Result<PhasePlan> plan = CompileText(brief.canonical_toml, brief.findings_json);
  Result<MachineReading> read = host.sensor().Read();
  Result<CarriedWork> work = FindCarriedWork(host.files(), session.program);
  // The supervisor looks at the machine again and says what it cannot read; slots say the rest.
  MachineReading machine =
      read.ok() ? *read : MachineReading{.cores = static_cast<double>(host.cores())};
  const std::string folder = work.ok() ? PhaseFolderOf(*work) : "/";
  return SettleTerms(plan.ok() ? plan->spec.machines : MachinesSpec{}, brief, machine, folder);
}

// Tells the supervisor through stdout; see slot_protocol.h.
class StdoutReporter : public SlotReporter {
 public:
  StdoutReporter(Clock& clock, std::function<Duration()> waited)
      : clock_(clock), waited_(std::move(waited)) {}

  void OnBegin(const LeasedTask& task, Duration left) override {
    if (!begun_) begun_ = Times{clock_.Mono(), waited_()};  // of the first task of its group
    Print(EncodeSignal(SignalOf(task, left)) + "\n");
  }
  void OnCommit(Duration timeout) override { Print(EncodeSignal(SignalOfCommit(timeout)) + "\n"); }
  void OnIdle() override {
    SlotSignal idle;
    if (begun_) {
      idle.worked = clock_.Mono() - begun_->at;
      idle.waited = waited_() - begun_->waited;
    }
    begun_.reset();
    Print(EncodeSignal(idle) + "\n");
  }
  void OnNote(const std::string& text) override { Print(text + "\n"); }

 private:
  struct Times {
    Duration at{}, waited{};
  };
  Clock& clock_;
  std::function<Duration()> waited_;
  std::optional<Times> begun_;
};

Result<int> RunSlot(const Flags& flags, const Session& session) {
  std::unique_ptr<Host> host = MakeHost();
  TRY_ASSIGN(std::string access, AccessFromEnvironment());
  TRY_ASSIGN(PhasePlan plan, CompileStored(*host, flags, session));
  SlotIdentity who{RunId{flags.run}, MachineId{flags.machine}, flags.slot};
  TRY_ASSIGN(SlotEnds ends, OpenSlot(access, who, plan.spec.database.writers));
  StdoutReporter reporter(host->clock(), ends.waited);
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
  if (brief.slot_memory_bytes) {
    process.argv.insert(process.argv.end(),
                        {"--slot-memory", std::to_string(*brief.slot_memory_bytes)});
  }
  return process;
}

// A command of an operator: the machine's way to the ledger is not for it (I12), nor anything else
// of ours. What it gets is what a shell needs, and which machine it is on.
ProcessSpec ExecProcess(const ExecOrder& order, const Flags& flags) {
  ProcessSpec process;
  process.argv = order.argv;
  process.cwd = flags.scratch;
  process.inherit_env = false;
  process.by_lines = false;
  for (const char* name : {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ"}) {
    if (const char* value = std::getenv(name)) process.env.emplace_back(name, value);
  }
  process.env.emplace_back("MAYFLY_RUN", std::to_string(flags.run));
  process.env.emplace_back("MAYFLY_MACHINE", std::to_string(flags.machine));
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
  // Once on a machine, also if its supervisor is started again.
  const std::string set_up_file = fmt::format("{}/set-up-{}", flags.scratch, flags.machine);
  options.terms_of = [&](const WorkerBrief& brief) {
    MachineTerms terms = TermsOf(*host, session, brief);
    if (host->files().Read(set_up_file).ok()) terms.setup.steps.clear();
    return terms;
  };
  options.on_set_up = [&] { return host->files().Write(set_up_file, "done\n"); };
  options.sensor = &host->sensor();
  options.execs = ends.execs.get();
  options.exec_process = [&](const ExecOrder& order) { return ExecProcess(order, flags); };
  options.arm_deadline = [&](Duration in) {
    Status armed = host->ArmEnd(in + kKillGrace);
    CHECK(armed.ok(), "a machine without a deadline of its own must not live");
  };
  options.arm_silence = [&](Duration within) {
    Status armed = host->ArmSilence(within + kKillGrace);
    CHECK(armed.ok(), "a machine that nobody can hear any more must not live");
  };
  options.arm_silence(options.silence_limit);  // also of a ledger that never answers
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
  command->add_option("--slot-memory", flags->slot_memory_bytes,
                      "of a slot: the bytes that a process of it may have");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] {
      return flags->slot >= 0 ? RunSlot(*flags, session) : RunSupervisor(*flags, session);
    };
  });
}

}  // namespace mayfly::cli
