// How the market is made.
//
// Each currency has a walk of its own, x(t), drawn from a generator that depends on the seed and
// the currency only; a pair reads the walks of its two legs and nothing else of them, so that its
// bytes do not depend on which other pairs are written, and no path has to be kept: a walk is
// repeated for each of the seven pairs of its currency, which is cheaper than memory.
//
// A bar is kSteps steps of both walks. The step's deviation is the currency's yearly one, scaled to
// the step, times the activity of the hour, times the square root of a GARCH(1,1) variance that is
// 1 on average. Open is the price after the first step, close after the last, high and low the
// extremes on the way. The same instant has the same x(t) in all pairs: triangles close but for
// rounding to the tick.
//
// Same bytes everywhere: only +, -, *, / and sqrt, which IEEE rounds one way (this file is compiled
// without fused multiply-add), an exponential of our own, and a normal deviate made of uniform
// ones.

#include "bars/sample_fx.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "bars/pairs.h"
#include "bars/sample_text.h"
#include "base/rng.h"
#include "base/text.h"

namespace mayfly::bars {
namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr int kSteps = 4;
constexpr std::size_t kChunk = 256 * 1024;
constexpr double kMissingShare = 0.005;
constexpr double kMinutesOfYear = 52 * 5 * 24 * 60;

enum class Region { kAsia, kEurope, kAmerica };

struct Currency {
  double value;       // in USD, on the first day
  double volatility;  // yearly, of the logarithm
  Region region;
};

// In the order of kCurrencies.
constexpr std::array<Currency, 8> kModel = {{
    {1.07356, 0.055, Region::kEurope},
    {1.26450, 0.065, Region::kEurope},
    {0.66700, 0.075, Region::kAsia},
    {0.60950, 0.080, Region::kAsia},
    {1.00000, 0.045, Region::kAmerica},
    {0.73100, 0.050, Region::kAmerica},
    {1.11300, 0.055, Region::kEurope},
    {0.00622, 0.070, Region::kAsia},
}};

// Deviation by UTC hour, about 1 over a day.
constexpr std::array<std::array<double, 24>, 3> kActivity = {{
    {1.1, 1.2, 1.1, 1.0, 1.0, 0.9, 0.9, 1.0, 1.0, 0.9, 0.9, 0.9,
     1.1, 1.2, 1.2, 1.1, 0.9, 0.8, 0.8, 0.7, 0.7, 0.6, 0.9, 1.1},
    {0.6, 0.6, 0.5, 0.5, 0.5, 0.7, 1.0, 1.5, 1.5, 1.3, 1.2, 1.1,
     1.3, 1.4, 1.4, 1.4, 1.2, 0.9, 0.8, 0.7, 0.6, 0.4, 0.4, 0.5},
    {0.6, 0.6, 0.6, 0.5, 0.5, 0.6, 0.7, 0.9, 1.0, 1.0, 1.0, 1.1,
     1.6, 1.7, 1.8, 1.6, 1.3, 1.1, 1.0, 0.9, 0.8, 0.5, 0.4, 0.5},
}};

// e^x within 1e-14 relative for |x| < 32: x = n/8 + r, a table-free power, and a short series.
double Exp(double x) {
  constexpr double kEighth = 1.1331484530668263;  // e^(1/8)
  const double n = std::floor(x * 8 + 0.5);
  const double r = x - n / 8;
  double term = 1;
  double sum = 1;
  for (int i = 1; i <= 8; ++i) {
    term = term * r / i;
    sum += term;
  }
  double power = 1;
  double factor = n < 0 ? 1 / kEighth : kEighth;
  for (auto left = static_cast<std::uint64_t>(n < 0 ? -n : n); left != 0; left >>= 1) {
    if ((left & 1) != 0) power *= factor;
    factor *= factor;
  }
  return sum * power;
}

// Mean 0, deviation 1: a sum of four uniform deviates, near enough to normal.
double Normal(Rng& rng) {
  std::uint64_t bits = rng.Next();
  std::int64_t sum = 0;
  for (int i = 0; i < 4; ++i) {
    sum += static_cast<std::int64_t>(bits & 0xFFFF);
    bits >>= 16;
  }
  constexpr double kMean = 2 * 65535.0;
  constexpr double kDeviation = 37837.22;  // sqrt(4 * (65536^2 - 1) / 12)
  return (static_cast<double>(sum) - kMean) / kDeviation;
}

// The logarithm of a currency's value against its first one.
class Walk {
 public:
  Walk(const SampleSpec& spec, std::size_t currency)
      : model_(kModel[currency]),
        rng_(Rng(spec.seed).Fork(1000 + currency)),
        step_deviation_(model_.volatility * std::sqrt(static_cast<double>(spec.every.count()) /
                                                      (kMinutesOfYear * kSteps))) {}

  // Once before a bar's steps. After a closed market the first step is a larger one.
  void BeginBar(unsigned hour, bool is_after_weekend) {
    constexpr double kReaction = 0.05;
    constexpr double kMemory = 0.93;
    constexpr double kLargest = 25;
    const double shock = shocks_ / kSteps;
    variance_ = (1 - kReaction - kMemory) + kReaction * shock + kMemory * variance_;
    variance_ = std::min(variance_, kLargest);
    shocks_ = 0;
    deviation_ = step_deviation_ * kActivity[static_cast<std::size_t>(model_.region)][hour] *
                 std::sqrt(variance_);
    if (is_after_weekend) value_ += 4 * step_deviation_ * Normal(rng_);
  }

  void Step() {
    const double z = Normal(rng_);
    value_ += deviation_ * z;
    shocks_ += z * z * variance_;
  }

  double value() const { return value_; }
  // How lively the market is now against the average, squared.
  double variance() const { return variance_; }

 private:
  Currency model_;
  Rng rng_;
  double step_deviation_;
  double deviation_ = 0;
  double variance_ = 1;
  double shocks_ = kSteps;
  double value_ = 0;
};

bool IsYenQuote(std::string_view pair) { return pair.substr(3) == "jpy"; }

class PairMarket {
 public:
  PairMarket(const SampleSpec& spec, std::string_view pair, PairLegs legs)
      : base_(spec, legs.base),
        quote_(spec, legs.quote),
        rng_(Rng(spec.seed).Fork(2000 + 8 * legs.base + legs.quote)),
        activity_(&kActivity[static_cast<std::size_t>(kModel[legs.base].region)]),
        ticks_at_start_(kModel[legs.base].value / kModel[legs.quote].value *
                        (IsYenQuote(pair) ? 1e3 : 1e5)),
        minutes_(static_cast<double>(spec.every.count())),
        is_cross_(kCurrencies[legs.base] != "usd" && kCurrencies[legs.quote] != "usd") {}

  SampleBar Next(sys_seconds time, unsigned hour, bool is_after_weekend) {
    SampleBar bar{.time = time};
    base_.BeginBar(hour, is_after_weekend);
    quote_.BeginBar(hour, is_after_weekend);
    bar.mid = NextOhlc();
    const double liveliness = (*activity_)[hour];
    const double mean_volume =
        45 * minutes_ * liveliness * std::sqrt((base_.variance() + quote_.variance()) / 2);
    bar.volume = 1 + static_cast<std::int64_t>(mean_volume * (0.5 + rng_.Unit()));
    const double spread = (is_cross_ ? 16 : 8) * (0.75 + 0.5 * rng_.Unit()) / liveliness;
    const auto ticks = 2 + static_cast<std::int64_t>(spread);
    bar.below = ticks / 2;
    bar.above = ticks - bar.below;
    return bar;
  }

  bool IsMissing() { return rng_.Chance(kMissingShare); }

 private:
  Ohlc NextOhlc() {
    double first = 0, last = 0, highest = 0, lowest = 0;
    for (int step = 0; step < kSteps; ++step) {
      base_.Step();
      quote_.Step();
      last = base_.value() - quote_.value();
      if (step == 0) first = highest = lowest = last;
      highest = std::max(highest, last);
      lowest = std::min(lowest, last);
    }
    return {
        .open = Ticks(first), .high = Ticks(highest), .low = Ticks(lowest), .close = Ticks(last)};
  }

  // Never below a price whose bid is positive.
  std::int64_t Ticks(double log_price) const {
    constexpr std::int64_t kLeast = 100;
    return std::max(kLeast,
                    static_cast<std::int64_t>(std::floor(ticks_at_start_ * Exp(log_price) + 0.5)));
  }

  Walk base_, quote_;
  Rng rng_;
  const std::array<double, 24>* activity_;
  double ticks_at_start_;
  double minutes_;
  bool is_cross_;
};

// Whether the market is shut at this instant: from Friday 22:00 to Sunday 22:00 UTC.
bool IsShut(sys_days day, unsigned hour) {
  const std::chrono::weekday weekday(day);
  if (weekday == std::chrono::Saturday) return true;
  if (weekday == std::chrono::Friday) return hour >= 22;
  return weekday == std::chrono::Sunday && hour < 22;
}

std::optional<std::chrono::year_month> ParseMonth(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return std::nullopt;
  int year = 0;
  unsigned month = 0;
  const auto [year_end, year_status] = std::from_chars(text.data(), text.data() + 4, year);
  const auto [month_end, month_status] = std::from_chars(text.data() + 5, text.data() + 7, month);
  if (year_status != std::errc() || month_status != std::errc()) return std::nullopt;
  if (year_end != text.data() + 4 || month_end != text.data() + 7) return std::nullopt;
  const std::chrono::year_month result{std::chrono::year(year), std::chrono::month(month)};
  if (!result.ok() || year < 1970 || year > 2199) return std::nullopt;
  return result;
}

Error BadMonth(std::string_view option, std::string_view text) {
  return Invalid(
      fmt::format("{} '{}' is not a month; write YYYY-MM, from 1970-01 to 2199-12", option, text));
}

std::optional<std::chrono::minutes> ParseEvery(std::string_view text) {
  if (text == "1m") return std::chrono::minutes(1);
  if (text == "1h") return std::chrono::minutes(60);
  if (text == "4h") return std::chrono::minutes(240);
  return std::nullopt;
}

}  // namespace

Result<SampleSpec> MakeSampleSpec(const SampleOptions& options) {
  if (options.pairs < 1 || options.pairs > static_cast<int>(kPairCount)) {
    return Invalid(fmt::format("--pairs {}: there are 1 to {} pairs", options.pairs, kPairCount));
  }
  const auto from = ParseMonth(options.from);
  if (!from) return BadMonth("--from", options.from);
  const auto to = ParseMonth(options.to);
  if (!to) return BadMonth("--to", options.to);
  if (*to < *from) {
    return Invalid(fmt::format("--to {} is before --from {}", options.to, options.from));
  }
  const auto every = ParseEvery(options.every);
  if (!every) {
    return Invalid(fmt::format("--every '{}': bars are made every 1m, 1h or 4h", options.every));
  }
  return SampleSpec{.pairs = std::span(kPairs).first(static_cast<std::size_t>(options.pairs)),
                    .begin = sys_days(*from / std::chrono::day(1)),
                    .end = sys_days((*to + std::chrono::months(1)) / std::chrono::day(1)),
                    .every = *every,
                    .seed = options.seed};
}

Status GenerateSample(const SampleSpec& spec, std::string_view pair, const SampleSink& sink) {
  const auto legs = LegsOf(pair);
  if (!legs) return Invalid(fmt::format("'{}' is not one of the 28 pairs", pair));
  PairMarket market(spec, pair, *legs);
  SampleWriter writer(IsYenQuote(pair) ? 3 : 5);
  std::string text = SampleHeader();
  bool was_shut = false;
  for (sys_seconds time = spec.begin; time < spec.end; time += spec.every) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const auto hour = static_cast<unsigned>((time - day) / std::chrono::hours(1));
    if (IsShut(day, hour)) {
      was_shut = true;
      continue;
    }
    const SampleBar bar = market.Next(time, hour, was_shut);
    was_shut = false;
    if (market.IsMissing()) continue;
    writer.Append(bar, text);
    if (text.size() < kChunk) continue;
    TRY(sink(text));
    text.clear();
  }
  return text.empty() ? Status{} : sink(text);
}

}  // namespace mayfly::bars
