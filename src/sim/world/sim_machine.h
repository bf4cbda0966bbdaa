#pragma once
// A machine that has booted: the real supervisor in a simulated process, its table of slots, and
// what can happen to all of them.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sim/memory_holds.h"
#include "sim/memory_registry.h"
#include "sim/world/sim_process.h"
#include "sim/world/slot_table.h"
#include "worker/supervisor.h"

namespace mayfly::sim {

class SimMachine {
 public:
  // Scene and setup must outlive it. Boots at once.
  SimMachine(Scene& scene, const MachineSetup& setup, std::size_t cloud_index);
  ~SimMachine();
  SimMachine(const SimMachine&) = delete;
  SimMachine& operator=(const SimMachine&) = delete;

  // What can happen; nothing happens to a machine that has ended. Those that need a slot answer
  // whether there was one.
  bool KillSlot();                      // kill -9
  bool StopSlot();                      // SIGSTOP
  bool HangSlot(Duration until);        // stuck in the kernel: nobody sees it
  void KillSupervisor();                // the slots die with it, and the machine ends
  void HangSupervisor(Duration until);  // the slots work on
  void Vanish();                        // power cut: the server learns of it late
  void Stall(Duration until);           // all its processes
  void CutOff(Duration until);          // from the ledger
  void TakeAway(Duration taken_in);     // a notice, and then its end

  // The cloud ended it: every process dies.
  void OnEnded();

  bool has_ended() const { return ended_; }
  bool is_quiet() const;
  std::size_t cloud_index() const { return cloud_index_; }
  MachineId id() const { return id_; }

 private:
  struct Notices : NoticeSource {
    explicit Notices(const VirtualTime& virtual_time) : time(virtual_time) {}
    Result<std::optional<Notice>> Poll() override;
    const VirtualTime& time;
    std::optional<Duration> taken_at;
  };

  SupervisorOptions Options(const MachineSetup& setup);
  std::optional<std::size_t> PickSlot();
  void KillAll(Goodbye how);
  void ArmDeadline(Duration at);
  void ArmAgain(Duration in);
  void ArmSilence(Duration within);
  void WatchSilence();

  Scene& scene_;
  std::size_t cloud_index_;
  MachineId id_;
  RunId run_;
  bool ended_ = false;
  Duration silence_ends_{};
  bool is_watched_ = false;
  SimClock clock_;
  Notices notices_;
  MemoryRegistry registry_;
  FaultyRegistry gated_;
  MemoryExecQueue execs_;
  FaultyExecQueue gated_execs_;
  int armings_ = 0;
  SlotTable slots_;
  Supervisor supervisor_;
  SimProcess process_;  // last: it is unwound while the rest is there
};

}  // namespace mayfly::sim
