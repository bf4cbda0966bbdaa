#include "engine/naive/windows.h"

#include <cmath>
#include <limits>

namespace mayfly::engine::naive {

WindowFigures Figures(std::span<const double> window) {
  WindowFigures figures{.max = -std::numeric_limits<double>::infinity(),
                        .min = std::numeric_limits<double>::infinity()};
  long double sum = 0;
  long double count = 0;
  for (double value : window) {
    if (std::isnan(value)) {
      figures.has_null = true;
      continue;
    }
    sum += value;
    ++count;
    figures.max = std::fmax(figures.max, value);
    figures.min = std::fmin(figures.min, value);
  }
  figures.mean = sum / count;
  long double squares = 0;
  for (double value : window) {
    if (!std::isnan(value)) squares += (value - figures.mean) * (value - figures.mean);
  }
  figures.stdev = count > 1 ? std::sqrt(squares / (count - 1)) : 0;
  return figures;
}

}  // namespace mayfly::engine::naive
