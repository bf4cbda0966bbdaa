#pragma once
// The supervisor of a machine: one heartbeat for all slots, their births and deaths, task timeouts,
// interruption notices, orders from the ledger, the deadline. Single-threaded; Step never sleeps.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "seams/clock.h"
#include "seams/machine_provider.h"
#include "seams/machine_sensor.h"
#include "seams/process_runner.h"
#include "seams/task_queue.h"
#include "worker/commands.h"
#include "worker/machine_terms.h"
#include "worker/setup.h"
#include "worker/utilisation.h"
#include "worker/worker_log.h"

namespace mayfly {

struct SupervisorOptions {
  RunId run;
  MachineId machine;
  Duration heartbeat = seconds(2);  // until the brief is there
  Duration lease = seconds(10);
  Duration reserve = seconds(2);        // of a notice, kept for giving back and leaving
  Duration silence_limit = minutes(5);  // the ledger out of reach for longer: end the machine
  Duration idle_limit = minutes(1);     // the run needs no machine for longer, and nobody ends this
  int slot_deaths = 100;                // I10: then the machine ends and another takes over
  // Absent: as many slots as the brief says, nothing to set up.
  std::function<MachineTerms(const WorkerBrief& brief)> terms_of;
  // Called once when all of the setup has ended well.
  std::function<Status()> on_set_up;
  // Watched every 10 s; absent: nothing is. Must outlive the supervisor.
  MachineSensor* sensor = nullptr;
  // The command line of a slot, given its number and its brief with the terms put in.
  std::function<ProcessSpec(int slot, const WorkerBrief& brief)> slot_process;
  // Commands of operators while the machine is held; absent: none. Must outlive the supervisor.
  ExecQueue* execs = nullptr;
  Commands::MakeProcess exec_process;
  // Arms the end of this process at an absolute deadline that holds whatever hangs.
  std::function<void(Duration deadline_in)> arm_deadline;
  // Arms the same for the case that it is not called again within so long: whatever call to the
  // ledger hangs, and never fails, is silence too. Absent: nothing does.
  std::function<void(Duration within)> arm_silence;
};

class Supervisor {
 public:
  // All references must outlive the supervisor.
  Supervisor(SupervisorOptions options, Clock& clock, WorkerRegistry& registry,
             ProcessRunner& processes, NoticeSource& notices);

  // One bounded thing. Returns the mono time at which it wants to be called again.
  Duration Step();

  // SIGTERM: stop claiming, finish or give back, leave.
  void Drain(const std::string& reason);

  // A second signal: end the slots now, give back, leave.
  void StopAtOnce(const std::string& reason);

  // Everything is given back and the machine may end.
  bool done() const { return done_; }
  const Status& outcome() const { return outcome_; }

 private:
  struct Debt {  // leases of a slot that ended, not given back yet
    std::string reason;
    std::optional<Fence> overdue;  // of the task that ran over its time, if that is why
  };
  struct SlotState {
    std::optional<ProcessHandle> process;
    std::optional<Debt> debt;           // until the ledger has heard of it
    std::optional<Duration> task_ends;  // mono; when what it works on is out of time
    std::optional<Fence> lease;         // of the task it works on; absent: it commits, or is idle
    std::string task;                   // for messages
    Duration start_again_at{};
    int quick_deaths = 0;  // in a row, shorter than a heartbeat
    Duration started{};
  };

  Status Register();
  void HeardLedger();
  void Accept(const MachineTerms& terms);
  Status StepOnce();
  Status WorkOn();
  Status TellSlotsToEnd();
  Status Beat();
  void WatchNeed(bool is_needed);
  void Hold(Duration left, Duration deadline_in);
  Status BeHeld();
  Status WatchNotice();
  Status WatchProcesses();
  Status WatchTimeouts();
  Status KeepSlotsRunning();
  void OnSlotEnded(int number, const std::string& how, std::optional<Fence> overdue);
  Status PayDebts();
  Status KillSlots(const std::string& reason);
  Status Leave();
  void Hear(int number, std::string_view line);
  void WatchUse();
  Duration AfterTrouble(const Error& error);
  bool AnySlotRuns() const;

  SupervisorOptions options_;
  Clock& clock_;
  WorkerRegistry& registry_;
  ProcessRunner& processes_;
  NoticeSource& notices_;
  std::optional<WorkerBrief> brief_;
  std::map<int, SlotState> slots_;
  WorkerLog log_;
  std::optional<Setup> setup_;  // until all of it has ended well
  std::optional<Utilisation> use_;
  std::optional<Commands> commands_;
  std::string drain_reason_;
  Duration next_look_{};
  Duration next_beat_{};
  Duration born_{};
  std::optional<Duration> silent_since_;
  std::optional<Duration> idle_since_;  // mono; the run needs no machine
  std::optional<Duration> taken_at_;    // mono, from a notice
  std::optional<Duration> held_until_;  // mono
  Duration slots_until_{};              // mono; then what still works on a held machine is ended
  int deaths_ = 0;
  bool draining_ = false;
  bool told_slots_ = false;
  bool told_notice_ = false;
  bool stop_now_ = false;
  bool done_ = false;
  Status outcome_;
};

}  // namespace mayfly
