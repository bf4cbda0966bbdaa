#include "worker/machine_terms.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace mayfly {
namespace {

constexpr std::int64_t kReserveBytes = std::int64_t{1} << 30;  // the system's, and the supervisor's
constexpr std::int64_t kLeastBytes = std::int64_t{64} << 20;   // less would not even start a slot

int SlotsFor(int wanted, const MachineReading& machine) {
  return wanted > 0 ? wanted : std::max(1, static_cast<int>(machine.cores));
}

std::int64_t ShareOf(const MachineReading& machine, int slots) {
  return std::max(kLeastBytes, (machine.memory_bytes - kReserveBytes) / slots);
}

}  // namespace

MachineTerms SettleTerms(const MachinesSpec& spec, const WorkerBrief& brief,
                         const MachineReading& machine, const std::string& folder) {
  MachineTerms terms{.heartbeat = spec.heartbeat,
                     .slots = SlotsFor(brief.slots, machine),
                     .silence = spec.silence,
                     .slot_memory_bytes = brief.slot_memory_bytes,
                     .is_rented = spec.provider != "local"};
  const bool has_setup = !spec.setup.commands.empty() || spec.setup.swap_bytes.has_value();
  if (!terms.is_rented) {
    if (has_setup) {
      terms.notes.push_back(
          "machines.setup is not run: it makes rented machines ready, and this one is this "
          "computer");
    }
    return terms;
  }
  if (!terms.slot_memory_bytes && machine.memory_bytes > 0) {
    terms.slot_memory_bytes = ShareOf(machine, terms.slots);
    terms.notes.push_back(fmt::format("{} slots, each of at most {} of the machine's {}",
                                      terms.slots, HumanBytes(*terms.slot_memory_bytes),
                                      HumanBytes(machine.memory_bytes)));
  }
  terms.setup = PlanSetup(spec.setup, folder);
  return terms;
}

}  // namespace mayfly
