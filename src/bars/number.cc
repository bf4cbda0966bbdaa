#include "bars/number.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/text.h"

namespace mayfly::bars {
namespace {

bool ParsePlain(std::string_view text, double& value) {
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  return status == std::errc() && stop == end && std::isfinite(value);
}

}  // namespace

std::string_view Bare(std::string_view field) {
  field = Trim(field);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    field = Trim(field.substr(1, field.size() - 2));
  }
  return field;
}

bool ParseUnusualNumber(std::string_view field, char separator, double& value) {
  field = Bare(field);
  if (field.empty() || field == "\\N" || field == "NULL" || field == "null") {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (field.front() == '+') {
    field.remove_prefix(1);
    if (field.empty() || field.front() == '-') return false;
  }
  if (separator == ',' || std::count(field.begin(), field.end(), ',') != 1) {
    return ParsePlain(field, value);
  }
  if (field.find('.') != std::string_view::npos) return false;
  std::string with_point(field);
  std::replace(with_point.begin(), with_point.end(), ',', '.');
  return ParsePlain(with_point, value);
}

}  // namespace mayfly::bars
