#include "adapters/postgres/query.h"

#include <fmt/format.h>

#include <iterator>

namespace mayfly::postgres {
namespace {

template <typename Numbers>
std::string NumberArray(const Numbers& numbers) {
  std::string literal = "{";
  for (const auto& number : numbers) fmt::format_to(std::back_inserter(literal), "{},", number);
  if (literal.size() > 1) literal.pop_back();
  return literal + "}";
}

std::string Quoted(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

}  // namespace

Params& Params::Add(std::string_view text) {
  values_.emplace_back(std::string(text));
  return *this;
}
Params& Params::Add(std::int64_t number) {
  values_.emplace_back(fmt::format("{}", number));
  return *this;
}
Params& Params::Add(double number) {
  values_.emplace_back(fmt::format("{}", number));
  return *this;
}
Params& Params::Add(std::span<const std::int64_t> numbers) { return Add(ArrayLiteral(numbers)); }
Params& Params::Add(std::span<const double> numbers) { return Add(ArrayLiteral(numbers)); }
Params& Params::Add(std::span<const std::string> texts) { return Add(ArrayLiteral(texts)); }
Params& Params::AddNull() {
  values_.emplace_back(std::nullopt);
  return *this;
}

std::vector<const char*> Params::Pointers() const {
  std::vector<const char*> pointers;
  pointers.reserve(values_.size());
  for (const auto& value : values_) pointers.push_back(value ? value->c_str() : nullptr);
  return pointers;
}

std::string ArrayLiteral(std::span<const std::int64_t> numbers) { return NumberArray(numbers); }
std::string ArrayLiteral(std::span<const double> numbers) { return NumberArray(numbers); }

std::string ArrayLiteral(std::span<const std::string> texts) {
  std::string literal = "{";
  for (const std::string& text : texts) {
    literal += '"';
    for (char c : text) {
      if (c == '"' || c == '\\') literal += '\\';
      literal += c;
    }
    literal += "\",";
  }
  if (literal.size() > 1) literal.pop_back();
  return literal + "}";
}

std::string QuoteName(std::string_view name) { return Quoted(name, '"'); }

std::string QuoteText(std::string_view text) { return Quoted(text, '\''); }

}  // namespace mayfly::postgres
