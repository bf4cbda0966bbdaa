#include "base/money.h"

#include <fmt/format.h>

namespace mayfly {
namespace {

// "19.13" to micro-dollars; -1 where it is not a plain decimal with at most six places.
std::int64_t Micros(std::string_view number) {
  std::int64_t value = 0;
  int places = -1;
  bool any = false;
  for (char c : number) {
    if (c == '.') {
      if (places >= 0) return -1;
      places = 0;
      continue;
    }
    if (c < '0' || c > '9' || places >= 6 || value > 1'000'000'000'000'000'000 / 10) return -1;
    value = value * 10 + (c - '0');
    any = true;
    if (places >= 0) ++places;
  }
  if (!any) return -1;
  for (int p = places < 0 ? 0 : places; p < 6; ++p) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return -1;
  }
  return value;
}

}  // namespace

Result<Money> ParseMoney(std::string_view text) {
  std::size_t space = text.find(' ');
  if (space != std::string_view::npos && text.substr(space + 1) == "USD") {
    if (std::int64_t micros = Micros(text.substr(0, space)); micros >= 0) return Money{micros};
  }
  return Invalid(fmt::format(
      "\"{}\" is not an amount of money; write a number and the unit, such as \"25 USD\"", text));
}

std::string FormatMoney(Money money) {
  std::int64_t micros = money.micro_usd < 0 ? -money.micro_usd : money.micro_usd;
  std::int64_t cents = (micros + 5'000) / 10'000;
  return fmt::format("{}${}.{:02}", money.micro_usd < 0 ? "-" : "", cents / 100, cents % 100);
}

}  // namespace mayfly
