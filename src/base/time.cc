#include "base/time.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>

namespace mayfly {
namespace {

struct UnitRow {
  std::string_view name;
  std::int64_t micros;
};

constexpr std::array<UnitRow, 6> kUnits{{
    {"d", 86'400'000'000},
    {"h", 3'600'000'000},
    {"m", 60'000'000},
    {"s", 1'000'000},
    {"ms", 1'000},
    {"us", 1},
}};

std::int64_t UnitMicros(std::string_view name) {
  for (const UnitRow& unit : kUnits) {
    if (unit.name == name) return unit.micros;
  }
  return 0;
}

Error BadDuration(std::string_view text) {
  return Invalid(
      fmt::format("\"{}\" is not a duration; write a number with a unit, such as \"48h\", "
                  "\"90s\", \"250ms\" or \"1h30m\"",
                  text));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads exactly `width` digits at `at` and moves past them; -1 where there are none.
int TakeDigits(std::string_view text, std::size_t& at, std::size_t width) {
  if (at + width > text.size()) return -1;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (!IsDigit(text[at + i])) return -1;
    value = value * 10 + (text[at + i] - '0');
  }
  at += width;
  return value;
}

bool Take(std::string_view text, std::size_t& at, char wanted) {
  if (at >= text.size() || text[at] != wanted) return false;
  ++at;
  return true;
}

// "HH:MM[:SS[.ffffff]][Z]" from `at` to the end; nullopt where it is anything else.
std::optional<Duration> TakeTimeOfDay(std::string_view text, std::size_t at) {
  int hour = TakeDigits(text, at, 2);
  if (hour < 0 || hour > 23 || !Take(text, at, ':')) return std::nullopt;
  int minute = TakeDigits(text, at, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  int second = 0;
  std::int64_t micros = 0;
  if (Take(text, at, ':')) {
    second = TakeDigits(text, at, 2);
    if (second < 0 || second > 59) return std::nullopt;
    if (Take(text, at, '.')) {
      std::int64_t scale = 100'000;
      if (at >= text.size() || !IsDigit(text[at])) return std::nullopt;
      for (; at < text.size() && IsDigit(text[at]); ++at, scale /= 10)
        micros += scale * (text[at] - '0');
    }
  }
  Take(text, at, 'Z');
  if (at != text.size()) return std::nullopt;
  return hours(hour) + minutes(minute) + seconds(second) + Duration(micros);
}

}  // namespace

Result<Duration> ParseDuration(std::string_view text) {
  std::int64_t total = 0;
  std::size_t at = 0;
  if (text.empty()) return BadDuration(text);
  while (at < text.size()) {
    std::int64_t number = 0;
    auto [end, code] = std::from_chars(text.data() + at, text.data() + text.size(), number);
    if (code != std::errc{} || number < 0) return BadDuration(text);
    at = static_cast<std::size_t>(end - text.data());
    std::size_t unit_end = at;
    while (unit_end < text.size() && !IsDigit(text[unit_end])) ++unit_end;
    std::int64_t unit = UnitMicros(text.substr(at, unit_end - at));
    if (unit == 0) return BadDuration(text);
    std::int64_t part = 0;
    if (__builtin_mul_overflow(number, unit, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return BadDuration(text);
    }
    at = unit_end;
  }
  return Duration(total);
}

std::string FormatDuration(Duration duration) {
  std::int64_t left = duration.count();
  if (left == 0) return "0s";
  std::string text = left < 0 ? "-" : "";
  left = std::llabs(left);
  for (const UnitRow& unit : kUnits) {
    if (unit.name == "d") continue;
    if (std::int64_t count = left / unit.micros; count > 0) {
      text += fmt::format("{}{}", count, unit.name);
      left %= unit.micros;
    }
  }
  return text;
}

std::string HumanDuration(Duration duration) {
  double total = Seconds(duration);
  if (total < 0) return "-" + HumanDuration(-duration);
  if (total < 10) return fmt::format("{:.1f} s", total);
  auto whole = static_cast<std::int64_t>(total + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  if (whole < 86'400) return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
  return fmt::format("{} d {:02} h", whole / 86'400, whole % 86'400 / 3600);
}

Result<Instant> ParseInstant(std::string_view text) {
  Error bad = Invalid(fmt::format(
      "\"{}\" is not a date or date-time; write \"2024-07-01\" or \"2024-07-01T00:00:00Z\"", text));
  std::size_t at = 0;
  int year = TakeDigits(text, at, 4);
  if (year < 0 || !Take(text, at, '-')) return bad;
  int month = TakeDigits(text, at, 2);
  if (month < 0 || !Take(text, at, '-')) return bad;
  int day = TakeDigits(text, at, 2);
  if (day < 0) return bad;
  std::chrono::year_month_day date{std::chrono::year(year),
                                   std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return bad;
  Instant midnight = std::chrono::sys_days(date);
  if (at == text.size()) return midnight;
  if (!Take(text, at, 'T') && !Take(text, at, ' ')) return bad;
  std::optional<Duration> of_day = TakeTimeOfDay(text, at);
  if (!of_day) return bad;
  return midnight + *of_day;
}

std::string FormatInstant(Instant instant) {
  auto days = std::chrono::floor<std::chrono::days>(instant);
  std::chrono::year_month_day date(days);
  std::int64_t micros = (instant - days).count();
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  micros / 3'600'000'000, micros / 60'000'000 % 60, micros / 1'000'000 % 60);
  if (micros % 1'000'000 != 0) text += fmt::format(".{:06}", micros % 1'000'000);
  return text + "Z";
}

Instant MakeInstant(int year, unsigned month, unsigned day, Duration of_day) {
  std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                   std::chrono::day(day)};
  CHECK(date.ok(), "MakeInstant needs a valid date");
  return Instant(std::chrono::sys_days(date)) + of_day;
}

double Seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

}  // namespace mayfly
