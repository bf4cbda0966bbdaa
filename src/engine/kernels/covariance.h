#pragma once
// Sample covariances of four series over sliding windows, by the block scheme of block_slide.h.

#include <array>
#include <vector>

#include "engine/kernels/block_slide.h"
#include "engine/kernels/stretch.h"

namespace mayfly::engine {

// Four series over the same rows.
struct FourSeries {
  std::size_t first = 0;
  std::array<const double*, 4> values = {};  // each from row `first` on; borrowed

  std::array<double, 4> operator[](std::size_t row) const {
    const std::size_t i = row - first;
    return {values[0][i], values[1][i], values[2][i], values[3][i]};
  }
};

class RollingCovariance {
 public:
  // Where the covariances go, each with an entry for each row of `ends`: of the series 0 and 1,
  // 0 and 2, 0 and 3, 1 and 2, 1 and 3, 2 and 3.
  using Columns = std::array<double*, 6>;

  // The `window` rows that end at each row of `ends`, itself included, with n - 1 below. Needs
  // window >= 2, ends.begin >= window - 1, and all those rows in `series`. A NULL in the window
  // makes the covariances of its series NaN, and no other window's.
  void Compute(const FourSeries& series, std::size_t window, RowRange ends, const Columns& to);

 private:
  struct State {
    std::array<double, 4> sums = {};
    std::array<double, 6> products = {};

    void Add(const std::array<double, 4>& sample, std::size_t,
             const Anchor<std::array<double, 4>>& anchor);
    void Merge(const State& later);
  };
  std::vector<State> suffixes_;
};

}  // namespace mayfly::engine
