#pragma once
// What a decision is written down with: a way of doing it step by step, with the clock, the bill
// and the downtime that the steps come to; and two ways judged criterion by criterion. Both were
// once added up by hand, and came out wrong. Pure.

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/time.h"
#include "model/price.h"

namespace mayfly::cost {

struct Step {
  std::string what;
  Duration length{};
  Rate rate;                  // by the hour, of what bills meanwhile
  bool host_is_down = false;  // whatever else runs there is down with it
};

struct StepsTotal {
  Duration length{}, downtime{};
  Money money;
};

// One step after the other. Needs lengths whose sum can be counted; kInvalid: an amount that
// cannot.
Result<StepsTotal> AddUp(std::span<const Step> steps);

enum class Level { kNone, kLow, kMedium, kHigh };

// On both sides less is better, and the same is a tie.
using Measure = std::variant<Money, Duration, std::int64_t, Level>;

struct Criterion {
  std::string name;
  Measure first, second;  // of one kind
  std::string of;         // what else it says, where another criterion says the same; else empty
};

struct Score {
  int first = 0, second = 0, ties = 0;
  std::vector<std::string> repeated;  // said what another one had said, and counted in none
};

// kInvalid names a criterion whose sides cannot be compared.
Result<Score> Judge(std::span<const Criterion> criteria);

// How much of `whole` is `part`, to hundredths of a percent, half up: "86.36 %". Needs a whole
// above zero.
std::string FormatShare(Money part, Money whole);

}  // namespace mayfly::cost
