#include "adapters/aws/provider/machine_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "adapters/aws/text.h"

namespace mayfly::aws {
namespace {

constexpr std::size_t kLongestLedger = 64;
constexpr std::size_t kLongestSchedule = 64;

bool IsPlain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

// Absent: not a number above zero, and nothing else.
std::optional<std::int64_t> ReadNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && number > 0;
  return is_number ? std::optional(number) : std::nullopt;
}

Filter TagIs(std::string_view key, std::string value) {
  return {fmt::format("tag:{}", key), {std::move(value)}};
}

Tags OwnOf(const PhaseNames& names) {
  Tags tags;
  for (const auto& [key, value] : names.own) {
    if (!key.starts_with("mayfly:") && key != "Name") tags.emplace_back(key, value);
  }
  return tags;
}

}  // namespace

Status CheckLedgerName(std::string_view ledger) {
  const bool fits = !ledger.empty() && ledger.size() <= kLongestLedger &&
                    std::all_of(ledger.begin(), ledger.end(), IsPlain);
  if (fits) return {};
  return Invalid(
      fmt::format("the ledger's name '{}' is not 1 to {} letters, digits and - _ . as names in a "
                  "cloud need it",
                  ledger, kLongestLedger));
}

Tags MachineTags(const PhaseNames& names, const MachineName& machine, Instant ends_at,
                 std::string_view purpose) {
  Tags tags = OwnOf(names);
  const auto add = [&tags](std::string_view key, std::string value) {
    tags.emplace_back(std::string(key), std::move(value));
  };
  add(kLedgerTag, names.ledger);
  add(kRunTag, std::to_string(machine.run.value));
  add(kMachineTag, std::to_string(machine.machine.value));
  add("mayfly:owner", names.owner);
  add("mayfly:purpose", std::string(purpose));
  add(kDeadlineTag, FormatInstant(std::chrono::floor<seconds>(ends_at)));
  add("mayfly:phase", names.phase);
  add("Name", fmt::format("mayfly {} run {} machine {}", names.phase, machine.run.value,
                          machine.machine.value));
  return tags;
}

Tags SnapshotTags(const PhaseNames& names, const MachineName& machine, Instant expires) {
  Tags tags = OwnOf(names);
  const std::string until = FormatInstant(std::chrono::floor<seconds>(expires));
  const auto add = [&tags](std::string_view key, std::string value) {
    tags.emplace_back(std::string(key), std::move(value));
  };
  add(kLedgerTag, names.ledger);
  add(kRunTag, std::to_string(machine.run.value));
  add(kMachineTag, std::to_string(machine.machine.value));
  add(kExpiresTag, until);
  add("mayfly:owner", names.owner);
  add("mayfly:phase", names.phase);
  add("Name", fmt::format("mayfly {} run {} machine {} until {}", names.phase, machine.run.value,
                          machine.machine.value, until.substr(0, 10)));
  return tags;
}

bool HasExpired(const Tags& tags, Instant now) {
  const std::string_view text = TagValue(tags, kExpiresTag);
  if (text.empty()) return true;
  const Result<Instant> expires = ParseInstant(text);
  return expires.ok() && *expires <= now;
}

Filters OfRun(const std::string& ledger, RunId run) {
  return {TagIs(kLedgerTag, ledger), TagIs(kRunTag, std::to_string(run.value))};
}

Filters OfMachine(const std::string& ledger, MachineId machine) {
  return {TagIs(kLedgerTag, ledger), TagIs(kMachineTag, std::to_string(machine.value))};
}

std::string_view TagValue(const Tags& tags, std::string_view key) {
  for (const auto& [name, value] : tags) {
    if (name == key) return value;
  }
  return {};
}

std::optional<MachineId> MachineOf(const Tags& tags) {
  const std::optional<std::int64_t> number = ReadNumber(TagValue(tags, kMachineTag));
  return number ? std::optional(MachineId{*number}) : std::nullopt;
}

std::optional<RunId> RunOf(const Tags& tags) {
  const std::optional<std::int64_t> number = ReadNumber(TagValue(tags, kRunTag));
  return number ? std::optional(RunId{*number}) : std::nullopt;
}

std::optional<MachineName> ParseMachineName(std::string_view name, const std::string& ledger) {
  constexpr std::string_view kMachine = "-machine-";
  const std::string before = fmt::format("mayfly-{}-run-", ledger);
  if (!name.starts_with(before)) return std::nullopt;
  name.remove_prefix(before.size());
  const auto middle = name.find(kMachine);
  if (middle == std::string_view::npos) return std::nullopt;
  const auto run = ReadNumber(name.substr(0, middle));
  const auto machine = ReadNumber(name.substr(middle + kMachine.size()));
  if (!run || !machine) return std::nullopt;
  return MachineName{RunId{*run}, MachineId{*machine}};
}

std::string ParameterFolder(const std::string& ledger) { return "/mayfly/" + ledger; }

std::string ParameterFolder(const std::string& ledger, RunId run) {
  return fmt::format("/mayfly/{}/run-{}", ledger, run.value);
}

std::string ParameterName(const std::string& ledger, const MachineName& machine) {
  return fmt::format("{}/machine-{}", ParameterFolder(ledger, machine.run), machine.machine.value);
}

std::string TemplateName(const std::string& ledger, const MachineName& machine) {
  return fmt::format("mayfly-{}-run-{}-machine-{}", ledger, machine.run.value,
                     machine.machine.value);
}

Result<std::string> ScheduleName(const std::string& ledger, const MachineName& machine) {
  std::string name =
      fmt::format("{}{}", SchedulePrefix(ledger, machine.run), machine.machine.value);
  if (name.size() <= kLongestSchedule) return name;
  return Invalid(fmt::format("a schedule's name has at most {} characters, and {} has {}",
                             kLongestSchedule, name, name.size()));
}

std::string SchedulePrefix(const std::string& ledger) {
  return fmt::format("mayfly-{}-run-", ledger);
}

std::string SchedulePrefix(const std::string& ledger, RunId run) {
  return fmt::format("{}{}-machine-", SchedulePrefix(ledger), run.value);
}

std::string ClientToken(const TokenParts& parts) {
  std::vector<std::string> pools;
  for (const Pool& pool : parts.pools) {
    pools.push_back(
        fmt::format("{}|{}|{}|{}", pool.region, pool.zone, pool.instance_type, Name(pool.market)));
  }
  std::sort(pools.begin(), pools.end());
  std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n", parts.ledger, parts.run.value,
                                 parts.intent, parts.what, parts.round);
  for (const std::string& pool : pools) text += pool + "\n";
  return Sha256Hex(text);
}

}  // namespace mayfly::aws
