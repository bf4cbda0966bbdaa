#include "cli/drive.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/phase_money.h"
#include "cli/phase_work.h"
#include "cli/progress.h"

namespace mayfly::cli {
namespace {

constexpr Duration kRentedPoll = seconds(1);  // each look is a call of the cloud's
constexpr Duration kRentedBoot = minutes(5);  // from asking for it to its first word

sched::Policy PolicyOf(const Drive& drive) {
  const MachinesSpec& machines = drive.spec.machines;
  sched::Policy policy;
  policy.only_tries = drive.only_tries;
  policy.machines = machines.count;
  policy.replacements = machines.replacements;
  policy.lease = machines.lease;
  if (machines.provider == "ec2") {
    policy.ladder.on_demand = machines.ec2->on_demand;
    policy.ladder.on_demand_after = machines.ec2->on_demand_after;
    policy.boot_patience = kRentedBoot + machines.setup.timeout;
    if (drive.provider.disks != nullptr) policy.keep.disk_wait = machines.ec2->snapshot->wait;
    policy.keep.raises_floor = drive.provider.floors != nullptr;
  }
  return policy;
}

// Two who watch; the second may be absent. It may talk: what is drawn is out of its way by then.
class Both final : public ControllerObserver {
 public:
  Both(RunProgress& first, ControllerObserver* second) : first_(first), second_(second) {}
  void OnSnapshot(const RunSnapshot& snapshot) override {
    if (second_ != nullptr) {
      first_.Close();
      second_->OnSnapshot(snapshot);
    }
    first_.OnSnapshot(snapshot);
  }
  void OnAction(const sched::Action& action, const Status& outcome) override {
    first_.OnAction(action, outcome);
    if (second_ != nullptr) second_->OnAction(action, outcome);
  }
  void OnTrouble(const Error& error) override {
    first_.OnTrouble(error);
    if (second_ != nullptr) second_->OnTrouble(error);
  }

 private:
  RunProgress& first_;
  ControllerObserver* second_;
};

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
  options.provider = drive.spec.machines.provider;
  options.slots = SlotsOf(drive.spec, drive.host);
  options.slot_memory_bytes = drive.spec.machines.slot_memory_bytes;
  options.notice = drive.spec.machines.notice;
  options.interrupt_after = drive.interrupt_after;
  options.resume = resume;
  options.market = drive.provider.market.get();
  if (options.market != nullptr) options.poll = kRentedPoll;
  TRY_ASSIGN(options.purse, PurseOf(drive.spec, drive.provider, drive.host.clock().Wall()));
  TRY_ASSIGN(options.keeping, KeepingOf(drive.spec, drive.provider, drive.host.clock().Wall()));
  RunProgress progress(drive.session, drive.host.clock());
  Both observer(progress, drive.also);
  TRY(drive.provider.make_ready());
  Controller controller(options, drive.host.clock(), drive.ledger.runs(), *drive.provider.machines,
                        &observer);
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
