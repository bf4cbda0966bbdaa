#pragma once
// The time stamps of a bar file. Internal to bars/.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "bars/dialect.h"

namespace mayfly::bars {

// Reads time stamps of one format as UTC microseconds from 1900 to 2199; anything else, also a
// date that does not exist, is absent. Remembers the last date, because the next line has it too.
class TimestampParser {
 public:
  explicit TimestampParser(TimeFormat format) : format_(format) {}

  std::optional<std::int64_t> Parse(std::string_view text);

  // Date and time of day in fields of their own; not for an epoch.
  std::optional<std::int64_t> Parse(std::string_view date, std::string_view time_of_day);

 private:
  std::optional<std::int64_t> ParseDateTime(std::string_view text);
  std::optional<std::int64_t> ParseBare(std::string_view text);
  std::optional<std::int64_t> DayOf(std::string_view ten);  // YYYY-MM-DD

  TimeFormat format_;
  std::array<char, 10> last_date_{'1', '9', '7', '0', '-', '0', '1', '-', '0', '1'};
  std::int64_t last_day_us_ = 0;
};

// HH:MM[:SS[.f…]], HHMM or HHMMSS as microseconds of the day.
std::optional<std::int64_t> ParseTimeOfDay(std::string_view text);

// The unit of an epoch number, by its size; absent when it is not a number.
std::optional<TimeFormat> EpochByMagnitude(std::string_view text);

// The format in which the text is a time stamp. An epoch before 1973-03 (fewer than nine digits) is
// not guessed: a row number looks the same.
std::optional<TimeFormat> GuessTimeFormat(std::string_view text);

}  // namespace mayfly::bars
