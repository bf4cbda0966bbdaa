#include "cli/drive.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/phase_money.h"
#include "cli/phase_work.h"
#include "cli/progress.h"

namespace mayfly::cli {
namespace {

sched::Policy PolicyOf(const Drive& drive) {
  const MachinesSpec& machines = drive.spec.machines;
  sched::Policy policy;
  policy.only_tries = drive.only_tries;
  policy.machines = machines.count;
  policy.replacements = machines.replacements;
  policy.lease = machines.lease;
  return policy;
}

// The operator's signals become a wish in the ledger; the second one cuts the drain short.
class Signals {
 public:
  void Watch(const Drive& drive, RunId run, Controller& controller) {
    int requests = drive.host.waiter().stop_requests();
    if (requests > seen_) {
      if (seen_ == 0) {
        Say("draining: tasks in work are finished or given back; again to stop at once");
        // The next look finds the wish, or this one is repeated at the next signal.
        Status asked = drive.ledger.runs().RequestStop(run, StopWish::kPause);
        if (!asked.ok()) Say("mayfly: " + asked.error().message());
      } else {
        Say("stopping at once");
        controller.Hurry();
      }
      seen_ = requests;
    }
  }

 private:
  int seen_ = 0;
};

}  // namespace

Result<RunSnapshot> DriveRun(const Drive& drive, RunId run, bool resume) {
  ControllerOptions options;
  options.run = run;
  options.who = fmt::format("pid {}", getpid());
  options.policy = PolicyOf(drive);
  options.slots = SlotsOf(drive.spec, drive.host);
  options.slot_memory_bytes = drive.spec.machines.slot_memory_bytes;
  options.notice = drive.spec.machines.notice;
  options.interrupt_after = drive.interrupt_after;
  options.resume = resume;
  TRY_ASSIGN(options.purse, PurseOf(drive.spec, drive.host.clock().Wall()));
  RunProgress progress(drive.session, drive.host.clock());
  Controller controller(options, drive.host.clock(), drive.ledger.runs(), drive.machines,
                        &progress);
  Signals signals;
  while (!controller.done()) {
    Duration next = controller.Step();
    TRY(drive.ledger.Revive());
    drive.host.waiter().WaitUntil(next);
    signals.Watch(drive, run, controller);
  }
  progress.Close();
  return controller.outcome();
}

Status CancelOpen(const Drive& drive, RunId run) {
  TRY(drive.ledger.runs().RequestStop(run, StopWish::kCancel));
  TRY(DriveRun(drive, run, /*resume=*/false));
  return {};
}

}  // namespace mayfly::cli
