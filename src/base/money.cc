#include "base/money.h"

#include <fmt/format.h>

namespace mayfly {
namespace {

constexpr std::int64_t kMicros = 1'000'000;
constexpr std::int64_t kCent = 10'000;

// "19.13" to micro-dollars; nullopt where it is not a plain decimal with at most six places, or too
// long to count.
std::optional<std::int64_t> Micros(std::string_view number) {
  std::int64_t value = 0;
  int places = -1;
  bool any = false;
  for (char c : number) {
    if (c == '.') {
      if (places >= 0) return std::nullopt;
      places = 0;
      continue;
    }
    if (c < '0' || c > '9' || places >= 6) return std::nullopt;
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, std::int64_t{c - '0'}, &value)) return std::nullopt;
    any = true;
    if (places >= 0) ++places;
  }
  if (!any) return std::nullopt;
  for (int p = places < 0 ? 0 : places; p < 6; ++p) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return std::nullopt;
  }
  return value;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

// What is wrong with a text that is no amount, and the next step.
Error NoAmount(std::string_view text) {
  std::size_t space = text.find(' ');
  std::string_view number = text.substr(0, space);
  std::string_view unit = space == std::string_view::npos ? "" : text.substr(space + 1);
  std::string_view wrong = "is not an amount of money";
  if (number.starts_with('-')) {
    wrong = "is negative";
  } else if (unit.empty() && IsNumber(number)) {
    wrong = "has no unit";
  } else if (!unit.empty() && unit != "USD" && IsNumber(number)) {
    wrong = "is in another currency; money is counted in USD only";
  } else if (unit == "USD" && IsNumber(number)) {
    wrong = "has more than six decimal places, two points, or too many digits";
  }
  return Invalid(fmt::format(
      "\"{}\" {}; write a number and the unit, such as \"25 USD\" or \"0.0208 USD\"", text, wrong));
}

std::string_view SignOf(Money money) { return money.micro_usd < 0 ? "-" : ""; }

std::int64_t Magnitude(Money money) {
  return money.micro_usd < 0 ? -money.micro_usd : money.micro_usd;
}

}  // namespace

Result<Money> ParseMoney(std::string_view text) {
  std::size_t space = text.find(' ');
  bool has_unit = space != std::string_view::npos && text.substr(space + 1) == "USD";
  std::optional<std::int64_t> micros;
  if (has_unit) micros = Micros(text.substr(0, space));
  if (!micros) return NoAmount(text);
  if (*micros > kMostMoney.micro_usd) {
    return Invalid(
        fmt::format("\"{}\" is more than the 1000000000 USD that mayfly counts to; is a "
                    "digit too many?",
                    text));
  }
  return Money{*micros};
}

std::string FormatMoney(Money money) {
  std::int64_t micros = Magnitude(money);
  if (micros > 0 && micros < kCent) {
    return fmt::format("{}0.{:06} USD", SignOf(money), micros);
  }
  std::int64_t cents = (micros + kCent / 2) / kCent;
  return fmt::format("{}{}.{:02} USD", SignOf(money), cents / 100, cents % 100);
}

std::string FormatExactMoney(Money money) {
  std::int64_t micros = Magnitude(money);
  std::string text = fmt::format("{}{}.{:06}", SignOf(money), micros / kMicros, micros % kMicros);
  std::size_t least = text.find('.') + 3;
  while (text.size() > least && text.back() == '0') text.pop_back();
  return text + " USD";
}

}  // namespace mayfly
