#pragma once
// The 28 pairs of the eight currencies EUR > GBP > AUD > NZD > USD > CAD > CHF > JPY: the senior
// one is the base, the price is units of the quote for one of the base. A pair's name is six small
// letters, base first.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace mayfly::bars {

inline constexpr std::size_t kPairCount = 28;

// The majors first, then the crosses; this order does not change.
inline constexpr std::array<std::string_view, kPairCount> kPairs = {
    "eurusd", "gbpusd", "usdjpy", "usdchf", "audusd", "usdcad", "nzdusd",  //
    "eurgbp", "eurjpy", "gbpjpy", "euraud", "eurchf", "eurcad", "eurnzd",  //
    "gbpaud", "gbpchf", "gbpcad", "gbpnzd", "audjpy", "audcad", "audchf",  //
    "audnzd", "cadjpy", "chfjpy", "nzdjpy", "cadchf", "nzdcad", "nzdchf",
};

inline constexpr std::array<std::string_view, 8> kCurrencies = {"eur", "gbp", "aud", "nzd",
                                                                "usd", "cad", "chf", "jpy"};

// Places in kCurrencies, base before quote; absent for a name that is not one of the 28.
struct PairLegs {
  std::size_t base = 0;
  std::size_t quote = 0;
};
std::optional<PairLegs> LegsOf(std::string_view pair);

}  // namespace mayfly::bars
