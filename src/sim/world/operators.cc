#include "sim/world/operators.h"

#include <fmt/format.h>

#include <utility>

namespace mayfly::sim {
namespace {

constexpr double kHasOperator = 0.3;

Duration Between(Rng& rng, Duration low, Duration high) {
  auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
  return low + Duration(static_cast<std::int64_t>(rng.Below(span)));
}

OperatorAct DrawAct(Rng& rng) {
  using What = OperatorAct::What;
  OperatorAct act{.at = Between(rng, seconds(1), minutes(3)),
                  .what = What::kRunsCommand,
                  .length = Between(rng, seconds(2), seconds(90))};
  std::uint64_t lot = rng.Below(12);
  if (lot < 3) act.what = What::kHolds;
  if (lot == 3) act.what = What::kHoldsOne;
  if (lot == 4) act.what = What::kCancelsCommand;
  if (lot == 5) act.what = What::kEndsHold;
  return act;
}

}  // namespace

std::vector<OperatorAct> DrawOperators(Rng& rng) {
  std::vector<OperatorAct> acts;
  if (!rng.Chance(kHasOperator)) return acts;
  // One asks early for what the others need.
  acts.push_back({.at = Between(rng, seconds(1), seconds(30)),
                  .what = OperatorAct::What::kHolds,
                  .length = Between(rng, seconds(2), minutes(3))});
  for (std::uint64_t left = 4 + rng.Below(16); left > 0; --left) acts.push_back(DrawAct(rng));
  return acts;
}

Operators::Operators(Scene& scene, std::vector<OperatorAct> acts)
    : scene_(scene), acts_(std::move(acts)), store_(scene.ledger) {}

void Operators::Plan() {
  for (const OperatorAct& act : acts_) {
    scene_.queue.At(act.at, [this, &act] {
      scene_.changed = true;
      if (scene_.ledger.server.is_up()) Act(act);
    });
  }
}

MachineId Operators::AnyMachine() {
  std::size_t machines = scene_.ledger.machines.size();
  return MachineId{machines == 0 ? 1 : 1 + static_cast<std::int64_t>(scene_.rng.Below(machines))};
}

// What is refused, is refused: the operator shrugs.
void Operators::Act(const OperatorAct& act) {
  scene_.Trace(static_cast<std::uint64_t>(act.what) + 101);
  HoldWish wish{.machine = std::nullopt, .length = act.length, .who = "an operator"};
  switch (act.what) {
    case OperatorAct::What::kHoldsOne:
      wish.machine = AnyMachine();
      [[fallthrough]];
    case OperatorAct::What::kHolds:
      (void)store_.RequestHold(RunId{1}, wish);
      return;
    case OperatorAct::What::kRunsCommand:
      for (std::size_t i = 0; i < scene_.ledger.machines.size(); ++i) {
        ExecWish exec{.machine = MachineId{static_cast<std::int64_t>(i + 1)},
                      .argv = {"look"},
                      .who = "an operator",
                      .timeout = act.length};
        if (store_.RequestExec(exec).ok()) ++scene_.figures.commands;
      }
      return;
    case OperatorAct::What::kCancelsCommand:
      (void)store_.CancelExec(ExecId{std::ssize(scene_.ledger.execs)});
      return;
    case OperatorAct::What::kEndsHold:
      (void)store_.EndHolds(RunId{1}, std::nullopt);
      return;
  }
}

}  // namespace mayfly::sim
