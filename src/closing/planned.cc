#include "closing/planned.h"

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"

namespace mayfly::closing {
namespace {

constexpr std::pair<std::string_view, double> kUnits[] = {
    {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86'400}};

std::optional<double> SecondsOf(std::string_view unit) {
  for (const auto& [name, seconds] : kUnits) {
    if (name == unit) return seconds;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> ReadHumanDuration(std::string_view text) {
  const std::vector<std::string> words = Split(text, ' ');
  if (words.size() % 2 != 0) return std::nullopt;
  double total = 0;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    double number = 0;
    const char* end = words[i].data() + words[i].size();
    const auto [read, code] = std::from_chars(words[i].data(), end, number);
    const std::optional<double> unit = SecondsOf(words[i + 1]);
    if (code != std::errc{} || read != end || !unit) return std::nullopt;
    total += number * *unit;
  }
  return Duration(static_cast<std::int64_t>(total * 1e6 + 0.5));
}

namespace {

// "stated: 42h", "run 7: 41 min 10 s", "not measured".
std::optional<Duration> LengthOf(const Quote& quote) {
  constexpr std::string_view kStated = "stated: ";
  const std::string_view source = quote.hours_source;
  if (source.starts_with(kStated)) {
    Result<Duration> stated = ParseDuration(source.substr(kStated.size()));
    return stated.ok() ? std::optional<Duration>(*stated) : std::nullopt;
  }
  const std::size_t colon = source.find(": ");
  if (!source.starts_with("run ") || colon == std::string_view::npos) return std::nullopt;
  return ReadHumanDuration(source.substr(colon + 2));
}

// "2 x 42h": machines at once. A premise that says none is of one.
int CountMachines(const Quote& quote) {
  int count = 1;
  if (quote.lines.empty()) return count;
  const std::string& premise = quote.lines.front().premise;
  const char* end = premise.data() + premise.size();
  const auto [read, code] = std::from_chars(premise.data(), end, count);
  const bool is_count = code == std::errc{} && std::string_view(read, end).starts_with(" x ");
  return is_count ? count : 1;
}

}  // namespace

std::optional<Duration> PlannedMachineTime(const Quote& quote) {
  const std::optional<Duration> length = LengthOf(quote);
  return length ? std::optional<Duration>(*length * CountMachines(quote)) : std::nullopt;
}

}  // namespace mayfly::closing
