#include "sim/world/sim_controller.h"

#include <fmt/format.h>

#include <utility>

#include "sim/world/slot_table.h"

namespace mayfly::sim {

SimController::SimController(Scene& scene, const ControllerOptions& options,
                             std::function<void(SimController&, SimProcess::Ending)> on_end)
    : scene_(scene),
      clock_(scene.time),
      store_(scene.ledger),
      provider_(scene.cloud, [this](Duration length) { return process_.Pause(length); }),
      gated_store_(store_, process_),
      gated_provider_(provider_, process_),
      controller_(Gated(options), clock_, gated_store_, gated_provider_, this),
      process_(scene, options.who, [this, on_end = std::move(on_end)](SimProcess::Ending how) {
        if (how == SimProcess::Ending::kByItself) store_.connection().Close();
        on_end(*this, how);
      }) {}

// Its way to the keepers is one of a process too.
ControllerOptions SimController::Gated(ControllerOptions options) {
  KeepingOptions& keeping = options.keeping;
  if (keeping.disks != nullptr) {
    keeping.disks = &gated_disks_.emplace(*keeping.disks, process_);
  }
  if (keeping.floors != nullptr) {
    keeping.floors = &gated_floors_.emplace(*keeping.floors, process_);
  }
  return options;
}

void SimController::Start(Duration at) {
  process_.Start(
      [this]() -> std::optional<Duration> {
        Duration next = controller_.Step();
        if (controller_.done()) return std::nullopt;
        return next;
      },
      at);
}

void SimController::Kill() {
  if (process_.is_dead()) return;
  LoseClient(scene_, store_.connection(), Goodbye::kClosed);
  process_.Kill(/*in_flight=*/true);
}

void SimController::OnAction(const sched::Action& action, const Status& outcome) {
  // What it achieved is in the ledger, with the reason; here is what it only tried.
  if (process_.is_dead() || outcome.ok()) return;
  scene_.Tell([&] {
    return fmt::format("Trouble for {} ({}): {}.", process_.name(), sched::Describe(action),
                       outcome.error().message());
  });
}

}  // namespace mayfly::sim
