#pragma once
// The numbers of a bar file. Internal to bars/.

#include <charconv>
#include <cmath>
#include <string_view>

namespace mayfly::bars {

// Without the blanks and the one pair of double quotes around it.
std::string_view Bare(std::string_view field);

// The forms that are rare: blanks, quotes, a leading '+', a decimal comma (unless `separator` is
// the comma), and NULL: an empty field, \N, NULL. False when it is not a finite decimal.
bool ParseUnusualNumber(std::string_view field, char separator, double& value);

// A decimal number, or NaN for a NULL. False, and `value` is anything, for all else.
inline bool ParseNumber(std::string_view field, char separator, double& value) {
  const char* end = field.data() + field.size();
  const auto [stop, status] = std::from_chars(field.data(), end, value);
  if (status == std::errc() && stop == end && std::isfinite(value)) return true;
  return ParseUnusualNumber(field, separator, value);
}

}  // namespace mayfly::bars
