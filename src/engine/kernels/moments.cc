#include "engine/kernels/moments.h"

namespace mayfly::engine {

void WindowMoments::Resize(std::size_t rows) {
  reference.resize(rows);
  sum.resize(rows);
  squares.resize(rows);
}

void RollingMoments::Compute(const Stretch& series, std::size_t window, RowRange ends,
                             WindowMoments& out) {
  out.Resize(ends.size());
  double* reference = out.reference.data();
  double* sum = out.sum.data();
  double* squares = out.squares.data();
  SlideBlocks(series, window, ends, suffixes_,
              [&](std::size_t row, const State& state, const Anchor<double>& anchor) {
                const std::size_t i = row - ends.begin;
                reference[i] = anchor.reference;
                sum[i] = state.sum;
                squares[i] = state.squares;
              });
}

}  // namespace mayfly::engine
