#pragma once
// What a rehearsal is made of: the phase turned to a simulated cloud, and what goes wrong there.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/simulated_cloud.h"
#include "controller/controller.h"
#include "model/phase_spec.h"

namespace mayfly::cli {

// Overrides that turn a phase to a simulated cloud: never its own database, account or network.
// What it says of types is kept where the simulated cloud has them.
std::vector<std::string> RehearsalSets(const MachinesSpec& machines, int cores);

// What goes wrong from the start, unless the user named something else: in three zones the first
// type is not to be had, in the fourth a quota is in the way; so a smaller one is taken.
nlohmann::json UsualFaults(const std::string& type);

// Takes machines away while the run is watched: the first with a notice once a fifth of the tasks
// is done, the second without a word once half is.
class Reclaimer final : public ControllerObserver {
 public:
  explicit Reclaimer(SimulatedCloud& cloud) : cloud_(cloud) {}
  void OnSnapshot(const RunSnapshot& snapshot) override;
  void OnAction(const sched::Action&, const Status&) override {}
  void OnTrouble(const Error&) override {}

  int reclaimed() const { return reclaimed_; }

 private:
  SimulatedCloud& cloud_;
  int reclaimed_ = 0;
  MachineId last_;
};

}  // namespace mayfly::cli
