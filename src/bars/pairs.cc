#include "bars/pairs.h"

#include <algorithm>

namespace mayfly::bars {

std::optional<PairLegs> LegsOf(std::string_view pair) {
  if (std::find(kPairs.begin(), kPairs.end(), pair) == kPairs.end()) return std::nullopt;
  auto place = [](std::string_view currency) {
    return static_cast<std::size_t>(std::find(kCurrencies.begin(), kCurrencies.end(), currency) -
                                    kCurrencies.begin());
  };
  return PairLegs{.base = place(pair.substr(0, 3)), .quote = place(pair.substr(3))};
}

}  // namespace mayfly::bars
