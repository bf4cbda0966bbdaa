#include "engine/kernels/quadratic.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace mayfly::engine {
namespace {

// Below this share of the whole the rest has lost four digits: it is computed again, directly.
constexpr double kNearPerfect = 1e-4;

struct Sums {
  double sum = 0, first = 0, second = 0, squares = 0;

  void Add(double z, double x) {
    const double xz = x * z;
    sum += z;
    first += xz;
    second += x * xz;
    squares += z * z;
  }
};

// The mean squared residual of a window, from the residuals themselves. Twice over: the second fit
// takes out what rounding left of the first.
double MeanSquareDirectly(std::span<const double> window, const FitConstants& of,
                          std::vector<double>& residuals) {
  residuals.assign(window.begin(), window.end());
  for (double& value : residuals) value -= window.back();
  for (int pass = 0; pass < 2; ++pass) {
    double sum = 0, first = 0, second = 0;
    double u = -of.half;
    for (double value : residuals) {
      sum += value;
      first += u * value;
      second += (u * u - of.mean_square) * value;
      u += 1;
    }
    const double offset = sum * of.inverse_n;
    const double slope = first * of.inverse_u2;
    const double bend = second * of.inverse_u4;
    u = -of.half;
    for (double& value : residuals) {
      value -= offset + slope * u + bend * (u * u - of.mean_square);
      u += 1;
    }
  }
  double squares = 0;
  for (double value : residuals) squares += value * value;
  return squares * of.inverse_n;
}

}  // namespace

void WindowFits::Resize(std::size_t rows) {
  for (auto* column : {&reference, &offset, &slope, &bend, &rmse}) column->resize(rows);
}

FitConstants::FitConstants(std::size_t window)
    : n(static_cast<double>(window)),
      half((n - 1) / 2),
      mean_square((n * n - 1) / 12),
      inverse_n(1 / n),
      u2(n * (n * n - 1) / 12),
      u4(n * (n * n - 1) * (n * n - 4) / 180),
      inverse_u2(1 / u2),
      inverse_u4(1 / u4) {}

// The windows that begin at rows [begin, end) of a block, counted from the block's first row, and
// where they go in the output.
struct RollingQuadratic::Part {
  std::size_t window, begin, end, at;
};

// `cut` points at the first value of the later block. See block_slide.h for the two walks.
void RollingQuadratic::ScanBlock(const double* cut, const Part& part) {
  const std::size_t rows = part.end - part.begin;
  double* __restrict const sum = sum_.data() + part.at;
  double* __restrict const first = first_.data() + part.at;
  double* __restrict const second = second_.data() + part.at;
  double* __restrict const squares = squares_.data() + part.at;
  const double reference = cut[-1];

  const double* value = cut - 1;
  double x = -1;
  Sums suffix;
  for (std::size_t left = part.window - part.end; left-- > 0; x -= 1) {
    suffix.Add(*value-- - reference, x);
  }
  for (std::size_t i = rows; i-- > 0; x -= 1) {
    suffix.Add(*value-- - reference, x);
    sum[i] = suffix.sum;
    first[i] = suffix.first;
    second[i] = suffix.second;
    squares[i] = suffix.squares;
  }

  value = cut;
  x = 0;
  Sums prefix;
  for (std::size_t left = part.begin; left-- > 0; x += 1) prefix.Add(*value++ - reference, x);
  for (std::size_t i = 0;; x += 1) {
    sum[i] += prefix.sum;
    first[i] += prefix.first;
    second[i] += prefix.second;
    squares[i] += prefix.squares;
    if (++i == rows) break;  // the next row is in no window of this part
    prefix.Add(*value++ - reference, x);
  }
}

void RollingQuadratic::Finish(const FitConstants& of, std::size_t rows, WindowFits& out) {
  const double* __restrict const t0 = sum_.data();
  const double* __restrict const t1 = first_.data();
  const double* __restrict const t2 = second_.data();
  const double* __restrict const squares = squares_.data();
  const double* __restrict const middle = middle_.data();
  double* __restrict const offset = out.offset.data();
  double* __restrict const slope = out.slope.data();
  double* __restrict const bend = out.bend.data();
  double* __restrict const rest = rest_.data();
  double* __restrict const whole = whole_.data();
  const FitConstants k = of;  // a copy: nothing that the loops write can be it
  // Three loops, because compilers give up on vectors where too many columns might overlap.
  for (std::size_t i = 0; i < rows; ++i) {
    const double m = middle[i];
    const double u1 = t1[i] - m * t0[i];
    const double u2 = t2[i] - m * (t1[i] + u1) - k.mean_square * t0[i];
    slope[i] = u1 * k.inverse_u2;
    bend[i] = u2 * k.inverse_u4;
  }
  for (std::size_t i = 0; i < rows; ++i) offset[i] = t0[i] * k.inverse_n;
  for (std::size_t i = 0; i < rows; ++i) {
    const double all = squares[i] - t0[i] * t0[i] * k.inverse_n;
    whole[i] = all;
    rest[i] = all - slope[i] * slope[i] * k.u2 - bend[i] * bend[i] * k.u4;
  }
}

void RollingQuadratic::RefitNearPerfect(const Stretch& series, const FitConstants& of,
                                        RowRange ends, WindowFits& out) {
  const double* __restrict const rest = rest_.data();
  const double* __restrict const whole = whole_.data();
  std::int64_t suspects = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    suspects += rest[i] < kNearPerfect * whole[i] ? 1 : 0;
  }
  if (suspects == 0) return;
  const auto window = static_cast<std::size_t>(of.n);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (!(rest[i] < kNearPerfect * whole[i])) continue;
    const std::span<const double> rows(series.at(ends.begin + i + 1 - window), window);
    out.rmse[i] = std::sqrt(MeanSquareDirectly(rows, of, residuals_));
  }
}

void RollingQuadratic::Compute(const Stretch& series, std::size_t window, RowRange ends,
                               WindowFits& out) {
  const std::size_t rows = ends.size();
  out.Resize(rows);
  for (auto* scratch : {&sum_, &first_, &second_, &squares_, &middle_, &rest_, &whole_}) {
    scratch->resize(std::max(scratch->size(), rows));
  }
  const FitConstants of(window);
  for (std::size_t at = 0; at < rows;) {
    const std::size_t start = ends.begin + at + 1 - window;
    const std::size_t begin = start % window;
    const std::size_t end = std::min(window, begin + (rows - at));
    const double* const cut = series.at(start - begin + window);
    ScanBlock(cut, {window, begin, end, at});
    std::fill_n(out.reference.begin() + static_cast<std::ptrdiff_t>(at), end - begin, cut[-1]);
    // A window that begins `row` rows into the block has its middle here, from the cut.
    double m = static_cast<double>(begin) - (of.n + 1) / 2;
    for (std::size_t row = begin; row < end; ++row, m += 1) middle_[at + row - begin] = m;
    at += end - begin;
  }
  Finish(of, rows, out);
  for (std::size_t i = 0; i < rows; ++i) out.rmse[i] = std::sqrt(rest_[i] * of.inverse_n);
  RefitNearPerfect(series, of, ends, out);
}

}  // namespace mayfly::engine
