#include "model/proof.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/run.h"

namespace mayfly {
namespace {

constexpr Duration kApart = Duration(1);  // two looks are two, even where nothing is shown late

// When the last machine was gone; absent while one lives. Without machines: always.
std::optional<Instant> AllGoneSince(const RunSnapshot& snapshot) {
  Instant since = Instant::min();
  for (const MachineView& machine : snapshot.machines) {
    if (machine.state != MachineState::kGone) return std::nullopt;
    if (machine.gone) since = std::max(since, *machine.gone);
  }
  return since;
}

}  // namespace

std::string Describe(const ResidueLook& look) {
  if (look.found.empty()) return "nothing is left";
  const Residue& first = look.found.front();
  if (look.found.size() == 1) return fmt::format("{} {} is left", first.kind, first.name);
  return fmt::format("{} things are left, the first is {} {}", look.found.size(), first.kind,
                     first.name);
}

ProofStanding JudgeProof(const RunSnapshot& snapshot) {
  ProofStanding standing;
  const std::optional<Instant> since = AllGoneSince(snapshot);
  if (!since) return standing;
  Duration window = kApart;
  for (auto pass = snapshot.passes.rbegin(); pass != snapshot.passes.rend(); ++pass) {
    if (!pass->look.found.empty() || pass->began < *since) break;
    if (!standing.last) standing.last = *pass;
    standing.first = *pass;
    window = std::max(window, pass->look.shown_within);
  }
  if (!standing.first) return standing;
  standing.next = standing.first->began + window;
  standing.is_complete = standing.last->began >= *standing.next;
  return standing;
}

}  // namespace mayfly
