#include "engine/expression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

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

TEST(Expression, NamesItsColumnsOnceInOrder) {
  EXPECT_EQ((kB * kA + kB).columns(), (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(Expression::Constant(1).columns().empty());
}

}  // namespace
}  // namespace mayfly::engine
