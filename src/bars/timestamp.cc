#include "bars/timestamp.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>

#include "bars/number.h"

namespace mayfly::bars {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

// The number made of `count` digits at `at`, or -1. Needs at + count <= text.size().
int Digits(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!IsDigit(text[i])) return -1;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

std::optional<std::int64_t> Day(int year, int month, int day) {
  if (year < 1900 || year > 2199 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay;
}

std::optional<std::int64_t> TimeOf(int hour, int minute, int second) {
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return std::nullopt;
  }
  return hour * kHour + minute * kMinute + second * kSecond;
}

// Up to nine digits after the point as microseconds, cut off.
std::optional<std::int64_t> Fraction(std::string_view digits) {
  if (digits.size() > 9 || !AllDigits(digits)) return std::nullopt;
  std::int64_t micros = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    micros = micros * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  }
  return micros;
}

// What has to be added to a local time with this zone text (Z, ±HH, ±HHMM, ±HH:MM) for UTC.
std::optional<std::int64_t> ZoneShift(std::string_view zone) {
  if (zone == "Z" || zone == "z") return 0;
  if (zone.size() != 3 && zone.size() != 5 && zone.size() != 6) return std::nullopt;
  if (zone.front() != '+' && zone.front() != '-') return std::nullopt;
  if (zone.size() == 6 && zone[3] != ':') return std::nullopt;
  const int hour = Digits(zone, 1, 2);
  const int minute = zone.size() == 3 ? 0 : Digits(zone, zone.size() - 2, 2);
  const auto shift = TimeOf(hour, minute, 0);
  if (!shift) return std::nullopt;
  return zone.front() == '+' ? -*shift : *shift;
}

// HH:MM[:SS[.f]]; what follows it is left in `rest`.
std::optional<std::int64_t> ParseClock(std::string_view text, std::string_view& rest) {
  if (text.size() < 5 || text[2] != ':') return std::nullopt;
  const int hour = Digits(text, 0, 2);
  const int minute = Digits(text, 3, 2);
  rest = text.substr(5);
  if (rest.empty() || rest.front() != ':') return TimeOf(hour, minute, 0);
  if (rest.size() < 3) return std::nullopt;
  const auto time = TimeOf(hour, minute, Digits(rest, 1, 2));
  rest.remove_prefix(3);
  if (!time || rest.empty() || rest.front() != '.') return time;
  const auto end = std::find_if_not(rest.begin() + 1, rest.end(), IsDigit);
  const auto length = static_cast<std::size_t>(end - rest.begin());
  const auto micros = Fraction(rest.substr(1, length - 1));
  rest.remove_prefix(length);
  if (!micros) return std::nullopt;
  return *time + *micros;
}

// Date has been read; `tail` is "", or a separator and a time of day with an optional zone.
std::optional<std::int64_t> AddTime(std::int64_t day_us, std::string_view tail) {
  if (tail.empty()) return day_us;
  if (tail.front() != ' ' && tail.front() != 'T' && tail.front() != 't') return std::nullopt;
  std::string_view rest;
  const auto time = ParseClock(tail.substr(1), rest);
  if (!time) return std::nullopt;
  if (rest.empty()) return day_us + *time;
  const auto shift = ZoneShift(rest.front() == ' ' ? rest.substr(1) : rest);
  if (!shift) return std::nullopt;
  return day_us + *time + *shift;
}

std::optional<std::int64_t> ParseCompact(std::string_view text) {
  if (text.size() < 8) return std::nullopt;
  const auto day = Day(Digits(text, 0, 4), Digits(text, 4, 2), Digits(text, 6, 2));
  if (!day) return std::nullopt;
  std::string_view tail = text.substr(8);
  if (tail.empty()) return day;
  if (tail.find(':') != std::string_view::npos) return AddTime(*day, tail);
  if (tail.front() == ' ' || tail.front() == 'T') tail.remove_prefix(1);
  const auto time = ParseTimeOfDay(tail);
  if (!time) return std::nullopt;
  return *day + *time;
}

// How many microseconds a unit has, or (negative) how many units one microsecond has.
std::int64_t UnitOf(TimeFormat format) {
  switch (format) {
    case TimeFormat::kEpochSeconds:
      return kSecond;
    case TimeFormat::kEpochMillis:
      return 1000;
    case TimeFormat::kEpochMicros:
      return 1;
    case TimeFormat::kEpochNanos:
      return -1000;
    case TimeFormat::kDateTime:
    case TimeFormat::kCompact:
      break;
  }
  return 0;
}

std::optional<std::int64_t> ParseEpoch(std::string_view text, TimeFormat format) {
  std::int64_t whole = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, whole);
  if (status != std::errc()) return std::nullopt;
  std::int64_t micros = 0;
  if (stop != end) {
    const std::string_view rest(stop, static_cast<std::size_t>(end - stop));
    const auto fraction =
        rest.front() == '.' && rest.size() > 1 ? Fraction(rest.substr(1)) : std::nullopt;
    if (!fraction) return std::nullopt;
    // Below a microsecond nothing is kept; of a millisecond's fraction three digits count.
    const std::int64_t unit = UnitOf(format);
    micros = unit == kSecond ? *fraction : unit == 1000 ? *fraction / 1000 : 0;
    if (text.front() == '-') micros = -micros;
  }
  const std::int64_t unit = UnitOf(format);
  const std::int64_t last =
      std::chrono::sys_days(std::chrono::year(2200) / 1 / 1).time_since_epoch().count() * kDay;
  const std::int64_t first =
      std::chrono::sys_days(std::chrono::year(1900) / 1 / 1).time_since_epoch().count() * kDay;
  if (unit < 0) {
    whole = whole / -unit;
  } else {
    if (whole > last / unit || whole < first / unit) return std::nullopt;
    whole = whole * unit + micros;
  }
  if (whole < first || whole >= last) return std::nullopt;
  return whole;
}

}  // namespace

std::optional<std::int64_t> ParseTimeOfDay(std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    std::string_view rest;
    const auto time = ParseClock(text, rest);
    return rest.empty() ? time : std::nullopt;
  }
  if (text.size() == 4) return TimeOf(Digits(text, 0, 2), Digits(text, 2, 2), 0);
  if (text.size() != 6) return std::nullopt;
  return TimeOf(Digits(text, 0, 2), Digits(text, 2, 2), Digits(text, 4, 2));
}

std::optional<std::int64_t> TimestampParser::DayOf(std::string_view ten) {
  if (std::memcmp(ten.data(), last_date_.data(), 10) == 0) return last_day_us_;
  const char mark = ten[4];
  if ((mark != '-' && mark != '.' && mark != '/') || ten[7] != mark) return std::nullopt;
  const auto day = Day(Digits(ten, 0, 4), Digits(ten, 5, 2), Digits(ten, 8, 2));
  if (!day) return std::nullopt;
  std::memcpy(last_date_.data(), ten.data(), 10);
  last_day_us_ = *day;
  return day;
}

std::optional<std::int64_t> TimestampParser::ParseDateTime(std::string_view text) {
  if (text.size() < 10) return std::nullopt;
  const auto day = DayOf(text.substr(0, 10));
  if (!day) return std::nullopt;
  if (text.size() == 16 && text[13] == ':' && (text[10] == ' ' || text[10] == 'T')) {
    const auto time = TimeOf(Digits(text, 11, 2), Digits(text, 14, 2), 0);
    if (!time) return std::nullopt;
    return *day + *time;
  }
  return AddTime(*day, text.substr(10));
}

std::optional<std::int64_t> TimestampParser::ParseBare(std::string_view text) {
  switch (format_) {
    case TimeFormat::kDateTime:
      return ParseDateTime(text);
    case TimeFormat::kCompact:
      return ParseCompact(text);
    case TimeFormat::kEpochSeconds:
    case TimeFormat::kEpochMillis:
    case TimeFormat::kEpochMicros:
    case TimeFormat::kEpochNanos:
      return ParseEpoch(text, format_);
  }
  return std::nullopt;
}

std::optional<std::int64_t> TimestampParser::Parse(std::string_view text) {
  if (const auto ts = ParseBare(text)) return ts;
  const std::string_view bare = Bare(text);
  return bare.size() == text.size() ? std::nullopt : ParseBare(bare);
}

std::optional<std::int64_t> TimestampParser::Parse(std::string_view date,
                                                   std::string_view time_of_day) {
  const auto day = Parse(date);
  const auto time = ParseTimeOfDay(Bare(time_of_day));
  if (!day || !time || *day % kDay != 0) return std::nullopt;
  return *day + *time;
}

std::optional<TimeFormat> EpochByMagnitude(std::string_view text) {
  text = Bare(text);
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (status != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
  number = number < 0 ? -number : number;
  if (number < 1e11) return TimeFormat::kEpochSeconds;
  if (number < 1e14) return TimeFormat::kEpochMillis;
  if (number < 1e17) return TimeFormat::kEpochMicros;
  return TimeFormat::kEpochNanos;
}

std::optional<TimeFormat> GuessTimeFormat(std::string_view text) {
  text = Bare(text);
  for (TimeFormat format : {TimeFormat::kDateTime, TimeFormat::kCompact}) {
    if (TimestampParser(format).Parse(text)) return format;
  }
  const auto epoch = EpochByMagnitude(text);
  if (!epoch || text.substr(0, text.find('.')).size() < 9) return std::nullopt;
  return TimestampParser(*epoch).Parse(text) ? epoch : std::nullopt;
}

}  // namespace mayfly::bars
