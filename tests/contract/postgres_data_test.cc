// RunData and DataProbe: what goes in comes out, and what is wrong is refused.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <map>

#include "adapters/postgres/data_probe.h"
#include "base/rng.h"
#include "postgres_fixture.h"

namespace mayfly::contract_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TableShape kBars{.name = "bars",
                       .dimensions = {"pair", "period"},
                       .columns = {{"pair", ColumnType::kText},
                                   {"ts", ColumnType::kTimestamptz},
                                   {"v", ColumnType::kFloat8}},
                       .key = {"pair", "ts"},
                       .time_column = "ts"};

class PostgresData : public PostgresLedger {
 protected:
  void SetUp() override {
    PostgresLedger::SetUp();
    slot_ = OpenSlot(0);
    tasks_ = Claim(*slot_, 0, 1);
    ASSERT_EQ(tasks_.size(), 1U);
  }

  RunData& data() { return slot_->session().data(); }
  DataProbe& probe() { return slot_->session().probe(); }
  const Leaf& leaf(std::size_t i) { return tasks_[0].leaves[i]; }

  // One row a minute from the leaf's first instant; NaN is NULL.
  Status Write(std::size_t number, const std::vector<double>& values, std::int64_t shift_us = 0) {
    std::vector<std::int64_t> ts;
    for (std::size_t i = 0; i < values.size(); ++i) {
      ts.push_back(leaf(number).begin->time_since_epoch().count() + shift_us +
                   static_cast<std::int64_t>(i) * 60'000'000);
    }
    std::vector<ColumnData> columns{std::string_view("a"), std::span<const std::int64_t>(ts),
                                    std::span<const double>(values)};
    return data().ReplaceLeaf(kBars, leaf(number), values.size(), columns);
  }

  Status Commit() {
    std::vector<Completion> done{{tasks_[0].id, tasks_[0].fence, 0, 0, "{}"}};
    auto next = slot_->queue().Complete(done, std::nullopt);
    return next.ok() ? Status() : Status(next.error());
  }

  std::unique_ptr<PostgresSlot> slot_;
  std::vector<LeasedTask> tasks_;
};

TEST_F(PostgresData, ASeriesComesBackInOrderAcrossLeaves) {
  ASSERT_TRUE(data().Begin().ok());
  ASSERT_TRUE(Write(1, {4, std::nan("")}).ok());
  ASSERT_TRUE(Write(0, {1, 2, 3}).ok());
  ASSERT_TRUE(Commit().ok());
  auto series = data().ReadSeries({.table = "bars", .columns = {"v"}, .equals = {{"pair", "a"}}});
  ASSERT_TRUE(series.ok()) << series.error().message();
  ASSERT_EQ(series->ts_us.size(), 5U);
  EXPECT_EQ(series->ts_us[0], leaf(0).begin->time_since_epoch().count());
  EXPECT_THAT(std::vector<double>(series->columns[0].begin(), series->columns[0].begin() + 4),
              ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(std::isnan(series->columns[0][4]));
  EXPECT_TRUE(data().ReadSeries({.table = "bars", .equals = {{"pair", "b"}}})->ts_us.empty());
}

TEST_F(PostgresData, WritingAgainReplaces) {
  ASSERT_TRUE(data().Begin().ok());
  ASSERT_TRUE(Write(0, {1, 2, 3}).ok());
  ASSERT_TRUE(Write(0, {9}).ok());
  ASSERT_TRUE(Write(1, {}).ok());
  ASSERT_TRUE(Commit().ok());
  EXPECT_EQ(probe().MeasureLeaf(kBars, leaf(0), "")->rows, 1);
}

TEST_F(PostgresData, ARowOutsideItsLeafIsCorrupt) {
  ASSERT_TRUE(data().Begin().ok());
  Status written = Write(0, {1, 2}, -60'000'000);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind(), ErrorKind::kCorrupt);
  EXPECT_THAT(written.error().message(), HasSubstr("bars_a_2024_01"));
  EXPECT_TRUE(data().Rollback().ok());
}

TEST_F(PostgresData, ADoubleKeyIsCorrupt) {
  std::vector<std::int64_t> ts(2, leaf(0).begin->time_since_epoch().count());
  std::vector<double> values{1, 2};
  std::vector<ColumnData> columns{std::string_view("a"), std::span<const std::int64_t>(ts),
                                  std::span<const double>(values)};
  ASSERT_TRUE(data().Begin().ok());
  EXPECT_EQ(data().ReplaceLeaf(kBars, leaf(0), 2, columns).error().kind(), ErrorKind::kCorrupt);
}

TEST_F(PostgresData, ALeafOfAnotherTaskIsNotAccepted) {
  ASSERT_TRUE(data().Begin().ok());
  Leaf foreign{.name = "bars_b_2024_01", .begin = leaf(0).begin};
  std::vector<std::int64_t> ts{leaf(0).begin->time_since_epoch().count()};
  std::vector<double> values{1};
  std::vector<ColumnData> columns{std::string_view("b"), std::span<const std::int64_t>(ts),
                                  std::span<const double>(values)};
  ASSERT_TRUE(data().ReplaceLeaf(kBars, foreign, 1, columns).ok());
  EXPECT_FALSE(Commit().ok());
  EXPECT_EQ(probe().MeasureLeaf(kBars, foreign, "")->rows, 0);
}

TEST_F(PostgresData, ASelectReadsItsPoint) {
  ASSERT_TRUE(data().Begin().ok());
  auto rows = data().ReplaceLeafBySelect(
      kBars, leaf(0), leaf(0).point,
      "SELECT 7::float8 AS v, '2024-01-05'::timestamptz AS ts, "
      "current_setting('mayfly.pair') AS pair;\n-- by name, in any order\n;");
  ASSERT_TRUE(rows.ok()) << rows.error().message();
  EXPECT_EQ(*rows, 1);
  ASSERT_TRUE(Commit().ok());
  EXPECT_EQ(probe().MeasureLeaf(kBars, leaf(0), "")->columns[2].max, 7);
}

TEST_F(PostgresData, OneStatementOnly) {
  ASSERT_TRUE(data().Begin().ok());
  auto rows =
      data().ReplaceLeafBySelect(kBars, leaf(0), leaf(0).point, "SELECT 1) x; DROP TABLE y");
  EXPECT_EQ(rows.error().kind(), ErrorKind::kInvalid);
}

TEST_F(PostgresData, WhatIsMeasuredIsWhatIsThere) {
  double infinity = std::numeric_limits<double>::infinity();
  ASSERT_TRUE(data().Begin().ok());
  ASSERT_TRUE(Write(0, {5, std::nan(""), -2, infinity}).ok());
  ASSERT_TRUE(Write(1, {3, 3, 3}).ok());
  ASSERT_TRUE(Commit().ok());
  LeafFacts odd = *probe().MeasureLeaf(kBars, leaf(0), "");
  EXPECT_TRUE(odd.exists);
  EXPECT_EQ(odd.rows, 4);
  EXPECT_EQ(odd.first, leaf(0).begin);
  EXPECT_EQ(odd.last, *leaf(0).begin + minutes(3));
  EXPECT_EQ(odd.columns[2].non_null, 3);
  EXPECT_EQ(odd.columns[2].not_finite, 1);
  EXPECT_EQ(odd.columns[2].min, -2);
  EXPECT_EQ(odd.columns[2].max, 5);
  EXPECT_FALSE(odd.columns[2].constant);
  LeafFacts flat = *probe().MeasureLeaf(kBars, leaf(1), "");
  EXPECT_TRUE(flat.columns[2].constant);
  EXPECT_EQ(flat.columns[0].non_null, 3);
  EXPECT_FALSE(probe().MeasureLeaf(kBars, {.name = "no_such_leaf"}, "")->exists);
}

// Without it a month's last day would count as one value all over a pair.
TEST_F(PostgresData, TimesHaveALeastAndAGreatestValueInSeconds) {
  ASSERT_TRUE(data().Begin().ok());
  ASSERT_TRUE(Write(0, {1, 2}).ok() && Write(1, {3}).ok());
  ASSERT_TRUE(Commit().ok());
  ColumnFacts first = probe().MeasureLeaf(kBars, leaf(0), "")->columns[1];
  ColumnFacts second = probe().MeasureLeaf(kBars, leaf(1), "")->columns[1];
  double begin = static_cast<double>(leaf(0).begin->time_since_epoch().count()) / 1e6;
  EXPECT_EQ(first.min, begin);
  EXPECT_EQ(first.max, begin + 60);
  EXPECT_FALSE(first.constant);
  EXPECT_TRUE(second.constant);
  EXPECT_NE(second.min, first.min);
}

TEST_F(PostgresData, TheAcceptedStorageIsTheOneThatIsThere) {
  ASSERT_TRUE(data().Begin().ok());
  ASSERT_TRUE(Write(0, {1, 2}).ok());
  ASSERT_TRUE(Write(1, {3}).ok());
  ASSERT_TRUE(Commit().ok());
  auto accepted = probe().ListAccepted({leaf(0).name, leaf(1).name, "bars_b_2024_01"});
  ASSERT_EQ(accepted->size(), 2U);
  EXPECT_EQ((*accepted)[0].leaf, leaf(0).name);
  EXPECT_EQ((*accepted)[0].rows, 2);
  EXPECT_EQ((*accepted)[0].storage, probe().MeasureLeaf(kBars, leaf(0), "")->storage);
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  MustRun(db, fmt::format("TRUNCATE contract__{}.{}", run_.value, leaf(0).name));
  EXPECT_NE((*accepted)[0].storage, probe().MeasureLeaf(kBars, leaf(0), "")->storage);
}

TEST_F(PostgresData, ARowOfAnotherTransactionIsSeenWithoutReadingValues) {
  ASSERT_TRUE(data().Begin().ok());
  ASSERT_TRUE(Write(0, {1, 2, 3}).ok());
  ASSERT_TRUE(Commit().ok());
  std::string transaction = probe().ListAccepted({leaf(0).name})->at(0).transaction;
  LeafFacts before = *probe().MeasureRows(kBars, leaf(0), transaction);
  EXPECT_EQ(before.rows, 3);
  EXPECT_EQ(before.foreign_rows, 0);
  EXPECT_EQ(before.first, leaf(0).begin);
  EXPECT_EQ(before.last, *leaf(0).begin + minutes(2));
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  std::string table = fmt::format("contract__{}.{}", run_.value, leaf(0).name);
  MustRun(db, fmt::format("VACUUM (FREEZE) {}", table));  // keeps the number
  EXPECT_EQ(probe().MeasureRows(kBars, leaf(0), transaction)->foreign_rows, 0);
  MustRun(db, fmt::format("UPDATE {} SET v = 9 WHERE v = 2", table));
  LeafFacts after = *probe().MeasureRows(kBars, leaf(0), transaction);
  EXPECT_EQ(after.rows, 3);
  EXPECT_EQ(after.foreign_rows, 1);
  EXPECT_EQ(after.storage, before.storage);  // which this alone would not show
  EXPECT_FALSE(probe().MeasureRows(kBars, {.name = "no_such_leaf"}, transaction)->exists);
}

TEST_F(PostgresData, ARowOfAnotherTransactionIsSeenInWhatACopyAndWhatASelectWrote) {
  ASSERT_TRUE(data().Begin().ok());
  ASSERT_TRUE(Write(0, {1, 2, 3}).ok());
  const char* query =
      "SELECT 7::float8 AS v, '2024-02-05'::timestamptz + n * interval '1 min' AS ts, 'a' AS pair "
      "FROM generate_series(1, 3) n";
  ASSERT_TRUE(data().ReplaceLeafBySelect(kBars, leaf(1), leaf(1).point, query).ok());
  ASSERT_TRUE(Commit().ok());
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  for (std::size_t i : {0, 1}) {
    std::string transaction = probe().ListAccepted({leaf(i).name})->at(0).transaction;
    auto foreign = [&](const std::string& than) {
      return probe().MeasureLeaf(kBars, leaf(i), than)->foreign_rows;
    };
    std::string table = fmt::format("contract__{}.{}", run_.value, leaf(i).name);
    MustRun(db, fmt::format("VACUUM (FREEZE) {}", table));  // keeps the number
    EXPECT_EQ(foreign(transaction), 0) << table;
    EXPECT_EQ(foreign(""), std::nullopt) << table;
    MustRun(db, fmt::format("UPDATE {0} SET v = v WHERE ts = (SELECT max(ts) FROM {0})", table));
    EXPECT_EQ(foreign(transaction), 1) << table;
  }
}

TEST_F(PostgresData, LeavesAndKeysAreAsTheCatalogHasThem) {
  EXPECT_THAT(*probe().ListLeaves(kBars),
              ElementsAre("bars_a_2024_01", "bars_a_2024_02", "bars_b_2024_01", "bars_b_2024_02"));
  EXPECT_THAT(*probe().ListLeaves({.name = "whole"}), ElementsAre("whole"));
  EXPECT_TRUE(probe().ListLeaves({.name = "nothing"})->empty());
  EXPECT_TRUE(*probe().HasKey(kBars));
  TableShape other = kBars;
  other.key = {"ts"};
  EXPECT_FALSE(*probe().HasKey(other));
}

TEST_F(PostgresData, AnAssertionIsOneBoolean) {
  auto ask = [&](const char* sql) { return probe().Assert(leaf(0).point, sql); };
  EXPECT_EQ(**ask("SELECT current_setting('mayfly.pair') = 'a'"), true);
  EXPECT_EQ(**ask("SELECT count(*) > 0 FROM bars;"), false);
  EXPECT_FALSE(ask("SELECT NULL::boolean")->has_value());
  EXPECT_FALSE(ask("SELECT true WHERE false")->has_value());
  EXPECT_EQ(ask("SELECT 1").error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(ask("SELECT true UNION ALL SELECT false").error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(ask("SELECT nonsense").error().kind(), ErrorKind::kInvalid);
  EXPECT_FALSE(ask("DELETE FROM bars RETURNING true").ok());
}

TEST_F(PostgresData, FindingsAboutOnePlaceAreReplaced) {
  std::vector<Finding> first{{"load", "rows", "a", Verdict::kFail, "1", "0"},
                             {"load", "rows", "b", Verdict::kPass, "1", "1"}};
  ASSERT_TRUE(probe().RecordFindings(tasks_[0].id, first).ok());
  EXPECT_EQ(store_->Load(run_)->findings_failed, 1);
  std::vector<Finding> again{{"load", "rows", "a", Verdict::kPass, "1", "1"}};
  ASSERT_TRUE(probe().RecordFindings(tasks_[0].id, again).ok());
  EXPECT_EQ(store_->Load(run_)->findings_failed, 0);
  EXPECT_EQ(store_->Load(run_)->findings_total, 2);
}

TEST_F(PostgresData, AReaderProbesButWritesNothing) {
  auto reader = postgres::PgReaderProbe::Open(conninfo_, run_);
  ASSERT_TRUE(reader.ok()) << reader.error().message();
  EXPECT_EQ((*reader)->probe().MeasureLeaf(kBars, leaf(0), "")->rows, 0);
  std::vector<Finding> findings{{"load", "rows", "a", Verdict::kFail, "1", "0"}};
  EXPECT_EQ((*reader)->probe().RecordFindings(tasks_[0].id, findings).error().kind(),
            ErrorKind::kDenied);
}

TEST_F(PostgresData, StoredRowsAreReadAtTheirTimesOnly) {
  ASSERT_TRUE(data().Begin().ok());
  ASSERT_TRUE(Write(0, {1, 2, 3}).ok() && Write(1, {4, std::nan("")}).ok());
  ASSERT_TRUE(Commit().ok());
  auto at = [&](std::size_t number, int minute) {
    return (*leaf(number).begin + minutes(minute)).time_since_epoch().count();
  };
  SeriesQuery query{.table = "bars", .columns = {"v"}, .equals = {{"pair", "a"}}};
  query.at = {at(1, 1), at(0, 1), at(0, 30)};  // in no order, and one that is not there
  auto reader = postgres::PgReaderProbe::Open(conninfo_, run_);
  ASSERT_TRUE(reader.ok());
  for (DataProbe* some : {&probe(), &(*reader)->probe()}) {
    auto rows = some->ReadSeries(query);
    ASSERT_TRUE(rows.ok()) << rows.error().message();
    EXPECT_THAT(rows->ts_us, ElementsAre(at(0, 1), at(1, 1)));
    EXPECT_EQ(rows->columns[0][0], 2);
    EXPECT_TRUE(std::isnan(rows->columns[0][1]));
  }
  query.at->clear();
  EXPECT_TRUE(probe().ReadSeries(query)->ts_us.empty());
  query.at.reset();
  EXPECT_EQ(probe().ReadSeries(query)->ts_us.size(), 5U);
}

TEST_F(PostgresData, StatisticsAreOfTheColumnsThatWereAskedFor) {
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  auto known = [&] {
    return std::string(
        MustRun(db,
                "SELECT coalesce(string_agg(DISTINCT attname, ' '), '') FROM pg_stats "
                "WHERE tablename = 'bars_a_2024_01'")
            .Text(0, 0));
  };
  ASSERT_TRUE(data().Begin().ok());
  ASSERT_TRUE(Write(0, {1, 2, 3}).ok());
  StatisticsWish wish{tasks_[0].id, tasks_[0].fence, "bars", {"pair", "ts"}, 1};
  Status taken = data().TakeStatistics(wish);
  ASSERT_TRUE(taken.ok()) << taken.error().message();
  EXPECT_EQ(known(), "");  // part of the transaction
  ASSERT_TRUE(Commit().ok());
  EXPECT_EQ(known(), "pair ts");
}

TEST_F(PostgresData, StatisticsAreTakenUnderALeaseOnly) {
  StatisticsWish wish{tasks_[0].id, tasks_[0].fence, "bars", {}, 0};
  EXPECT_EQ(data().TakeStatistics(wish).error().kind(), ErrorKind::kDefect);
  ASSERT_TRUE(data().Begin().ok());
  wish.fence.value += 1;
  EXPECT_EQ(data().TakeStatistics(wish).error().kind(), ErrorKind::kConflict);
  EXPECT_TRUE(data().Rollback().ok());
}

TEST_F(PostgresData, IndexesThatNobodyNeedsAreNamed) {
  postgres::Connection db = OpenAsSuperuser(conninfo_);
  MustRun(db, "CREATE TABLE public.t (a int PRIMARY KEY, b int, c int)");
  MustRun(db, "INSERT INTO public.t SELECT n, n, n FROM generate_series(1, 1000) n");
  MustRun(db, "CREATE INDEX unread ON public.t (c)");
  MustRun(db, "CREATE INDEX short ON public.t (b)");
  MustRun(db, "CREATE INDEX long ON public.t (b, c)");
  MustRun(db, "CREATE INDEX twin ON public.t (a)");
  MustRun(db, "CREATE INDEX partly ON public.t (b) WHERE c > 5");
  MustRun(db, "CREATE UNIQUE INDEX needed ON public.t (c, b)");
  auto found = probe().ListSpareIndexes();
  ASSERT_TRUE(found.ok()) << found.error().message();
  std::map<std::string, std::string> repeats;
  for (const SpareIndex& index : *found) {
    EXPECT_EQ(index.table, "public.t");
    EXPECT_GT(index.bytes, 0);
    repeats[index.name] = index.repeats;
  }
  std::map<std::string, std::string> expected{{"public.unread", "public.needed"},
                                              {"public.short", "public.long"},
                                              {"public.long", ""},
                                              {"public.twin", "public.t_pkey"},
                                              {"public.partly", ""}};
  EXPECT_EQ(repeats, expected);
}

struct RowNumbers {
  std::size_t begin, end;
};

// The obvious way to count: at every row look back over the whole window.
std::int64_t CountObviously(const std::vector<double>& values, RowNumbers rows,
                            const WindowRule& rule) {
  const auto lookback = static_cast<std::size_t>(rule.lookback);
  std::int64_t whole = 0;
  for (std::size_t i = rows.begin; i < rows.end; ++i) {
    bool good = i >= lookback, same = true;
    for (std::size_t k = 0; good && k <= lookback; ++k) {
      good = !std::isnan(values[i - k]);
      same = same && values[i - k] == values[i];
    }
    whole += good && !(rule.null_when_flat && same) ? 1 : 0;
  }
  return whole;
}

TEST_F(PostgresData, WindowsAreCountedAsTheirDefinitionSays) {
  for (double share_of_nulls : {0.0, 0.05}) {
    Rng rng(7);
    std::vector<double> all;
    for (int i = 0; i < 90; ++i)
      all.push_back(rng.Chance(share_of_nulls) ? std::nan("") : rng.Unit());
    std::vector<double> january(all.begin(), all.begin() + 40),
        february(all.begin() + 40, all.end());
    ASSERT_TRUE(data().Begin().ok());
    ASSERT_TRUE(Write(0, january).ok() && Write(1, february).ok());
    SourceQuestion question{.table = "bars",
                            .equals = {{"pair", "a"}},
                            .leaves = {leaf(0), leaf(1)},
                            .rules = {{{"v"}, 0}, {{"v"}, 3}, {{"v"}, 55}, {{"v"}, 500}}};
    auto answers = probe().CountSource(question);
    ASSERT_TRUE(answers.ok()) << answers.error().message();
    EXPECT_EQ((*answers)[0].rows, 40);
    EXPECT_EQ((*answers)[1].rows, 50);
    for (std::size_t r = 0; r < question.rules.size(); ++r) {
      EXPECT_EQ((*answers)[0].non_null[r], CountObviously(all, {0, 40}, question.rules[r])) << r;
      EXPECT_EQ((*answers)[1].non_null[r], CountObviously(all, {40, 90}, question.rules[r])) << r;
    }
    ASSERT_TRUE(data().Rollback().ok());
  }
}

// A flat stretch that begins in one leaf and ends in the next, with a missing value in it or not.
TEST_F(PostgresData, FlatWindowsAreCountedAsNullWhereTheRuleSaysSo) {
  for (bool has_null : {false, true}) {
    Rng rng(9);
    std::vector<double> all;
    for (int i = 0; i < 90; ++i) all.push_back(i >= 30 && i < 60 ? 1.25 : rng.Unit());
    if (has_null) all[45] = std::nan("");
    std::vector<double> january(all.begin(), all.begin() + 40),
        february(all.begin() + 40, all.end());
    ASSERT_TRUE(data().Begin().ok());
    ASSERT_TRUE(Write(0, january).ok() && Write(1, february).ok());
    SourceQuestion question{.table = "bars",
                            .equals = {{"pair", "a"}},
                            .leaves = {leaf(0), leaf(1)},
                            .rules = {{{"v"}, 5, true},
                                      {{"v"}, 5, false},
                                      {{"v"}, 29, true},
                                      {{"v"}, 30, true},
                                      {{"v"}, 0, true}}};
    auto answers = probe().CountSource(question);
    ASSERT_TRUE(answers.ok()) << answers.error().message();
    for (std::size_t r = 0; r < question.rules.size(); ++r) {
      EXPECT_EQ((*answers)[0].non_null[r], CountObviously(all, {0, 40}, question.rules[r])) << r;
      EXPECT_EQ((*answers)[1].non_null[r], CountObviously(all, {40, 90}, question.rules[r])) << r;
    }
    EXPECT_LT((*answers)[0].non_null[0], (*answers)[0].non_null[1]);
    ASSERT_TRUE(data().Rollback().ok());
  }
}

}  // namespace
}  // namespace mayfly::contract_test
