#include "engine/expression.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace mayfly::engine {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const Expression kA = Expression::Column("a");
const Expression kB = Expression::Column("b");

double Evaluate(const Expression& expression, std::map<std::string, double, std::less<>> row) {
  double value = 0;
  expression.Evaluate(
      [&](std::string_view name) { return std::span<const double>(&row.find(name)->second, 1); },
      {&value, 1});
  return value;
}

TEST(Expression, IsPlainSqlOverQuotedColumns) {
  const Expression half = Expression::Constant(0.5);
  EXPECT_EQ((kA - half * kB).Sql(), R"(("a"::float8 - ('0.5'::float8 * "b"::float8)))");
  EXPECT_EQ((kA / kB).Sql(), R"(("a"::float8 / NULLIF("b"::float8, 0)))");
  EXPECT_EQ(Abs(kA + kB).Sql("t."), R"(abs((t."a"::float8 + t."b"::float8)))");
  EXPECT_EQ(Greatest(kA, Expression::Constant(-1e-10)).Sql(),
            R"(GREATEST("a"::float8, '-1e-10'::float8))");
}

TEST(Expression, IsEvaluatedInTheOrderWritten) {
  EXPECT_EQ(Evaluate(kA - kB / kA, {{"a", 4}, {"b", 2}}), 3.5);
  EXPECT_EQ(Evaluate((kA - kB) / kA, {{"a", 4}, {"b", 2}}), 0.5);
  EXPECT_EQ(Evaluate(Abs(kB) * kA, {{"a", 4}, {"b", -2}}), 8);
}

TEST(Expression, HasTheNullsOfPostgres) {
  EXPECT_TRUE(std::isnan(Evaluate(kA / kB, {{"a", 4}, {"b", 0}})));
  EXPECT_TRUE(std::isnan(Evaluate(kA / kB, {{"a", 4}, {"b", -0.0}})));
  EXPECT_TRUE(std::isnan(Evaluate(kA + kB, {{"a", kNaN}, {"b", 1}})));
  EXPECT_EQ(Evaluate(Greatest(kA, kB), {{"a", kNaN}, {"b", 1}}), 1);
  EXPECT_EQ(Evaluate(Greatest(kA, kB), {{"a", 1}, {"b", kNaN}}), 1);
  EXPECT_EQ(Evaluate(Greatest(kA, kB), {{"a", 1}, {"b", 2}}), 2);
}

// Tiles are an implementation's business: a long column has the bits of its rows one by one.
TEST(Expression, GivesARowTheSameBitsInAnyLength) {
  const Expression all = Greatest(Abs(kA - kB) / (kA * kB), kA + Expression::Constant(0.1) / kB);
  std::vector<double> a, b, whole(1000);
  for (int i = 0; i < 1000; ++i) {
    a.push_back(i % 7 == 0 ? kNaN : std::sin(i));
    b.push_back(i % 11 == 0 ? 0 : std::cos(i));
  }
  all.Evaluate([&](std::string_view name) { return std::span<const double>(name == "a" ? a : b); },
               whole);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const double one = Evaluate(all, {{"a", a[i]}, {"b", b[i]}});
    ASSERT_EQ(std::bit_cast<std::uint64_t>(whole[i]), std::bit_cast<std::uint64_t>(one)) << i;
  }
}

TEST(Expression, NamesItsColumnsOnceInOrder) {
  EXPECT_EQ((kB * kA + kB).columns(), (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(Expression::Constant(1).columns().empty());
}

}  // namespace
}  // namespace mayfly::engine
