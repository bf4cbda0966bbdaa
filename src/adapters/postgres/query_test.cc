#include "adapters/postgres/query.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "adapters/postgres/snapshot.h"
#include "adapters/postgres/sql_text.h"

namespace mayfly::postgres {
namespace {

TEST(Params, EveryValueHasItsTextForm) {
  std::array<std::int64_t, 2> numbers{1, -2};
  std::array<std::string, 2> texts{"a\"b\\", ""};
  Params params;
  params.Add(7).Add("x").Add(true).AddNull().Add(std::optional<std::int64_t>{});
  params.Add(std::span<const std::int64_t>(numbers)).Add(std::span<const std::string>(texts));
  auto values = params.Pointers();
  EXPECT_STREQ(values[0], "7");
  EXPECT_STREQ(values[2], "t");
  EXPECT_EQ(values[3], nullptr);
  EXPECT_EQ(values[4], nullptr);
  EXPECT_STREQ(values[5], "{1,-2}");
  EXPECT_STREQ(values[6], R"({"a\"b\\",""})");
}

TEST(Quote, NamesAndTextsCannotEnd) {
  EXPECT_EQ(QuoteName("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteText("it's"), "'it''s'");
}

TEST(Bare, TrailingSemicolonsGo) {
  EXPECT_EQ(Bare("  SELECT 1 ;\n; "), "SELECT 1");
  EXPECT_EQ(Bare("SELECT 1; \n  -- the end\n;\n"), "SELECT 1");
  EXPECT_EQ(Bare(";"), "");
}

TEST(PointJson, RoundTrips) {
  Point point({{"pair", "eurusd"}, {"period", "2024-07"}});
  EXPECT_EQ(*ParsePointJson(PointJson(point)), point);
  EXPECT_EQ(*ParsePointJson(PointJson(Point())), Point());
  EXPECT_EQ(ParsePointJson("{").error().kind(), ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace mayfly::postgres
