#include "engine/naive/identities.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "base/check.h"

namespace mayfly::engine::naive {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kUlps = 8 * std::numeric_limits<double>::epsilon();

class Collector {
 public:
  Collector(const Family& family, std::span<const double> row) : family_(family), row_(row) {}

  double Of(std::string_view column) const {
    const auto columns = family_.columns();
    const auto at = std::find_if(columns.begin(), columns.end(),
                                 [&](const FamilyColumn& c) { return c.name == column; });
    CHECK(at != columns.end(), "an identity is of columns of its family");
    return row_[static_cast<std::size_t>(at - columns.begin())];
  }

  void Between(const std::string& column, double low, double high) {
    const double value = Of(column);
    if (std::isnan(value) || std::isnan(low) || std::isnan(high)) return;
    found.push_back({column, low, high, value});
  }

  // NULL where `expected` is, and nowhere else.
  void Equal(const std::string& column, double expected, double slack) {
    const double value = Of(column);
    if (std::isnan(value) && std::isnan(expected)) return;
    found.push_back({column, expected - slack, expected + slack, value});
  }

  std::vector<Identity> found;

 private:
  const Family& family_;
  std::span<const double> row_;
};

void OfBqxWindow(Collector& of, int window, double relative) {
  const std::string prefix = fmt::format("w{}_bqx_", window);
  const double x = of.Of("rate_index");
  const double min = of.Of(prefix + "min_index"), max = of.Of(prefix + "max_index");
  const double avg = of.Of(prefix + "avg_index");
  const double ulps = kUlps * std::fabs(max);
  const double spread = std::fmax(max, x) - std::fmin(min, x);
  of.Between(prefix + "avg_index", min - ulps, max + ulps);
  of.Between(prefix + "stdev_index", 0, (max - min) * (1 + relative));
  if (x == 0) return;
  // The right sides have only the digits that values at a level leave.
  const double slack = relative * spread / std::fabs(x) + kUlps;
  of.Equal(prefix + "return", window * (avg / x - 1), window * slack);
  const double low = (min - x) / x, high = (max - x) / x;
  of.Between(prefix + "endpoint", std::fmin(low, high) - slack, std::fmax(low, high) + slack);
}

void OfBqx(Collector& of, double relative) {
  for (const int window : {15, 30, 45, 60, 75}) OfBqxWindow(of, window, relative);
  for (const char* figure : {"return", "max_index", "min_index", "avg_index", "stdev_index"}) {
    of.Equal(fmt::format("agg_bqx_{}", figure), of.Of(fmt::format("w75_bqx_{}", figure)), 0);
  }
  const double x = of.Of("rate_index");
  if (x == 0) return;
  const double range = (of.Of("w75_bqx_max_index") - of.Of("w75_bqx_min_index")) / x;
  const double volatility = of.Of("w75_bqx_stdev_index") / x;
  of.Equal("agg_bqx_range", range, 2 * relative * std::fabs(range) + kUlps);
  of.Equal("agg_bqx_volatility", volatility, 2 * relative * std::fabs(volatility));
}

void OfRegn(Collector& of, const std::string& suffix, double relative) {
  const auto value = [&](const char* figure) { return of.Of(figure + suffix); };
  const double rmse = value("rmse"), prediction = value("prediction");
  of.Between("rmse" + suffix, 0, kInfinity);
  of.Between("r2" + suffix, -relative, 1 + relative);
  of.Equal("fit_quality" + suffix, value("r2"), relative);
  of.Equal("residual_std" + suffix, rmse, 0);
  of.Equal("curvature" + suffix, std::fabs(value("a2")), 0);
  const double slack = relative * rmse + kUlps * std::fabs(prediction);
  of.Equal("pred_interval_lower" + suffix, prediction - 1.96 * rmse, slack);
  of.Equal("pred_interval_upper" + suffix, prediction + 1.96 * rmse, slack);
}

void OfRegq(Collector& of, const std::string& prefix, double relative) {
  const auto value = [&](const char* figure) { return of.Of(prefix + figure); };
  const double quadratic = value("quadratic_term"), linear = value("linear_term");
  const double constant = value("constant_term");
  of.Between(prefix + "rmse", 0, kInfinity);
  of.Between(prefix + "r2", -relative, 1 + relative);
  const double size = std::fabs(quadratic) + std::fabs(linear);
  of.Equal(prefix + "prediction", quadratic + linear + constant,
           relative * size + kUlps * std::fabs(constant));
}

void OfBollinger(Collector& of, int window, double relative) {
  const auto value = [&](const char* figure) {
    return of.Of(fmt::format("bb_{}_{}", figure, window));
  };
  const double middle = value("middle"), width = value("width");
  const double slack = relative * width + kUlps * std::fabs(middle);
  of.Between(fmt::format("bb_width_{}", window), 0, kInfinity);
  of.Equal(fmt::format("bb_upper_{}", window), middle + width / 2, slack);
  of.Equal(fmt::format("bb_lower_{}", window), middle - width / 2, slack);
}

}  // namespace

bool Identity::holds() const {
  if (std::isnan(low) || std::isnan(high)) return std::isnan(value);
  return value >= low && value <= high;
}

std::vector<Identity> IdentitiesOf(const Family& family, std::span<const double> row,
                                   double relative) {
  Collector of(family, row);
  const std::string_view name = family.name();
  if (name == "bqx") OfBqx(of, relative);
  if (name.starts_with("regn_")) {
    const std::string domain = name.ends_with("_rate") ? "_idx_" : "_bqx_";
    for (const char* window : {"w15", "w30", "w45", "w60", "w75", "agg"}) {
      OfRegn(of, domain + window, relative);
    }
  }
  if (name.starts_with("regq_") && !name.starts_with("regq_cov_")) {
    for (const int window : {60, 90, 150, 240, 390, 630}) {
      OfRegq(of, fmt::format("w{}_", window), relative);
    }
  }
  if (name.starts_with("bollinger_")) {
    for (const int window : {20, 30, 60, 120}) OfBollinger(of, window, relative);
  }
  return std::move(of.found);
}

}  // namespace mayfly::engine::naive
