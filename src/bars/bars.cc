#include "bars/bars.h"

namespace mayfly::bars {

std::optional<BarColumn> BarColumnFromName(std::string_view name) {
  for (BarColumn column : kBarColumns) {
    if (BarColumnName(column) == name) return column;
  }
  return std::nullopt;
}

}  // namespace mayfly::bars
