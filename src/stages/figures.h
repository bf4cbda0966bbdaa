#pragma once
// Figures that a task takes while it writes, kept with its completion.

#include <cstdint>
#include <string>
#include <vector>

#include "model/shape.h"

namespace mayfly::stages {

struct LeafFigures {
  std::string leaf;
  std::int64_t rows = 0;
  std::vector<std::int64_t> nulls;  // per column; may be empty
};

// {"leaves": [{"leaf": …, "rows": …, "nulls": […]}], …}
std::string FiguresToJson(const std::vector<LeafFigures>& leaves);

}  // namespace mayfly::stages
