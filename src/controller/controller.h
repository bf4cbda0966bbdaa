#pragma once
// Carries a run from approval to proof: load, decide, carry out, record. Crash-only: stopping is
// killing it, starting is Load. Single-threaded; Step never sleeps.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "controller/keeping.h"
#include "controller/purse.h"
#include "sched/decide.h"
#include "seams/clock.h"
#include "seams/machine_provider.h"
#include "seams/marketplace.h"
#include "seams/run_store.h"

namespace mayfly {

// Watches the controller at work: progress for people. Must not block.
class ControllerObserver {
 public:
  virtual ~ControllerObserver() = default;
  virtual void OnSnapshot(const RunSnapshot& snapshot) = 0;
  virtual void OnAction(const sched::Action& action, const Status& outcome) = 0;
  virtual void OnTrouble(const Error& error) = 0;  // it will be tried again
};

struct ControllerOptions {
  RunId run;
  std::string who;  // shown to a second controller: "pid 4711"
  sched::Policy policy;
  std::string provider = "local";
  int slots = 1;  // of each machine; 0: as many as its kind has cores
  std::optional<std::int64_t> slot_memory_bytes;
  Duration notice = seconds(120);
  std::optional<Duration> interrupt_after;  // rehearse a notice on the run's first machine
  bool resume = false;                      // a paused or failed run goes on, with fresh budgets
  Duration poll = milliseconds(250);
  Duration patience = minutes(10);  // how long the ledger may be out of reach before it gives up
  PurseOptions purse;
  KeepingOptions keeping;
  Marketplace* market = nullptr;      // must outlive the controller; absent: nothing is limited
  Duration ask_quotas = seconds(30);  // how often, while a machine is missing
};

class Controller {
 public:
  // All references must outlive the controller; `observer` may be null.
  Controller(ControllerOptions options, Clock& clock, RunStore& store, MachineProvider& provider,
             ControllerObserver* observer);

  // One bounded thing. Returns the mono time at which it wants to be called again. The first Step
  // takes control.
  Duration Step();

  // A drain that lasts is cut short: machines end now, held ones too, their tasks are given back.
  void Hurry() {
    options_.policy.drain_patience = Duration(0);
    options_.policy.keeps_machines = false;
  }

  // There is nothing left to do; outcome() says how it went.
  bool done() const { return done_; }

  // The last snapshot once the run is settled, or why this controller had to stop.
  const Result<RunSnapshot>& outcome() const { return *outcome_; }

 private:
  Status StepOnce();
  Status TakeControl();
  Status WithoutControl(const Error& error);
  Error LostControl(const RunSnapshot& snapshot) const;
  Status Resume(const RunSnapshot& snapshot);
  Status RecordNews(RunSnapshot& snapshot, const std::vector<MachineSighting>& seen);
  Status CarryOut(const sched::Action& action, const RunSnapshot& snapshot);
  sched::Choice ChooseNext(const RunSnapshot& snapshot);
  std::vector<QuotaRoom> ReadQuotas(const RunSnapshot& snapshot);
  Status LaunchMachine(const MachineIntent& asked, const RunSnapshot& snapshot);
  Status RecordAnswer(MachineId machine, const std::vector<Offer>& offers,
                      const LaunchAnswer& answer);
  Status RecordBought(MachineId machine, const std::string& external_id,
                      const std::vector<Offer>& offers, const std::optional<Pool>& pool);
  MachineIntent NewIntent(const sched::Launch& launch, const RunSnapshot& snapshot) const;
  MachineIntent SameIntent(const sched::Relaunch& again, const RunSnapshot& snapshot) const;
  Status EndMachine(MachineId machine, const std::string& reason, const RunSnapshot& snapshot);
  Status LookForResidue(const RunSnapshot& snapshot);
  Status EndStrays();
  Status Apply(const Change& change);
  void Finish(Result<RunSnapshot> outcome);
  Duration AfterTrouble(const Error& error);

  ControllerOptions options_;
  Purse purse_;
  Clock& clock_;
  RunStore& store_;
  Keeping keeping_;
  MachineProvider& provider_;
  ControllerObserver* observer_;
  std::optional<Fence> control_;
  Duration loaded_{};                  // mono time before the snapshot was asked for
  std::vector<MachineSighting> seen_;  // by the last look at the provider
  std::optional<Instant> mended_;      // by the operator: what was refused before, for instance
  bool resumed_ = false;
  std::vector<QuotaRoom> quotas_;
  std::optional<Duration> quotas_read_;
  int troubles_ = 0;
  std::optional<Duration> trouble_since_;
  bool acted_ = false;
  bool done_ = false;
  std::optional<Result<RunSnapshot>> outcome_;
};

}  // namespace mayfly
