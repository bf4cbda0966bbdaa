#include "adapters/local/local_estate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "adapters/posix/process_table.h"

namespace mayfly::local {
namespace {

namespace fs = std::filesystem;

constexpr Duration kEndLimit = seconds(10);

// "run-3" of "run-"; absent: another name.
std::optional<std::int64_t> NumberAfter(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = error == std::errc() && end == name.data() + name.size() && number > 0;
  return is_number ? std::optional(number) : std::nullopt;
}

std::vector<std::int64_t> NumberedFolders(const std::string& folder, std::string_view prefix) {
  std::vector<std::int64_t> numbers;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    const auto number = NumberAfter(entry.path().filename().string(), prefix);
    if (number) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

bool IsKnown(const LedgerRegister& ledger, const MachineSighting& seen) {
  return std::any_of(
      ledger.machines.begin(), ledger.machines.end(), [&](const MachineEntry& machine) {
        return machine.id == seen.machine && machine.provider == "local" &&
               (machine.external_id.empty() || machine.external_id == seen.external_id);
      });
}

}  // namespace

LocalEstate::LocalEstate(const LocalOptions& options, RegisterStore& ledger)
    : machines_(options),
      folder_(options.state_dir + "/machines"),
      ledger_(ledger),
      place_(kHere) {}

Result<std::vector<Thing>> LocalEstate::Look() {
  TRY_ASSIGN(known_, ledger_.LoadRegister());
  std::vector<Thing> things;
  TRY(AddFolders(things));
  AddProcesses(things);
  return things;
}

Status LocalEstate::AddFolders(std::vector<Thing>& things) {
  for (const std::int64_t run : NumberedFolders(folder_, "run-")) {
    TRY_ASSIGN(const std::vector<MachineSighting> seen, machines_.List(RunId{run}));
    for (const MachineSighting& one : seen) {
      Add(one, fmt::format("{}/run-{}/machine-{}", folder_, run, one.machine.value), things);
    }
  }
  return {};
}

// Every process of a machine carries the name of its folder, whether that is still there or not.
void LocalEstate::AddProcesses(std::vector<Thing>& things) {
  for (const posix::ProcessRecord& process : posix::ListProcesses()) {
    const auto scratch = posix::ReadEnvironment(process.id.pid, kScratchVariable);
    if (!scratch || !scratch->starts_with(folder_ + "/")) continue;
    const bool is_seen = std::any_of(things.begin(), things.end(),
                                     [&](const Thing& one) { return one.id == *scratch; });
    const auto number = NumberAfter(fs::path(*scratch).filename().string(), "machine-");
    if (is_seen || !number) continue;
    Add({MachineId{*number}, posix::FormatProcessId(process.id), true}, *scratch, things);
  }
}

void LocalEstate::Add(const MachineSighting& seen, const std::string& scratch,
                      std::vector<Thing>& things) {
  Thing thing{.kind = ThingKind::kMachineFolder, .place = place_, .id = scratch};
  thing.about = "process " + seen.external_id;
  thing.state = seen.alive ? "running" : "ended";
  const std::string run = fs::path(scratch).parent_path().filename().string();
  const auto number = NumberAfter(run, "run-");
  if (number && IsKnown(known_, seen)) {
    thing.claim = {known_.identity, RunId{*number}, seen.machine};
  }
  things.push_back(std::move(thing));
}

Status LocalEstate::Mark(const Thing& thing, Instant) {
  return Invalid(thing.id + " is not marked: the ledger says since when its machine is gone");
}

Status LocalEstate::Unmark(const Thing& thing) { return Mark(thing, Instant{}); }

Status LocalEstate::Remove(const Thing& thing) {
  const bool is_ours = !known_.identity.empty() && thing.claim.ledger == known_.identity;
  if (!is_ours || !thing.claim.machine) return Denied(thing.id + " is not of this ledger");
  std::error_code code;
  if (fs::exists(thing.id, code)) return machines_.Terminate(*thing.claim.machine, "");
  TRY(posix::KillUntilGone([&] { return posix::FindByEnvironment(kScratchVariable, thing.id); },
                           kEndLimit));
  return {};
}

Status LocalEstate::Restore(const Thing& thing) {
  return Invalid(thing.id + " has nothing to go back to");
}

}  // namespace mayfly::local
