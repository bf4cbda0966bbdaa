#pragma once
// Time: durations with units in text ("48h", "2s", "1h30m"), instants as UTC microseconds.
// No clock is read here; clocks are a seam.

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mayfly {

using Duration = std::chrono::microseconds;
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// "48h", "90s", "1h30m", "250ms", "2d". A bare number is kInvalid: every value has a unit.
Result<Duration> ParseDuration(std::string_view text);

// The shortest exact form that ParseDuration reads back: "48h", "1h30m", "250ms".
std::string FormatDuration(Duration duration);

// For people: "42 s", "3 min 20 s", "1 h 05 min"; one significant step finer than the largest unit.
std::string HumanDuration(Duration duration);

// "2024-07-01", "2024-07-01T00:00:00Z", "2024-07-01 00:00[:SS[.ffffff]]"; no zone means UTC.
Result<Instant> ParseInstant(std::string_view text);

// "2024-07-01T00:00:00Z", with microseconds only where they are not zero.
std::string FormatInstant(Instant instant);

// A UTC calendar instant; month and day from 1. Needs a valid date.
Instant MakeInstant(int year, unsigned month, unsigned day, Duration of_day = Duration{0});

double Seconds(Duration duration);

}  // namespace mayfly
