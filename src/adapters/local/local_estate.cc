#include "adapters/local/local_estate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "adapters/posix/errno_error.h"

namespace mayfly::local {
namespace {

namespace fs = std::filesystem;

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
  std::vector<Thing> things;
  for (const std::int64_t run : NumberedFolders(folder_, "run-")) {
    TRY_ASSIGN(const std::vector<MachineSighting> seen, machines_.List(RunId{run}));
    if (seen.empty()) continue;
    TRY_ASSIGN(const LedgerRegister ledger, ledger_.LoadRegister());
    identity_ = ledger.identity;
    for (const MachineSighting& one : seen) {
      Thing thing{.kind = ThingKind::kMachineFolder, .place = place_};
      thing.id = fmt::format("{}/run-{}/machine-{}", folder_, run, one.machine.value);
      thing.about = "process " + one.external_id;
      thing.state = one.alive ? "running" : "ended";
      if (IsKnown(ledger, one)) thing.claim = {ledger.identity, RunId{run}, one.machine};
      things.push_back(std::move(thing));
    }
  }
  return things;
}

Status LocalEstate::Mark(const Thing& thing, Instant) {
  return Invalid(thing.id + " is not marked: the ledger says since when its machine is gone");
}

Status LocalEstate::Unmark(const Thing& thing) { return Mark(thing, Instant{}); }

Status LocalEstate::Remove(const Thing& thing) {
  const bool is_ours = !identity_.empty() && thing.claim.ledger == identity_;
  if (!is_ours || !thing.claim.machine) return Denied(thing.id + " is not of this ledger");
  return machines_.Terminate(*thing.claim.machine, "");
}

Status LocalEstate::Restore(const Thing& thing) {
  return Invalid(thing.id + " has nothing to go back to");
}

}  // namespace mayfly::local
