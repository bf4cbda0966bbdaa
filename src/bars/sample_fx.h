#pragma once
// Generated bars of the 28 pairs, for demonstrations and tests: `mayfly sample fx`.
//
// Eight currencies walk at random in the logarithm of their value, with clustered volatility and
// the activity of their part of the world by hour; a pair's price is the ratio of its two, so that
// triangles of prices close up to the tick (0.00001; 0.001 where the yen is the quote). The market
// is shut from Friday 22:00 to Sunday 22:00 UTC. About one bar in two hundred is missing, others
// for each pair. A bar is made of a few steps at its own interval: hours are not the sums of
// the minutes of the same seed.
//
// The same spec gives the same bytes, on every machine. A pair's bytes depend on from, every and
// seed; not on `pairs`, and a later `to` only adds lines at the end.

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mayfly::bars {

// The options as typed.
struct SampleOptions {
  int pairs = 28;  // the first ones of kPairs
  std::string from = "2024-07";
  std::string to = "2024-08";  // inclusive
  std::string every = "1m";    // 1m, 1h, 4h
  std::uint64_t seed = 1;
};

// Options that make sense; made by MakeSampleSpec.
struct SampleSpec {
  std::span<const std::string_view> pairs;  // static; in the order of kPairs
  std::chrono::sys_days begin;              // first day
  std::chrono::sys_days end;                // the day after the last
  std::chrono::minutes every{1};
  std::uint64_t seed = 1;
};

// kInvalid, naming the option and what it may be: pairs outside 1..28, a month that is not YYYY-MM
// in 1970..2199, `to` before `from`, another interval.
Result<SampleSpec> MakeSampleSpec(const SampleOptions& options);

// Takes the next piece of the text; its error ends the generation.
using SampleSink = std::function<Status(std::string_view chunk)>;

// Gives the CSV text of one pair of the spec to `sink`, in pieces of about 256 kB, the first of
// which starts with the header line
//   time,open,high,low,close,volume,bid_open,…,bid_close,ask_open,…,ask_close
// Time stamps are `YYYY-MM-DD HH:MM:SS`. kInvalid for a pair that is not one of the 28, otherwise
// only what the sink says.
Status GenerateSample(const SampleSpec& spec, std::string_view pair, const SampleSink& sink);

}  // namespace mayfly::bars
