#include "adapters/postgres/ddl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TableShape PairByMonth() {
  return {.name = "rate",
          .dimensions = {"pair", "period"},
          .columns = {{"pair", ColumnType::kText},
                      {"ts", ColumnType::kTimestamptz},
                      {"value", ColumnType::kFloat8}},
          .key = {"pair", "ts"},
          .time_column = "ts"};
}

Leaf LeafAt(const std::string& pair, unsigned month) {
  Instant begin = MakeInstant(2024, month, 1);
  Point point({{"pair", pair}, {"period", "2024-0" + std::to_string(month)}});
  return {LeafName("rate", point.Key()), point, begin, MakeInstant(2024, month + 1, 1)};
}

TEST(Ddl, ListsByPairThenRangesByTime) {
  OutputTable table{PairByMonth(), {LeafAt("a", 1), LeafAt("b", 1), LeafAt("a", 2)}};
  std::string script = CreateTableScript("s__1", table);
  EXPECT_THAT(script, HasSubstr("PRIMARY KEY (\"pair\", \"ts\")) PARTITION BY LIST (\"pair\");"));
  EXPECT_THAT(script,
              HasSubstr("CREATE TABLE \"s__1\".\"rate_a\" PARTITION OF \"s__1\".\"rate\" FOR "
                        "VALUES IN ('a') PARTITION BY RANGE (\"ts\");"));
  EXPECT_THAT(script,
              HasSubstr("\"rate_a_2024_02\" PARTITION OF \"s__1\".\"rate_a\" FOR VALUES FROM "
                        "('2024-02-01T00:00:00Z') TO ('2024-03-01T00:00:00Z')"));
  EXPECT_THAT(script, Not(HasSubstr("DEFAULT")));
}

TEST(Ddl, LoadsMayBeUnboundedOnBothSides) {
  Leaf leaf = LeafAt("a", 1);
  leaf.begin.reset();
  leaf.end.reset();
  EXPECT_THAT(CreateTableScript("s", {PairByMonth(), {leaf}}),
              HasSubstr("FROM (MINVALUE) TO (MAXVALUE)"));
}

TEST(Ddl, ATableWithoutDimensionsIsItsOwnLeaf) {
  TableShape shape{.name = "summary", .columns = {{"n", ColumnType::kInt8}}, .key = {"n"}};
  std::string script = CreateTableScript("s", {shape, {{.name = "summary"}}});
  EXPECT_THAT(script, HasSubstr("CREATE TABLE \"s\".\"summary\" (\"n\" bigint, PRIMARY KEY"));
  EXPECT_THAT(script, Not(HasSubstr("PARTITION")));
}

TEST(Ddl, WritersWriteLeavesOnly) {
  std::vector<OutputTable> tables{{PairByMonth(), {LeafAt("a", 1)}}};
  std::string script = GrantScript("s", tables, "w", "r");
  EXPECT_THAT(script, HasSubstr("GRANT INSERT, TRUNCATE ON \"s\".\"rate_a_2024_01\" TO \"w\";"));
  EXPECT_THAT(script, Not(HasSubstr("TRUNCATE ON \"s\".\"rate\"")));
}

}  // namespace
}  // namespace mayfly::postgres
