// The regn families (specification 2.1.2): y = a2 v^2 + a1 v + b by least squares over the last n
// rows, the current one among them, where v is the row's number in the window, standardised: with
// u = row - middle and s = the standard deviation of u, v = u / s.
//
// Of the fifteen figures of a window four are stored: a2, a1, b and rmse. The others are arithmetic
// on those, r2 included: 1, v and v^2 - 1 are orthogonal over the window, so the variance that the
// parabola explains is a1^2 + c a2^2 with c = mean((v^2 - 1)^2), and
//   r2 = 1 - rmse^2 / (a1^2 + c a2^2 + rmse^2)
// is a sum of squares under a fraction, where 1 - SSres / SStot takes a difference.
//
// The first implementation divided by s + 1e-10, by SStot + 1e-10 and so on; compat_epsilon does.

#include "engine/families/regn.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "engine/families/fill_column.h"
#include "engine/kernels/quadratic.h"

namespace mayfly::engine {
namespace {

struct Window {
  std::size_t rows;
  const char* name;
};
constexpr std::array kWindows = {Window{15, "w15"}, Window{30, "w30"}, Window{45, "w45"},
                                 Window{60, "w60"}, Window{75, "w75"}, Window{90, "agg"}};
constexpr std::size_t kLongest = kWindows.back().rows;
constexpr std::size_t kStored = 4;
constexpr double kEpsilon = 1e-10;
constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

// What turns rows into v: the standard deviation of 0 .. n-1, as it is or as compat has it.
double ScaleOf(std::size_t window, bool compat) {
  return std::sqrt(FitConstants(window).mean_square) + (compat ? kEpsilon : 0);
}

void FinishTile(const WindowFits& fits, std::size_t window, double scale,
                const std::array<double*, kStored>& to) {
  const double* const reference = fits.reference.data();
  const double* const offset = fits.offset.data();
  const double* const slope = fits.slope.data();
  const double* const bend = fits.bend.data();
  const double* const rmse = fits.rmse.data();
  const double square = scale * scale;
  const double k = FitConstants(window).mean_square;
  FillColumn(fits.rmse, to[0], [=](std::size_t i) { return bend[i] * square; });
  FillColumn(fits.rmse, to[1], [=](std::size_t i) { return slope[i] * scale; });
  FillColumn(fits.rmse, to[2],
             [=](std::size_t i) { return reference[i] + (offset[i] - bend[i] * k); });
  FillColumn(fits.rmse, to[3], [=](std::size_t i) { return rmse[i]; });
}

template <Domain domain>
void Compute(const Request& request, ColumnBlock& out) {
  if (!request.bars.Has(Input::kClose)) return;
  const RowRange range = request.range;
  const DomainSeries series(domain, request, kLongest - 1);
  RollingQuadratic kernel;
  WindowFits fits;
  for (std::size_t w = 0; w < kWindows.size(); ++w) {
    const std::size_t window = kWindows[w].rows;
    auto* const columns = &out.columns[w * kStored];
    const RowRange full = FullRows(window - 1, range);
    for (std::size_t c = 0; c < kStored; ++c) {
      std::fill_n(columns[c].begin(), full.begin - range.begin, kNull);
    }
    const double scale = ScaleOf(window, request.options.compat_epsilon);
    ForEachTile(window, full, [&](RowRange rows) {
      kernel.Compute(series.values(), window, rows, fits);
      const std::size_t at = rows.begin - range.begin;
      FinishTile(fits, window, scale,
                 {columns[0].data() + at, columns[1].data() + at, columns[2].data() + at,
                  columns[3].data() + at});
    });
  }
}

// The arithmetic of one window's derived figures, in one of the two modes.
struct Arithmetic {
  Arithmetic(std::size_t window, bool with_epsilon, const std::string& suffix)
      : a2(Expression::Column("a2" + suffix)),
        a1(Expression::Column("a1" + suffix)),
        b(Expression::Column("b" + suffix)),
        rmse(Expression::Column("rmse" + suffix)),
        compat(with_epsilon),
        constants(window),
        scale(ScaleOf(window, with_epsilon)) {}

  // Variances of v and of v^2: 1 and 4 (n^2 - 4) / (5 (n^2 - 1)), but for compat's scale.
  Expression Explained() const {
    const double v1 = constants.mean_square / (scale * scale);
    const double v2 = constants.u4 / constants.n / std::pow(scale, 4);
    const Expression bent = Number(v2) * a2 * a2;
    return (compat ? Number(v1) * a1 * a1 : a1 * a1) + bent;
  }
  Expression R2() const {
    const Expression all = Explained() + rmse * rmse;
    const Expression divisor = compat ? all + Number(kEpsilon / constants.n) : all;
    return Number(1) - rmse * rmse / divisor;
  }
  Expression Prediction() const {
    const double last = constants.half / scale;
    return (a2 * Number(last) + a1) * Number(last) + b;
  }
  Expression Interval(double factor) const { return Prediction() + Number(factor) * rmse; }
  Expression VertexX() const {
    if (!compat) return Number(-0.5) * a1 / a2;
    return Number(-1) * a1 / (Number(2) * a2 + Number(kEpsilon));
  }
  Expression VertexY() const {
    if (!compat) return b - Number(0.25) * a1 * a1 / a2;
    return (a2 * VertexX() + a1) * VertexX() + b;
  }
  Expression ExtrapolationError() const {
    const Expression size = Abs(Prediction());
    return rmse / (compat ? size + Number(kEpsilon) : size);
  }
  // Residuals have a mean of zero; NULL where there are none.
  Expression ResidualMean() const { return Number(0) * rmse; }

  static Expression Number(double value) { return Expression::Constant(value); }

  Expression a2, a1, b, rmse;
  bool compat;
  FitConstants constants;
  double scale;
};

struct Figure {
  const char* name;
  bool level;  // in the rate domain
  const char* formula;
  std::optional<Expression> (*derive)(const Arithmetic&);
};

std::optional<Expression> Stored(const Arithmetic&) { return std::nullopt; }
using Maybe = std::optional<Expression>;

constexpr std::array kFigures = {
    Figure{"a2", false, "y = a2 v^2 + a1 v + b fitted to {y}, v = standardised row", Stored},
    Figure{"a1", false, "y = a2 v^2 + a1 v + b fitted to {y}, v = standardised row", Stored},
    Figure{"b", true, "y = a2 v^2 + a1 v + b fitted to {y}, v = standardised row", Stored},
    Figure{"r2", false, "1 - SSres / SStot of the fit to {y}; NULL where {y} is flat",
           [](const Arithmetic& of) -> Maybe { return of.R2(); }},
    Figure{"rmse", false, "sqrt(SSres / n) of the fit to {y}", Stored},
    Figure{"residual_mean", false, "0: what least squares leave has no mean",
           [](const Arithmetic& of) -> Maybe { return of.ResidualMean(); }},
    Figure{"residual_std", false, "rmse, by another name",
           [](const Arithmetic& of) -> Maybe { return of.rmse; }},
    Figure{"pred_interval_lower", true, "prediction - 1.96 rmse",
           [](const Arithmetic& of) -> Maybe { return of.Interval(-1.96); }},
    Figure{"pred_interval_upper", true, "prediction + 1.96 rmse",
           [](const Arithmetic& of) -> Maybe { return of.Interval(1.96); }},
    Figure{"prediction", true, "the fit to {y} at the current row",
           [](const Arithmetic& of) -> Maybe { return of.Prediction(); }},
    Figure{"vertex_x", false, "-a1 / (2 a2): where the parabola turns",
           [](const Arithmetic& of) -> Maybe { return of.VertexX(); }},
    Figure{"vertex_y", true, "the parabola at vertex_x",
           [](const Arithmetic& of) -> Maybe { return of.VertexY(); }},
    Figure{"curvature", false, "abs(a2)", [](const Arithmetic& of) -> Maybe { return Abs(of.a2); }},
    Figure{"fit_quality", false, "r2, which is within 0 and 1",
           [](const Arithmetic& of) -> Maybe { return of.R2(); }},
    Figure{"extrapolation_error", false, "rmse / abs(prediction)",
           [](const Arithmetic& of) -> Maybe { return of.ExtrapolationError(); }}};

FamilyColumn MakeColumn(Domain domain, const Window& window, const Figure& figure) {
  const std::string suffix =
      fmt::format("_{}_{}", domain == Domain::kRate ? "idx" : "bqx", window.name);
  const std::string y = fmt::format("{}[t-{}..t]", DomainSymbol(domain), window.rows - 1);
  FamilyColumn column{.name = figure.name + suffix,
                      .inputs = {Input::kClose},
                      .lookback = window.rows - 1 + LookbackOf(domain),
                      .may_be_constant = std::string_view(figure.name) == "residual_mean",
                      .level = figure.level && IsLevel(domain),
                      .formula = fmt::format(fmt::runtime(figure.formula), fmt::arg("y", y))};
  if (auto exact = figure.derive(Arithmetic(window.rows, false, suffix))) {
    column.derived = {*exact, figure.derive(Arithmetic(window.rows, true, suffix))};
  }
  return column;
}

}  // namespace

Family MakeRegn(Domain domain) {
  std::vector<FamilyColumn> columns;
  for (const Window& window : kWindows) {
    for (const Figure& figure : kFigures) columns.push_back(MakeColumn(domain, window, figure));
  }
  return {fmt::format("regn_{}", DomainName(domain)),
          domain == Domain::kRate ? "a parabola through the last 15 to 90 rows of the rate index"
                                  : "a parabola through the last 15 to 90 rows of w15_bqx_return",
          std::move(columns),
          domain == Domain::kRate ? Compute<Domain::kRate> : Compute<Domain::kBqx>};
}

}  // namespace mayfly::engine
