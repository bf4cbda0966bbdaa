#include "engine/naive/regressions.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "base/check.h"
#include "engine/naive/families.h"

namespace mayfly::engine::naive {
namespace {

constexpr long double kNull = std::numeric_limits<long double>::quiet_NaN();
constexpr std::size_t kReturnWindow = 15;

std::size_t NumberIn(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  CHECK(number > 0, "a column of a window is named after its length");
  return number;
}

long double Ratio(long double a, long double b) { return b == 0 ? kNull : a / b; }

bool HasNull(std::span<const long double> window) {
  return std::any_of(window.begin(), window.end(), [](long double v) { return std::isnan(v); });
}

// What the request and the column's name say, and where to look.
struct Place {
  std::string_view family;
  const BarView& bars;
  const Options& options;
  std::size_t row;

  // The n rows that end at the place's row; empty where there are not so many without a NULL.
  std::vector<long double> Window(std::size_t n) const {
    if (row + 1 < n) return {};
    std::vector<long double> window =
        Series(family, bars, options.baseline, {row + 1 - n, row + 1});
    if (HasNull(window)) window.clear();
    return window;
  }
  long double Epsilon() const { return options.compat_epsilon ? 1e-10L : 0; }
  Place At(std::size_t other) const { return {family, bars, options, other}; }
};

long double R2(const Parabola& fit, long double epsilon) {
  const long double share = Ratio(fit.ss_res, fit.ss_tot + epsilon);
  return 1 - share;
}

long double RegnFigure(std::string_view figure, const Parabola& fit, std::size_t rows,
                       long double epsilon) {
  const auto n = static_cast<long double>(rows);
  const long double scale = std::sqrt((n * n - 1) / 12) + epsilon;
  const long double a2 = fit.a2 * scale * scale;
  const long double a1 = fit.a1 * scale;
  const long double rmse = std::sqrt(fit.ss_res / n);
  const long double prediction = fit.At((n - 1) / 2);
  const long double vertex = Ratio(-a1, 2 * a2 + epsilon);
  if (figure == "a2") return a2;
  if (figure == "a1") return a1;
  if (figure == "b") return fit.a0;
  if (figure == "r2" || figure == "fit_quality") return R2(fit, epsilon);
  if (figure == "rmse" || figure == "residual_std") return rmse;
  if (figure == "residual_mean") return 0;
  if (figure == "pred_interval_lower") return prediction - 1.96L * rmse;
  if (figure == "pred_interval_upper") return prediction + 1.96L * rmse;
  if (figure == "prediction") return prediction;
  if (figure == "vertex_x") return vertex;
  if (figure == "vertex_y") return (a2 * vertex + a1) * vertex + fit.a0;
  if (figure == "curvature") return std::fabs(a2);
  CHECK(figure == "extrapolation_error", "an unknown figure of regn");
  return Ratio(rmse, std::fabs(prediction) + epsilon);
}

// "a2_idx_w15", "vertex_x_bqx_agg".
long double RegnValue(const Place& place, std::string_view column) {
  const std::size_t last = column.rfind('_');
  const std::string_view name = column.substr(last + 1);
  const std::size_t n = name == "agg" ? 90 : NumberIn(name.substr(1));
  const std::vector<long double> window = place.Window(n);
  if (window.empty()) return kNull;
  return RegnFigure(column.substr(0, last - 4), Fit(window), n, place.Epsilon());
}

}  // namespace

std::vector<long double> Series(std::string_view family, const BarView& bars, double baseline,
                                RowRange range) {
  std::vector<long double> series;
  for (std::size_t row = range.begin; row < range.end; ++row) {
    const long double x = RateIndexValue(bars, baseline, "rate_index", row);
    if (family.ends_with("_rate")) {
      series.push_back(x);
      continue;
    }
    CHECK(family.ends_with("_bqx"), "a family's name says over what it is");
    long double sum = row < kReturnWindow || x == 0 ? kNull : 0;
    for (std::size_t back = 1; back <= kReturnWindow && !std::isnan(sum); ++back) {
      sum += (RateIndexValue(bars, baseline, "rate_index", row - back) - x) / x;
    }
    series.push_back(sum);
  }
  return series;
}

Parabola Fit(std::span<const long double> window) {
  const auto n = static_cast<long double>(window.size());
  long double mean = 0;
  for (long double y : window) mean += y / n;
  // The normal equations of 1, u, u^2; the odd ones stand alone because u is symmetric.
  long double s2 = 0, s4 = 0, y0 = 0, y1 = 0, y2 = 0;
  const auto u_of = [&](std::size_t i) { return static_cast<long double>(i) - (n - 1) / 2; };
  for (std::size_t i = 0; i < window.size(); ++i) {
    const long double u = u_of(i), d = window[i] - mean;
    s2 += u * u;
    s4 += u * u * u * u;
    y0 += d;
    y1 += u * d;
    y2 += u * u * d;
  }
  Parabola fit;
  fit.a1 = y1 / s2;
  fit.a2 = (n * y2 - s2 * y0) / (n * s4 - s2 * s2);
  const long double a0 = (y0 - fit.a2 * s2) / n;
  for (std::size_t i = 0; i < window.size(); ++i) {
    const long double u = u_of(i), d = window[i] - mean;
    const long double left = d - ((fit.a2 * u + fit.a1) * u + a0);
    fit.ss_res += left * left;
    fit.ss_tot += d * d;
  }
  fit.a0 = mean + a0;
  const bool is_flat =
      std::all_of(window.begin(), window.end(), [&](long double y) { return y == window.front(); });
  return is_flat ? Parabola{.a0 = window.front()} : fit;
}

long double Value(std::string_view family, const BarView& bars, const Options& options,
                  std::string_view column, std::size_t row) {
  const Place place{family, bars, options, row};
  if (family.starts_with("regn_")) return RegnValue(place, column);
  CHECK(false, "a family without a naive twin");
}

}  // namespace mayfly::engine::naive
