#pragma once
// Maxima and minima over sliding windows.

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <cstddef>
#include <limits>
#include <vector>

#include "engine/kernels/block_slide.h"
#include "engine/kernels/stretch.h"

namespace mayfly::engine {

// value > best ? value : best, and value < best ? value : best: a NaN in `value` is passed over.
// Compilers make a branch of that, which random prices mispredict every few rows (three times the
// time per row); the x86 instruction means exactly the same.
#ifdef __SSE2__
inline double Larger(double value, double best) {
  return _mm_cvtsd_f64(_mm_max_sd(_mm_set_sd(value), _mm_set_sd(best)));
}
inline double Smaller(double value, double best) {
  return _mm_cvtsd_f64(_mm_min_sd(_mm_set_sd(value), _mm_set_sd(best)));
}
#else
inline double Larger(double value, double best) { return value > best ? value : best; }
inline double Smaller(double value, double best) { return value < best ? value : best; }
#endif

struct WindowExtremes {
  std::vector<double> max;
  std::vector<double> min;

  void Resize(std::size_t rows);
};

class RollingExtremes {
 public:
  // Fills `out` with one entry for each row of `ends`: the `window` rows that end there, itself
  // included. Needs window >= 1, ends.begin >= window - 1, and all those rows in `series`.
  // A NULL in the window is passed over: the extreme is that of the others (-inf and +inf when
  // there are none). The caller knows from the window's moments that there was one.
  void Compute(const Stretch& series, std::size_t window, RowRange ends, WindowExtremes& out);

 private:
  struct State {
    double max = -std::numeric_limits<double>::infinity();
    double min = std::numeric_limits<double>::infinity();

    void Add(double value, std::size_t, const Anchor<double>&) {
      max = Larger(value, max);
      min = Smaller(value, min);
    }
    void Merge(const State& later) {
      max = Larger(later.max, max);
      min = Smaller(later.min, min);
    }
  };
  std::vector<State> suffixes_;
};

}  // namespace mayfly::engine
