#pragma once
// Money as integer micro-dollars: adding never rounds.
//
// Amounts are written with their unit behind them, "57.80 USD", and never with a "$" before them: a
// shell takes "$5" out of "$57.80" in double quotes, and Markdown takes it for a formula.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mayfly {

struct Money {
  std::int64_t micro_usd = 0;
  friend auto operator<=>(const Money&, const Money&) = default;
};

// More than this is a slip of the keys, in a budget as in a price: 10^9 USD. Sums of what was
// checked against it never overflow.
inline constexpr Money kMostMoney{1'000'000'000'000'000};

// Need sums within 64 bits, as all that were checked against kMostMoney are.
inline Money operator+(Money a, Money b) { return Money{a.micro_usd + b.micro_usd}; }
inline Money operator-(Money a, Money b) { return Money{a.micro_usd - b.micro_usd}; }
inline Money& operator+=(Money& a, Money b) { return a = a + b; }

// "25 USD", "19.13 USD", as it was written. kInvalid: another currency, a negative amount, no unit,
// more than six decimal places, more than kMostMoney.
Result<Money> ParseMoney(std::string_view text);

// "19.13 USD": rounded half up to cents; below one cent all six places, so that nothing that is
// billed reads as nothing. ParseMoney reads it back.
std::string FormatMoney(Money money);

// Every digit that is not zero, at least two places: "0.0208 USD".
std::string FormatExactMoney(Money money);

}  // namespace mayfly
