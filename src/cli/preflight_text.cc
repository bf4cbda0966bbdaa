// The preflight for people and for programs. Pure.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/check_provider.h"

namespace mayfly::cli {
namespace {

constexpr std::size_t kWidth = 72;  // of what was found, so that the whole fits a terminal

Tone ToneOfCheck(const PreflightCheck& check) {
  return check.verdict != Verdict::kPass && !Blocks(check) ? Tone::kWarn : ToneOf(check.verdict);
}

// What to do, and why it is no hurry where it is none.
std::string Advice(const PreflightCheck& check) {
  if (check.next_step.empty() || check.excuse.empty()) return check.next_step + check.excuse;
  return fmt::format("{} (not in the way: {})", check.next_step, check.excuse);
}

void AddLines(Table& table, const PreflightCheck& check) {
  bool is_first = true;
  for (const std::string& line : Split(WrapTitle(WithoutControls(check.found), kWidth), '\n')) {
    table.Add({{is_first ? std::string(Name(check.verdict)) : "", ToneOfCheck(check)},
               {is_first ? check.what : ""},
               {line}});
    is_first = false;
  }
  const std::string advice = WithoutControls(Advice(check));
  if (check.verdict == Verdict::kPass || advice.empty()) return;
  for (const std::string& line : Split(WrapTitle("-> " + advice, kWidth), '\n')) {
    table.Add({{""}, {""}, {line, Tone::kStrong}});
  }
}

std::string Summary(const std::vector<PreflightCheck>& checks) {
  const auto blocking = std::ranges::count_if(checks, Blocks);
  if (blocking == 0) return "nothing is in the way of a machine\n";
  return fmt::format("{} of {} {} in the way: no machine is asked for\n", blocking, checks.size(),
                     blocking == 1 ? "stands" : "stand");
}

}  // namespace

std::string RenderChecks(const std::vector<PreflightCheck>& checks, const Paint& paint) {
  Table table({{""}, {"what"}, {"found"}});
  for (const PreflightCheck& check : checks) AddLines(table, check);
  return table.Render(paint, 0);
}

nlohmann::ordered_json JsonOfChecks(const std::vector<PreflightCheck>& checks) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const PreflightCheck& check : checks) {
    list.push_back({{"what", check.what},
                    {"ok", !Blocks(check)},
                    {"verdict", Name(check.verdict)},
                    {"found", check.found},
                    {"next_step", check.next_step},
                    {"excuse", check.excuse}});
  }
  return list;
}

std::string RenderPreflight(const std::vector<PreflightCheck>& checks, const Paint& paint) {
  return RenderChecks(checks, paint) + Summary(checks);
}

std::string PreflightToJson(const std::vector<PreflightCheck>& checks) {
  return DumpJson({{"ok", !AnyBlocks(checks)}, {"checks", JsonOfChecks(checks)}});
}

}  // namespace mayfly::cli
