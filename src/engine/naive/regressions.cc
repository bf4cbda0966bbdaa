#include "engine/naive/regressions.h"

#include <fmt/format.h>

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

long double MeanOf(std::span<const long double> values) {
  long double sum = 0;
  for (long double value : values) sum += value - values.front();
  return values.front() + sum / static_cast<long double>(values.size());
}

long double Covariance(std::span<const long double> a, std::span<const long double> b) {
  const long double mean_a = MeanOf(a), mean_b = MeanOf(b);
  long double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum / static_cast<long double>(a.size() - 1);
}

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

long double RegqFigure(std::string_view figure, std::span<const long double> window,
                       const Place& place) {
  const Parabola fit = Fit(window);
  const auto n = static_cast<long double>(window.size());
  const long double half = (n - 1) / 2;
  const long double prediction = fit.At(half);
  const bool is_rate = place.family.ends_with("_rate");
  if (figure == "quadratic_term") return fit.a2 * (n - 1) * (n - 1);
  if (figure == "linear_term") return (fit.a1 - 2 * half * fit.a2) * (n - 1);
  if (figure == "constant_term") return fit.At(-half);
  if (figure == "residual") return window.back() - prediction;
  if (figure == "prediction") return prediction;
  if (figure == "rmse") return std::sqrt(fit.ss_res / n);
  CHECK(figure == "r2", "an unknown figure of regq");
  if (is_rate) return fit.ss_tot == 0 ? 0 : R2(fit, 0);
  return R2(fit, place.Epsilon());
}

// "w60_quadratic_term".
long double RegqValue(const Place& place, std::string_view column) {
  const std::size_t split = column.find('_');
  const std::vector<long double> window = place.Window(NumberIn(column.substr(1)));
  return window.empty() ? kNull : RegqFigure(column.substr(split + 1), window, place);
}

std::string_view TermNamed(std::string_view name) {
  if (name == "quad") return "quadratic_term";
  if (name == "lin") return "linear_term";
  if (name == "const") return "constant_term";
  CHECK(name == "resid", "an unknown term of regq");
  return "residual";
}

// "w60_cov_quad_lin".
long double RegqCovValue(const Place& place, std::string_view column) {
  const std::size_t n = NumberIn(column.substr(1));
  const std::size_t cov = column.find("_cov_") + 5;
  const std::size_t split = column.find('_', cov);
  // All values that the fits of the window's rows are made of.
  const std::vector<long double> values = place.Window(2 * n - 1);
  if (values.empty()) return kNull;
  std::vector<long double> a, b;
  for (std::size_t first = 0; first < n; ++first) {
    const auto window = std::span(values).subspan(first, n);
    a.push_back(RegqFigure(TermNamed(column.substr(cov, split - cov)), window, place));
    b.push_back(RegqFigure(TermNamed(column.substr(split + 1)), window, place));
  }
  return Covariance(a, b);
}

// The prices that a window of `rows` values is made of are all the same.
bool IsFlat(const Place& place, std::size_t rows) {
  const std::size_t first =
      place.row + 1 - rows - (place.family.ends_with("_bqx") ? kReturnWindow : 0);
  const auto prices = place.bars.close.subspan(first, place.row + 1 - first);
  return std::all_of(prices.begin(), prices.end(), [&](double p) { return p == prices[0]; });
}

// "bb_middle_20", "bb_percent_b_60".
long double BollingerValue(const Place& place, std::string_view column) {
  const std::size_t last = column.rfind('_');
  const std::string_view figure = column.substr(3, last - 3);
  const std::size_t n = NumberIn(column.substr(last + 1));
  const std::vector<long double> window = place.Window(n);
  if (window.empty()) return kNull;
  const long double middle = MeanOf(window);
  const long double width = 4 * std::sqrt(Covariance(window, window));
  if (figure == "middle") return middle;
  if (figure == "upper") return middle + width / 2;
  if (figure == "lower") return middle - width / 2;
  if (figure == "width") return width;
  if (figure == "slope") {
    if (place.row == 0) return kNull;
    return width - BollingerValue(place.At(place.row - 1), fmt::format("bb_width_{}", n));
  }
  CHECK(figure == "percent_b", "an unknown figure of bollinger");
  const long double above = window.back() - (middle - width / 2);
  if (place.options.compat_epsilon) return above / (width + place.Epsilon());
  if (width == 0) return IsFlat(place, n) ? kNull : 0.5L;
  return above / width;
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
  if (family.starts_with("regq_cov_")) return RegqCovValue(place, column);
  if (family.starts_with("regq_")) return RegqValue(place, column);
  if (family.starts_with("bollinger_")) return BollingerValue(place, column);
  CHECK(false, "a family without a naive twin");
}

}  // namespace mayfly::engine::naive
