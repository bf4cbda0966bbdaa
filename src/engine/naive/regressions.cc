#include "engine/naive/regressions.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
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

// What a window is besides its values: its fit, and the sizes that its figures have.
struct Shape {
  Parabola fit;
  long double deviation = 0;
  long double largest = 0;  // value, by size
};

// The four terms of regq in all windows of n rows that end in the last n rows.
struct Terms {
  std::vector<long double> quadratic, linear, constant, residual;
};

Shape ShapeOf(std::span<const long double> window);
Terms SlideTerms(std::span<const long double> values, std::size_t rows);

// One row of a family: where to look, and what was made of it before.
class Place {
 public:
  Place(std::string_view family_name, const BarView& view, const Options& wanted, std::size_t at)
      : family(family_name), bars(view), options(wanted), row(at) {}

  std::string_view family;
  const BarView& bars;
  const Options& options;
  std::size_t row;

  // The n rows that end at the place's row; empty where there are not so many without a NULL.
  std::span<const long double> Window(std::size_t n) {
    if (row + 1 < n) return {};
    if (series_.size() < n)
      series_ = Series(family, bars, options.baseline, {row + 1 - n, row + 1});
    const auto window = std::span<const long double>(series_).last(n);
    return HasNull(window) ? std::span<const long double>() : window;
  }
  // Of the same rows; they must be there.
  const Shape& Of(std::size_t n) {
    const auto known = shapes_.find(n);
    return known != shapes_.end() ? known->second : shapes_[n] = ShapeOf(Window(n));
  }
  // Needs Window(2 n - 1).
  const Terms& TermsOf(std::size_t n) {
    const auto known = terms_.find(n);
    return known != terms_.end() ? known->second : terms_[n] = SlideTerms(Window(2 * n - 1), n);
  }

  bool is_rate() const { return family.ends_with("_rate"); }
  long double epsilon() const { return options.compat_epsilon ? 1e-10L : 0; }

 private:
  std::vector<long double> series_;
  std::map<std::size_t, Shape> shapes_;
  std::map<std::size_t, Terms> terms_;
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

// Rounding of what is made of a window's values: of returns, each a sum of fifteen differences; and
// of a figure that stands at the level of the values.
double ShapeNoise(const Place& place, const Shape& of) {
  return place.is_rate() ? 0 : static_cast<double>(1e-13L * of.largest);
}
double LevelNoise(const Place& place, const Shape& of) {
  return ShapeNoise(place, of) + static_cast<double>(4e-15L * of.largest);
}

Cell ShapeCell(const Place& place, const Shape& of, long double value) {
  const auto scale = std::max(of.deviation, std::fabs(value));
  return {value, static_cast<double>(scale), ShapeNoise(place, of)};
}
// The deviation is the scale of a level too: what matters of it is how it moves.
Cell LevelCell(const Place& place, const Shape& of, long double value) {
  return {value, static_cast<double>(of.deviation), LevelNoise(place, of)};
}

// "a2_idx_w15", "vertex_x_bqx_agg".
Cell RegnCell(Place& place, std::string_view column) {
  const std::size_t last = column.rfind('_');
  const std::string_view name = column.substr(last + 1);
  const std::string_view figure = column.substr(0, last - 4);
  const std::size_t n = name == "agg" ? 90 : NumberIn(name.substr(1));
  if (place.Window(n).empty()) return {};
  const Shape& of = place.Of(n);
  const long double value = RegnFigure(figure, of.fit, n, place.epsilon());
  if (figure == "r2" || figure == "fit_quality") return {value, 1, 1e-12};
  // Ratios whose divisor may be anything are as good as what they are made of, no better.
  if (figure == "vertex_x" || figure == "extrapolation_error") return {value, 0, 0};
  const bool is_level = figure == "b" || figure == "vertex_y" || figure.starts_with("pred");
  return is_level ? LevelCell(place, of, value) : ShapeCell(place, of, value);
}

long double RegqFigure(std::string_view figure, std::span<const long double> window,
                       const Parabola& fit, const Place& place) {
  const auto n = static_cast<long double>(window.size());
  const long double half = (n - 1) / 2;
  const long double prediction = fit.At(half);
  if (figure == "quadratic_term") return fit.a2 * (n - 1) * (n - 1);
  if (figure == "linear_term") return (fit.a1 - 2 * half * fit.a2) * (n - 1);
  if (figure == "constant_term") return fit.At(-half);
  if (figure == "residual") return window.back() - prediction;
  if (figure == "prediction") return prediction;
  if (figure == "rmse") return std::sqrt(fit.ss_res / n);
  CHECK(figure == "r2", "an unknown figure of regq");
  if (place.is_rate()) return fit.ss_tot == 0 ? 0 : R2(fit, 0);
  return R2(fit, place.epsilon());
}

// "w60_quadratic_term".
Cell RegqCell(Place& place, std::string_view column) {
  const std::string_view figure = column.substr(column.find('_') + 1);
  const std::size_t n = NumberIn(column.substr(1));
  const auto window = place.Window(n);
  if (window.empty()) return {};
  const Shape& of = place.Of(n);
  const long double value = RegqFigure(figure, window, of.fit, place);
  if (figure == "r2") return {value, 1, 1e-12};
  const bool is_level = figure == "constant_term" || figure == "prediction";
  return is_level ? LevelCell(place, of, value) : ShapeCell(place, of, value);
}

const std::vector<long double>& TermNamed(const Terms& terms, std::string_view name) {
  if (name == "quad") return terms.quadratic;
  if (name == "lin") return terms.linear;
  if (name == "const") return terms.constant;
  CHECK(name == "resid", "an unknown term of regq");
  return terms.residual;
}

// "w60_cov_quad_lin". May be off by what either term may be, times the other.
Cell RegqCovCell(Place& place, std::string_view column) {
  const std::size_t n = NumberIn(column.substr(1));
  const std::size_t cov = column.find("_cov_") + 5;
  const std::size_t split = column.find('_', cov);
  // All values that the fits of the window's rows are made of.
  if (place.Window(2 * n - 1).empty()) return {};
  const Terms& terms = place.TermsOf(n);
  const long double value = Covariance(TermNamed(terms, column.substr(cov, split - cov)),
                                       TermNamed(terms, column.substr(split + 1)));
  const Shape& of = place.Of(2 * n - 1);
  const auto deviation = static_cast<double>(of.deviation);
  return {value, std::max(deviation * deviation, static_cast<double>(std::fabs(value))),
          deviation * LevelNoise(place, of)};
}

// The prices that a window of `rows` values is made of are all the same.
bool IsFlat(const Place& place, std::size_t rows) {
  const std::size_t first = place.row + 1 - rows - (place.is_rate() ? 0 : kReturnWindow);
  const auto prices = place.bars.close.subspan(first, place.row + 1 - first);
  return std::all_of(prices.begin(), prices.end(), [&](double p) { return p == prices[0]; });
}

long double WidthOf(std::span<const long double> window) {
  return 4 * std::sqrt(Covariance(window, window));
}

Cell PercentCell(const Place& place, std::span<const long double> window, const Shape& of) {
  const long double width = WidthOf(window);
  const long double above = window.back() - (MeanOf(window) - width / 2);
  const double noise = ShapeNoise(place, of);
  const bool is_flat = IsFlat(place, window.size());
  if (place.options.compat_epsilon) {
    const long double divisor = width + place.epsilon();
    return {above / divisor, 1, static_cast<double>(4 * noise / divisor)};
  }
  if (is_flat) return {};
  // Where rounding is all of the width, so it is of the place within.
  if (width <= noise) return {0.5L, 1, std::numeric_limits<double>::infinity()};
  const long double value = above / width;
  return {value, static_cast<double>(1 + std::fabs(value)), static_cast<double>(4 * noise / width)};
}

// "bb_middle_20", "bb_percent_b_60".
Cell BollingerCell(Place& place, std::string_view column) {
  const std::size_t last = column.rfind('_');
  const std::string_view figure = column.substr(3, last - 3);
  const std::size_t n = NumberIn(column.substr(last + 1));
  if (place.Window(n).empty()) return {};
  if (figure == "slope") {
    const auto both = place.Window(n + 1);
    if (both.empty()) return {};
    return ShapeCell(place, place.Of(n + 1), WidthOf(both.last(n)) - WidthOf(both.first(n)));
  }
  const auto window = place.Window(n);
  const Shape& of = place.Of(n);
  const long double middle = MeanOf(window);
  const long double width = WidthOf(window);
  if (figure == "middle") return LevelCell(place, of, middle);
  if (figure == "upper") return LevelCell(place, of, middle + width / 2);
  if (figure == "lower") return LevelCell(place, of, middle - width / 2);
  if (figure == "width") return ShapeCell(place, of, width);
  CHECK(figure == "percent_b", "an unknown figure of bollinger");
  return PercentCell(place, window, of);
}

Shape ShapeOf(std::span<const long double> window) {
  Shape of{.fit = Fit(window)};
  of.deviation = std::sqrt(of.fit.ss_tot / static_cast<long double>(window.size()));
  for (long double y : window) of.largest = std::max(of.largest, std::fabs(y));
  return of;
}

// Each window is the one before, less its first row and with the next (specification 2.0), in sums
// about the last value; from scratch a row would cost n^2.
Terms SlideTerms(std::span<const long double> values, std::size_t rows) {
  const auto n = static_cast<long double>(rows);
  const long double c = (n - 1) / 2, k = (n * n - 1) / 12;
  const long double u2 = n * k, p2 = n * (n * n - 1) * (n * n - 4) / 180;
  const auto z = [&](std::size_t i) { return values[i] - values.back(); };
  long double sy = 0, sxy = 0, sxxy = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto x = static_cast<long double>(i);
    sy += z(i);
    sxy += x * z(i);
    sxxy += x * x * z(i);
  }
  Terms terms;
  for (std::size_t first = 0;; ++first) {
    const long double b1 = (sxy - c * sy) / u2;
    const long double b2 = (sxxy - 2 * c * sxy + (c * c - k) * sy) / p2;
    const long double quadratic = b2 * (n - 1) * (n - 1);
    const long double linear = (b1 - 2 * c * b2) * (n - 1);
    const long double constant = sy / n - c * b1 + b2 * (c * c - k);  // about the last value
    terms.quadratic.push_back(quadratic);
    terms.linear.push_back(linear);
    terms.constant.push_back(constant);
    terms.residual.push_back(z(first + rows - 1) - (quadratic + linear + constant));
    if (first + rows == values.size()) return terms;
    const long double out = z(first), in = z(first + rows);
    sxxy += -2 * sxy + (sy - out) + (n - 1) * (n - 1) * in;
    sxy += -(sy - out) + (n - 1) * in;
    sy += in - out;
  }
}

Cell CellOf(Place& place, std::string_view column) {
  if (place.family.starts_with("regn_")) return RegnCell(place, column);
  if (place.family.starts_with("regq_cov_")) return RegqCovCell(place, column);
  if (place.family.starts_with("regq_")) return RegqCell(place, column);
  if (place.family.starts_with("bollinger_")) return BollingerCell(place, column);
  CHECK(false, "a family without a naive twin");
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
  Place place(family, bars, options, row);
  return CellOf(place, column).value;
}

void ParabolaCells(const RowRequest& request, std::span<Cell> out) {
  Place place(request.family.name(), request.bars, request.options, request.row);
  // All that any column needs, made once.
  place.Window(std::min(request.family.lookback(), request.row) + 1);
  for (std::size_t c = 0; c < out.size(); ++c) {
    out[c] = CellOf(place, request.family.columns()[c].name);
  }
}

}  // namespace mayfly::engine::naive
