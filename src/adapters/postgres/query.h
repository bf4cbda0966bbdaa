#pragma once
// One SQL statement of sql/queries, embedded at build, and the values of its parameters.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::postgres {

struct Query {
  const char* name;  // of the file, and of the prepared statement
  const char* text;
};

// Values for $1, $2, … in order, in PostgreSQL's text form.
class Params {
 public:
  Params& Add(std::string_view text);
  Params& Add(const std::string& text) { return Add(std::string_view(text)); }
  Params& Add(const char* text) { return Add(std::string_view(text)); }
  Params& Add(std::int64_t number);
  Params& Add(int number) { return Add(static_cast<std::int64_t>(number)); }
  Params& Add(bool truth) { return Add(std::string_view(truth ? "t" : "f")); }
  Params& Add(double number);
  Params& Add(std::span<const std::int64_t> numbers);
  Params& Add(std::span<const double> numbers);
  Params& Add(std::span<const std::string> texts);
  Params& AddNull();

  template <typename T>
  Params& Add(const std::optional<T>& value) {
    return value ? Add(*value) : AddNull();
  }

  int size() const { return static_cast<int>(values_.size()); }

  // Valid until the next Add.
  std::vector<const char*> Pointers() const;

 private:
  std::vector<std::optional<std::string>> values_;
};

// "{1,2,3}", "{\"a\",\"b\"}": array literals.
std::string ArrayLiteral(std::span<const std::int64_t> numbers);
std::string ArrayLiteral(std::span<const double> numbers);
std::string ArrayLiteral(std::span<const std::string> texts);

// "\"name\"" and "'text'", safe in any statement (standard_conforming_strings is on).
std::string QuoteName(std::string_view name);
std::string QuoteText(std::string_view text);

}  // namespace mayfly::postgres
