#pragma once
// Fault wrappers: the same seam with a gate around every call. Before the effect a gate may let
// time pass or refuse (the call was not sent: kUnavailable); after it, it may lose the reply
// (kAmbiguous: it happened, and the caller does not know).

#include <string_view>

#include "base/rng.h"
#include "seams/hold_store.h"
#include "seams/keeper.h"
#include "seams/machine_provider.h"
#include "seams/run_store.h"
#include "seams/task_queue.h"

namespace mayfly::sim {

class CallGate {
 public:
  virtual ~CallGate() = default;
  virtual Status Before(std::string_view verb) = 0;
  virtual Status After(std::string_view verb) = 0;
};

// A gate that fails at random, and counts what it did. Time does not pass in it.
class SeededGate : public CallGate {
 public:
  struct Rates {
    double not_sent = 0, reply_lost = 0;
  };
  SeededGate(std::uint64_t seed, Rates rates) : rng_(seed), rates_(rates) {}

  Status Before(std::string_view verb) override;
  Status After(std::string_view verb) override;
  int not_sent() const { return not_sent_; }
  int replies_lost() const { return replies_lost_; }

 private:
  Rng rng_;
  Rates rates_;
  int not_sent_ = 0, replies_lost_ = 0;
};

// One call through a gate. A refused reply hides an answer that was given.
template <typename Call>
auto ThroughGate(CallGate& gate, std::string_view verb, Call call) -> decltype(call()) {
  TRY(gate.Before(verb));
  auto answer = call();
  TRY(gate.After(verb));
  return answer;
}

// References must outlive the wrappers.
class FaultyTaskQueue : public TaskQueue {
 public:
  FaultyTaskQueue(TaskQueue& inner, CallGate& gate) : inner_(inner), gate_(gate) {}
  Result<std::vector<LeasedTask>> Claim(const ClaimRequest& request) override;
  Result<std::vector<LeasedTask>> Complete(std::span<const Completion> done,
                                           const std::optional<ClaimRequest>& next) override;
  Status Fail(TaskId task, Fence fence, const Error& error, std::string_view output) override;
  Status Release(std::span<const LeasedTask> tasks, std::string_view reason) override;
  Status Log(const SlotIdentity& who, TaskId task, std::string_view text) override;

 private:
  TaskQueue& inner_;
  CallGate& gate_;
};

class FaultyRegistry : public WorkerRegistry {
 public:
  FaultyRegistry(WorkerRegistry& inner, CallGate& gate) : inner_(inner), gate_(gate) {}
  Result<WorkerBrief> Register(RunId run, MachineId machine) override;
  Result<WorkerOrders> Renew(MachineId machine) override;
  Result<int> ReleaseSlot(const SlotIdentity& who, std::string_view reason,
                          std::optional<Fence> overdue) override;
  Status ReportNotice(MachineId machine, Duration taken_in, std::string_view reason) override;
  Status Leave(MachineId machine, std::string_view reason) override;
  Status Log(RunId run, MachineId machine, std::string_view text) override;

 private:
  WorkerRegistry& inner_;
  CallGate& gate_;
};

class FaultyExecQueue : public ExecQueue {
 public:
  FaultyExecQueue(ExecQueue& inner, CallGate& gate) : inner_(inner), gate_(gate) {}
  Result<std::vector<ExecOrder>> Take(MachineId machine) override;
  Status AddOutput(ExecId exec, std::int64_t part, std::string_view bytes) override;
  Status End(ExecId exec, const ExecExit& exit) override;

 private:
  ExecQueue& inner_;
  CallGate& gate_;
};

class FaultyRunStore : public RunStore {
 public:
  FaultyRunStore(RunStore& inner, CallGate& gate) : inner_(inner), gate_(gate) {}
  Result<std::optional<Existing>> FindNewest(const std::string& phase) override;
  Result<RunId> Create(const PhasePlan& plan) override;
  Result<Fence> TakeControl(RunId run, const std::string& who) override;
  Result<RunSnapshot> Load(RunId run) override;
  Status Apply(RunId run, Fence control, const Change& change) override;
  Result<IntendedMachine> RecordIntent(RunId run, Fence control,
                                       const MachineIntent& intent) override;
  Status RequestStop(RunId run, StopWish wish) override;
  Result<int> ReapMachine(RunId run, Fence control, MachineId machine,
                          const std::string& reason) override;
  Status Publish(RunId run, Fence control) override;
  Status CleanUp(RunId run, Fence control) override;

 private:
  RunStore& inner_;
  CallGate& gate_;
};

class FaultyProvider : public MachineProvider {
 public:
  FaultyProvider(MachineProvider& inner, CallGate& gate) : inner_(inner), gate_(gate) {}
  Status Preflight() override;
  std::optional<Error> TakeTrouble() override { return inner_.TakeTrouble(); }
  Result<LaunchAnswer> Launch(const LaunchIntent& intent) override;
  Result<std::vector<MachineSighting>> List(RunId run) override;
  Status Terminate(MachineId machine, const std::string& external_id) override;
  Result<ResidueLook> FindResidue(RunId run) override;

 private:
  MachineProvider& inner_;
  CallGate& gate_;
};

class FaultyDiskKeeper : public DiskKeeper {
 public:
  FaultyDiskKeeper(DiskKeeper& inner, CallGate& gate) : inner_(inner), gate_(gate) {}
  Result<std::optional<DiskSight>> Look(RunId run, MachineId machine) override;
  Result<DiskSight> Ask(const DiskIntent& intent) override;
  Status Drop(RunId run, MachineId machine) override;

 private:
  DiskKeeper& inner_;
  CallGate& gate_;
};

class FaultyFloorKeeper : public FloorKeeper {
 public:
  FaultyFloorKeeper(FloorKeeper& inner, CallGate& gate) : inner_(inner), gate_(gate) {}
  Result<FloorSight> Look(const std::string& cluster) override;
  Status Set(const std::string& cluster, std::int64_t least_milli) override;
  Status Mark(const std::string& cluster, const FloorMark& mark) override;
  Status Unmark(const std::string& cluster) override;

 private:
  FloorKeeper& inner_;
  CallGate& gate_;
};

}  // namespace mayfly::sim
