#pragma once
// The real controller in a simulated process, with its connection and its way to the cloud.

#include <functional>
#include <memory>
#include <optional>

#include "controller/controller.h"
#include "sim/memory_runs.h"
#include "sim/world/sim_process.h"

namespace mayfly::sim {

class SimController : private ControllerObserver {
 public:
  // The scene, and the keepers of the options, must outlive it. `on_end` is called once, when it
  // ended or was killed.
  SimController(Scene& scene, const ControllerOptions& options,
                std::function<void(SimController&, SimProcess::Ending)> on_end);

  void Start(Duration at);
  void Kill();
  void Stall(Duration until) { process_.Stall(until); }

  bool is_alive() const { return !process_.is_dead(); }

  // Needs an end by itself: the settled snapshot, or why it gave up.
  const Result<RunSnapshot>& outcome() const { return controller_.outcome(); }

 private:
  ControllerOptions Gated(ControllerOptions options);
  void OnSnapshot(const RunSnapshot&) override {}
  void OnAction(const sched::Action& action, const Status& outcome) override;
  void OnTrouble(const Error&) override {}

  Scene& scene_;
  SimClock clock_;
  MemoryRunStore store_;
  SimProvider provider_;
  FaultyRunStore gated_store_;
  FaultyProvider gated_provider_;
  std::optional<FaultyDiskKeeper> gated_disks_;    // where the run keeps one
  std::optional<FaultyFloorKeeper> gated_floors_;  // where it raises one
  Controller controller_;
  SimProcess process_;  // last: it is unwound while the rest is there
};

}  // namespace mayfly::sim
