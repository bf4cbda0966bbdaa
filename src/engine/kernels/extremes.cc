#include "engine/kernels/extremes.h"

namespace mayfly::engine {

void WindowExtremes::Resize(std::size_t rows) {
  max.resize(rows);
  min.resize(rows);
}

void RollingExtremes::Compute(const Stretch& series, std::size_t window, RowRange ends,
                              WindowExtremes& out) {
  out.Resize(ends.size());
  double* max = out.max.data();
  double* min = out.min.data();
  SlideBlocks(series, window, ends, suffixes_,
              [&](std::size_t row, const State& state, const Anchor<double>&) {
                max[row - ends.begin] = state.max;
                min[row - ends.begin] = state.min;
              });
}

}  // namespace mayfly::engine
