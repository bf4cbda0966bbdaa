#include "cli/carry_out.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/open_provider.h"
#include "cli/phase_money.h"
#include "cli/phase_work.h"
#include "cli/progress.h"
#include "controller/controller.h"

namespace mayfly::cli {
namespace {

// Only who sees the machines can prove them gone: from another state folder, or another computer,
// living ones would look like none.
Status SeeMachines(MachineProvider& provider, const RunSnapshot& s, const Place& place) {
  TRY_ASSIGN(std::vector<MachineSighting> sightings, provider.List(s.run.id));
  for (const MachineView& machine : s.machines) {
    bool is_seen = std::any_of(sightings.begin(), sightings.end(),
                               [&](const auto& seen) { return seen.machine == machine.id; });
    if (is_seen || !IsAlive(machine.state)) continue;
    return Unavailable(
        fmt::format("no controller of run {} is alive, and machine {} is not to be seen from {}; "
                    "`mayfly run` with its phase file, where it was started, carries it out",
                    s.run.id.value, machine.id.value, place.state_dir));
  }
  return {};
}

}  // namespace

Result<RunSnapshot> CarryOut(const CarryOutWorld& world, const RunSnapshot& s) {
  Host& host = world.host;
  TRY_ASSIGN(StoredPlan stored, world.ledger.reads().LoadPlan(s.run.id));
  TRY_ASSIGN(PhasePlan plan, CompileText(stored.canonical_toml, stored.findings_json));
  TRY_ASSIGN(Provider provider,
             OpenProvider({host, world.ledger, plan.spec, world.place, world.session, ""}));
  TRY(SeeMachines(*provider.machines, s, world.place));
  Say(fmt::format("no controller of run {} answers: carrying it out from here", s.run.id.value));
  ControllerOptions options;
  options.run = s.run.id;
  options.who = fmt::format("pid {}", getpid());
  options.policy.lease = plan.spec.machines.lease;
  TRY_ASSIGN(options.purse, PurseOf(plan.spec, provider, host.clock().Wall()));
  RunProgress progress(world.session, host.clock());
  Controller controller(options, host.clock(), world.ledger.runs(), *provider.machines, &progress);
  while (!controller.done()) {
    Duration next = controller.Step();
    TRY(world.ledger.Revive());
    host.waiter().WaitUntil(next);
    if (host.waiter().stop_requests() > 0) controller.Hurry();
    if (host.waiter().stop_requests() > 1) return Cancelled("left before the machines were gone");
  }
  progress.Close();
  return controller.outcome();
}

}  // namespace mayfly::cli
