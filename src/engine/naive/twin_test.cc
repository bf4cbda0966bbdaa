// The twins against the families over series with every kind of trouble: what verify takes for a
// defect must never be there.

#include "engine/naive/twin.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/catalogue.h"
#include "engine/naive/identities.h"
#include "engine/naive/regressions.h"
#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

std::vector<naive::Cell> CellsAt(const Family& family, const BarView& bars, const Options& options,
                                 std::size_t row) {
  std::vector<naive::Cell> cells(family.columns().size());
  naive::FindTwin(family.name())({family, bars, options, row}, cells);
  return cells;
}

TEST(Twins, EveryFamilyHasOne) {
  for (const Family* family : Families()) {
    EXPECT_NE(naive::FindTwin(family->name()), nullptr) << family->name();
  }
  EXPECT_EQ(naive::FindTwin("no_such_family"), nullptr);
}

// A thousandth of the tolerance that verify has: there is room for another machine's arithmetic.
void ExpectAgreement(const Family& family, std::uint64_t seed) {
  Rng rng(seed);
  const std::size_t rows = family.lookback() + 1 + rng.Below(300);
  testing::WalkOptions walk = testing::SomeTrouble(rng, rows);
  walk.null_chance /= 1 + static_cast<double>(family.lookback()) / 100;
  const testing::Bars bars = testing::RandomBars(rng, walk);
  const Options options{.baseline = walk.scale, .compat_epsilon = seed % 2 == 0};
  ColumnBlock block;
  ASSERT_TRUE(family.Compute(bars.View(), options, {0, rows}, block).ok());
  for (std::size_t row = rng.Below(50); row < rows; row += 1 + rng.Below(97)) {
    const auto cells = CellsAt(family, bars.View(), options, row);
    for (std::size_t k = 0, stored = 0; k < cells.size(); ++k) {
      const FamilyColumn& column = family.columns()[k];
      if (column.derived) continue;
      const double got = block.columns[stored++][row];
      const naive::Cell& want = cells[k];
      ASSERT_EQ(std::isnan(got), std::isnan(want.value))
          << family.name() << " " << column.name << " row " << row << " seed " << seed;
      if (std::isnan(got)) continue;
      ASSERT_LE(std::fabs(got - want.value), 1e-12L * 4 * want.scale + want.noise)
          << family.name() << " " << column.name << " row " << row << " seed " << seed << ": "
          << got << " at scale " << want.scale << ", noise " << want.noise;
    }
  }
}

TEST(Twins, AgreeWithTheirFamilies) {
  for (const Family* family : Families()) {
    for (std::uint64_t seed = 0; seed < 48; ++seed) ExpectAgreement(*family, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(Twins, DoNotLookBeyondTheirRow) {
  Rng rng(3);
  const testing::Bars bars = testing::RandomBars(rng, {.rows = 2000, .flat_chance = 0.01});
  for (const Family* family : Families()) {
    testing::Bars past = bars;
    past.Truncate(1701);
    const auto whole = CellsAt(*family, bars.View(), {.baseline = 1}, 1700);
    const auto cut = CellsAt(*family, past.View(), {.baseline = 1}, 1700);
    for (std::size_t k = 0; k < whole.size(); ++k) {
      const bool same = whole[k].value == cut[k].value ||
                        (std::isnan(whole[k].value) && std::isnan(cut[k].value));
      EXPECT_TRUE(same) << family->name() << " " << family->columns()[k].name;
    }
  }
}

// The covariances' windows slide; each fit from scratch says the same.
TEST(Twins, OfCovariancesAgreeWithFitsFromScratch) {
  Rng rng(11);
  const testing::Bars bars = testing::RandomBars(rng, {.rows = 400, .jump_chance = 0.01});
  const Options options{.baseline = 1};
  const std::size_t row = 390, n = 60;
  const auto values = naive::Series("regq_rate", bars.View(), 1, {row + 2 - 2 * n, row + 1});
  std::vector<long double> quadratic, residual;
  for (std::size_t first = 0; first < n; ++first) {
    const auto window = std::span(values).subspan(first, n);
    const naive::Parabola fit = naive::Fit(window);
    quadratic.push_back(fit.a2 * (n - 1) * (n - 1));
    residual.push_back(window.back() - fit.At((n - 1) / 2.0L));
  }
  long double mean_q = 0, mean_r = 0, want = 0;
  for (std::size_t i = 0; i < n; ++i) mean_q += quadratic[i] / n, mean_r += residual[i] / n;
  for (std::size_t i = 0; i < n; ++i) {
    want += (quadratic[i] - mean_q) * (residual[i] - mean_r) / (n - 1);
  }
  const auto got = naive::Value("regq_cov_rate", bars.View(), options, "w60_cov_quad_resid", row);
  EXPECT_NEAR(static_cast<double>(got / want), 1, 1e-12);
}

TEST(Identities, HoldOnWhateverTheFamiliesGive) {
  for (const Family* family : Families()) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      Rng rng(seed);
      const std::size_t rows = family->lookback() + 200;
      const testing::WalkOptions walk = testing::SomeTrouble(rng, rows);
      const testing::Bars bars = testing::RandomBars(rng, walk);
      const Options options{.baseline = walk.scale, .compat_epsilon = seed % 2 == 0};
      ColumnBlock stored, published;
      ASSERT_TRUE(family->Compute(bars.View(), options, {0, rows}, stored).ok());
      family->Derive(stored, options, published);
      for (std::size_t row = 0; row < rows; row += 7) {
        std::vector<double> values;
        for (const auto& column : published.columns) values.push_back(column[row]);
        for (const auto& identity : naive::IdentitiesOf(*family, values, 1e-9)) {
          ASSERT_TRUE(identity.holds())
              << family->name() << " " << identity.column << " = " << identity.value << " not in ["
              << identity.low << ", " << identity.high << "] row " << row << " seed " << seed;
        }
      }
    }
  }
}

}  // namespace
}  // namespace mayfly::engine
