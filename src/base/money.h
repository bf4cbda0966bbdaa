#pragma once
// Money as integer micro-dollars: adding never rounds.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mayfly {

struct Money {
  std::int64_t micro_usd = 0;
  friend auto operator<=>(const Money&, const Money&) = default;
};

// "25 USD", "19.13 USD". Another currency, a negative, or a missing unit is kInvalid.
Result<Money> ParseMoney(std::string_view text);

// "$19.13": rounded half up to cents.
std::string FormatMoney(Money money);

}  // namespace mayfly
