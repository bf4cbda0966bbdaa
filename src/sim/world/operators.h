#pragma once
// People who hold machines, run commands on them, and give them up, at random; drawn from the seed
// before the life begins, beside its misfortunes.

#include <vector>

#include "base/rng.h"
#include "sim/memory_holds.h"
#include "sim/world/scene.h"

namespace mayfly::sim {

struct OperatorAct {
  enum class What { kHolds, kHoldsOne, kRunsCommand, kCancelsCommand, kEndsHold };
  Duration at{};
  What what = What::kHolds;
  Duration length{};  // of a hold, or until a command's timeout
};

// Most lives have none.
std::vector<OperatorAct> DrawOperators(Rng& rng);

class Operators {
 public:
  // The scene must outlive it.
  Operators(Scene& scene, std::vector<OperatorAct> acts);

  // Puts every act into the scene's queue.
  void Plan();

 private:
  void Act(const OperatorAct& act);
  MachineId AnyMachine();

  Scene& scene_;
  std::vector<OperatorAct> acts_;
  MemoryHoldStore store_;
};

}  // namespace mayfly::sim
