#include "stages/compile.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace mayfly {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kHead = R"(
[phase]
name = "p"
[grid]
pair = "from-data"
period = "from-data"
[[stage]]
name = "load"
kind = "load"
dir = "bars"
)";

constexpr const char* kFeatures = R"(
[[stage]]
name = "index"
kind = "features"
family = "rate_index"
[[stage]]
name = "bqx"
kind = "features"
family = "bqx"
)";

// Minute bars of two pairs over two months.
constexpr const char* kRegn = R"(
[[stage]]
name = "regn"
kind = "features"
family = "regn_rate"
)";

Findings TwoMonths() {
  return {.pairs = {"audcad", "eurusd"},
          .first = MakeInstant(2024, 7, 1),
          .last = MakeInstant(2024, 8, 30, hours(20)),
          .rows = 120'000};
}

// Two pairs whose bars begin in July, in the middle of what the phase says.
Findings FromJulyOn() {
  Findings findings = TwoMonths();
  LoadFindings load{.stage = "load"};
  for (const std::string& pair : findings.pairs) {
    load.pairs.push_back({pair, findings.first, findings.last, findings.last, {1'000, 28'000}});
  }
  findings.loads = {load};
  return findings;
}

ParsedPhase Parse(const std::string& text) {
  auto parsed = ParsePhase(text, {.file = "p.toml", .folder = "/f"});
  EXPECT_TRUE(parsed.ok()) << parsed.error().message();
  return parsed.ok() ? *parsed : ParsedPhase{};
}

PhasePlan Compile(const std::string& text, const Findings& findings) {
  auto plan = CompilePhase(Parse(text), findings);
  EXPECT_TRUE(plan.ok()) << plan.error().message();
  return plan.ok() ? *plan : PhasePlan{};
}

std::string ErrorOf(const std::string& text, const Findings& findings,
                    const CompileOptions& options = {}) {
  auto plan = CompilePhase(Parse(text), findings, options);
  EXPECT_FALSE(plan.ok());
  if (plan.ok()) return {};
  EXPECT_EQ(plan.error().kind(), ErrorKind::kInvalid);
  return plan.error().message();
}

const PlannedTask& TaskAt(const PhasePlan& plan, const std::string& stage, const std::string& key) {
  static const PlannedTask kNone;
  for (const PlannedTask& task : plan.tasks) {
    if (plan.stages[task.stage].spec.name == stage && task.point.Key() == key) return task;
  }
  ADD_FAILURE() << "no task " << stage << "@" << key;
  return kNone;
}

// The tasks of other stages that a task needs.
std::vector<std::string> NeedsOf(const PhasePlan& plan, const PlannedTask& task) {
  std::vector<std::string> names;
  for (std::size_t need : task.needs) {
    const PlannedTask& other = plan.tasks.at(need);
    if (other.stage == task.stage) continue;
    names.push_back(plan.stages[other.stage].spec.name + "@" + other.point.Key());
  }
  return names;
}

TEST(Compile, LoadWritesItsPairsHistoryInsideAndOutsideOfTheGrid) {
  PhasePlan plan = Compile(kHead, TwoMonths());
  const PlannedTask& load = TaskAt(plan, "load", "eurusd");
  ASSERT_EQ(load.leaves.size(), 4U);
  EXPECT_EQ(load.leaves[0].name, "bars_eurusd_before");
  EXPECT_EQ(load.leaves[0].begin, std::nullopt);
  EXPECT_EQ(load.leaves[0].end, load.leaves[1].begin);
  EXPECT_EQ(load.leaves[1].name, "bars_eurusd_2024_07");
  EXPECT_EQ(load.leaves[3].begin, load.leaves[2].end);
  EXPECT_EQ(load.leaves[3].end, std::nullopt);
  EXPECT_EQ(load.leaves[3].point.Key(), "eurusd/after");
}

TEST(Compile, DerivedColumnsAreOfferedByAViewAndNotStored) {
  PhasePlan plan = Compile(std::string(kHead) + kRegn, TwoMonths());
  const TableShape& shape = *plan.FindStage("regn")->shape;
  EXPECT_EQ(shape.name, "regn_rate_stored");
  EXPECT_EQ(shape.shown_name(), "regn_rate");
  EXPECT_EQ(shape.columns.size(), 2U + 24);
  ASSERT_TRUE(shape.view);
  EXPECT_EQ(shape.view->columns.size(), 2U + 90);
  EXPECT_EQ(TaskAt(plan, "regn", "eurusd/2024-07").leaves[0].name,
            "regn_rate_stored_eurusd_2024_07");
  EXPECT_EQ(Compile(kHead, TwoMonths()).FindStage("load")->shape->shown_name(), "bars");
}

TEST(Compile, Float4IsForColumnsThatAreNotAtThePricesLevel) {
  PhasePlan plan = Compile(std::string(kHead) + kRegn + "float4 = true\n", TwoMonths());
  std::set<std::string> levels;
  for (const Column& column : plan.FindStage("regn")->shape->columns) {
    if (column.type == ColumnType::kFloat8) levels.insert(column.name);
  }
  EXPECT_EQ(levels, (std::set<std::string>{"b_idx_w15", "b_idx_w30", "b_idx_w45", "b_idx_w60",
                                           "b_idx_w75", "b_idx_agg"}));
}

TEST(Compile, TheViewKnowsWhetherThePhaseWantsTheEpsilon) {
  PhasePlan exact = Compile(std::string(kHead) + kRegn, TwoMonths());
  std::string text = kHead;
  text.insert(text.find("[phase]") + 8, "compat_epsilon = true\n");
  PhasePlan compat = Compile(text + kRegn, TwoMonths());
  EXPECT_NE(exact.FindStage("regn")->shape->view, compat.FindStage("regn")->shape->view);
}

TEST(Compile, ATableThatAnotherFamilyStoresUnderIsTaken) {
  EXPECT_THAT(ErrorOf(std::string(kHead) + kRegn +
                          "[[stage]]\nname = 'x'\nkind = 'features'\nfamily = 'bqx'\n"
                          "table = 'regn_rate_stored'\n",
                      TwoMonths()),
              HasSubstr("rename it"));
}

TEST(Compile, BarsHaveAllColumnsWhateverTheSourceHas) {
  PhasePlan plan = Compile(kHead, TwoMonths());
  const TableShape& bars = *plan.FindStage("load")->shape;
  EXPECT_EQ(bars.columns.size(), 15U);
  EXPECT_EQ(bars.columns[0], (Column{"pair", ColumnType::kText}));
  EXPECT_EQ(bars.columns[1], (Column{"ts", ColumnType::kTimestamptz}));
  EXPECT_EQ(bars.columns[14], (Column{"ask_close", ColumnType::kFloat8}));
  EXPECT_THAT(bars.key, ElementsAre("pair", "ts"));
  EXPECT_THAT(bars.dimensions, ElementsAre("pair", "period"));
  EXPECT_EQ(bars.time_column, "ts");
}

TEST(Compile, WithoutPeriodsAPairIsOneLeafWithoutBounds) {
  std::string text = std::string(kHead) + kFeatures;
  std::string line = "period = \"from-data\"\n";
  PhasePlan plan = Compile(text.replace(text.find(line), line.size(), ""), TwoMonths());
  const Leaf& leaf = TaskAt(plan, "load", "eurusd").leaves.at(0);
  EXPECT_EQ(leaf.name, "bars_eurusd");
  EXPECT_EQ(leaf.begin, std::nullopt);
  EXPECT_EQ(plan.FindStage("load")->shape->time_column, "ts");
  EXPECT_EQ(plan.LeafCount(), 6U);
}

TEST(Compile, FeaturesHaveTheFamilysColumnsAndOneLeafATask) {
  PhasePlan plan = Compile(std::string(kHead) + kFeatures, TwoMonths());
  const PlannedStage& bqx = *plan.FindStage("bqx");
  EXPECT_EQ(bqx.shape->name, "bqx");
  EXPECT_EQ(bqx.shape->columns.size(), 2 + engine::FindFamily("bqx")->columns().size());
  EXPECT_EQ(bqx.task_count, 4U);
  const PlannedTask& task = TaskAt(plan, "bqx", "audcad/2024-08");
  ASSERT_EQ(task.leaves.size(), 1U);
  EXPECT_EQ(task.leaves[0].begin, MakeInstant(2024, 8, 1));
  EXPECT_EQ(task.leaves[0].end, MakeInstant(2024, 9, 1));
  EXPECT_THAT(NeedsOf(plan, task), ElementsAre("load@audcad"));
}

TEST(Compile, NeedsComeEarlierInTheOrderOfClaiming) {
  PhasePlan plan = Compile(std::string(kHead) + kFeatures, TwoMonths());
  for (std::size_t t = 0; t < plan.tasks.size(); ++t) {
    for (std::size_t need : plan.tasks[t].needs) EXPECT_LT(need, t);
  }
}

TEST(Compile, PairsStayTogetherWhateverTheOrderOfDimensions) {
  std::string text = std::string(kHead) + kFeatures;
  std::string lines = "pair = \"from-data\"\nperiod = \"from-data\"\n";
  text.replace(text.find(lines), lines.size(), "period = \"from-data\"\npair = \"from-data\"\n");
  PhasePlan plan = Compile(text, TwoMonths());
  std::vector<std::string> keys;
  for (const PlannedTask& task : plan.tasks) {
    if (plan.stages[task.stage].spec.name == "bqx") keys.push_back(task.point.Key());
  }
  EXPECT_THAT(keys,
              ElementsAre("2024-07/audcad", "2024-08/audcad", "2024-07/eurusd", "2024-08/eurusd"));
}

constexpr const char* kSmooth = R"(
[[stage]]
name = "smooth"
kind = "sql"
after = ["bqx"]
lookback = 2
query = "select 1"
columns = { ts = "timestamptz", x = "float8" }
[[stage]]
name = "total"
kind = "sql"
after = ["smooth"]
grid = []
query = "select 1"
columns = { x = "float8" }
[[stage]]
name = "daily"
kind = "sql"
after = ["load"]
query = "select 1"
columns = { day = "date", x = "float8" }
key = ["pair", "period", "day"]
)";

Findings FourMonths() {
  Findings findings = TwoMonths();
  findings.last = MakeInstant(2024, 10, 5);
  return findings;
}

TEST(Compile, LookbackNeedsEarlierPeriodsOfTheSamePair) {
  PhasePlan plan = Compile(std::string(kHead) + kFeatures + kSmooth, FourMonths());
  EXPECT_THAT(NeedsOf(plan, TaskAt(plan, "smooth", "eurusd/2024-10")),
              ElementsAre("bqx@eurusd/2024-08", "bqx@eurusd/2024-09", "bqx@eurusd/2024-10"));
  EXPECT_THAT(NeedsOf(plan, TaskAt(plan, "smooth", "eurusd/2024-07")),
              ElementsAre("bqx@eurusd/2024-07"));
}

TEST(Compile, AStageWithoutAGridNeedsAllAndWritesItsTable) {
  PhasePlan plan = Compile(std::string(kHead) + kFeatures + kSmooth, FourMonths());
  const PlannedTask& total = TaskAt(plan, "total", "all");
  EXPECT_EQ(total.needs.size(), 8U);
  ASSERT_EQ(total.leaves.size(), 1U);
  EXPECT_EQ(total.leaves[0].name, "total");
}

TEST(Compile, TheFirstTaskOfAStageIsItsCanaryAndTheOthersWaitForIt) {
  PhasePlan plan = Compile(std::string(kHead) + kFeatures, FourMonths());
  std::vector<std::size_t> canary(plan.stages.size(), plan.tasks.size());
  for (std::size_t t = 0; t < plan.tasks.size(); ++t) {
    const PlannedTask& task = plan.tasks[t];
    if (plan.stages[task.stage].spec.name == "verify") continue;
    std::size_t& first = canary[task.stage];
    bool waits = std::count(task.needs.begin(), task.needs.end(), first) == 1;
    EXPECT_EQ(waits, first < t) << task.point.Key();
    first = std::min(first, t);
  }
}

std::string WithPeriod(const std::string& period) {
  std::string text = std::string(kHead) + kFeatures;
  std::string line = "period = \"from-data\"";
  return text.replace(text.find(line), line.size(), "period = " + period);
}

std::string CanaryOf(const PhasePlan& plan, const std::string& stage) {
  for (const PlannedTask& task : plan.tasks) {
    if (plan.stages[task.stage].spec.name == stage) return task.point.Key();
  }
  return {};
}

TEST(Compile, TheCanaryIsTheFirstTaskThatHasItsShareOfTheBars) {
  std::string text = WithPeriod("{ every = \"month\", from = \"2024-05\", to = \"2024-09\" }");
  PhasePlan plan = Compile(text + kSmooth, FromJulyOn());
  EXPECT_EQ(CanaryOf(plan, "bqx"), "audcad/2024-08");
  EXPECT_EQ(CanaryOf(plan, "daily"), "audcad/2024-08");
  EXPECT_EQ(CanaryOf(plan, "load"), "audcad");
  const PlannedTask& first = TaskAt(plan, "bqx", "audcad/2024-05");
  EXPECT_EQ(plan.tasks.at(first.needs.back()).point.Key(), "audcad/2024-08");
  Findings unknown = FromJulyOn();
  unknown.loads.clear();
  EXPECT_EQ(CanaryOf(Compile(text, unknown), "bqx"), "audcad/2024-05");
}

TEST(Compile, APairThatMayBeEmptyIsNoCanary) {
  Findings findings = FromJulyOn();
  findings.loads[0].pairs[0] = {.pair = "audcad"};
  std::string text = std::string(kHead) + "empty = \"allow\"\n" + kFeatures;
  PhasePlan plan = Compile(text, findings);
  EXPECT_EQ(CanaryOf(plan, "load"), "eurusd");
  EXPECT_EQ(CanaryOf(plan, "bqx"), "eurusd/2024-08");
}

TEST(Compile, PeriodIsAColumnWhereTheTableHasNoTime) {
  PhasePlan plan = Compile(std::string(kHead) + kFeatures + kSmooth, FourMonths());
  const TableShape& daily = *plan.FindStage("daily")->shape;
  EXPECT_EQ(daily.columns[1], (Column{"period", ColumnType::kText}));
  EXPECT_EQ(daily.time_column, std::nullopt);
  EXPECT_EQ(TaskAt(plan, "daily", "eurusd/2024-08").leaves[0].begin, MakeInstant(2024, 8, 1));
  const TableShape& smooth = *plan.FindStage("smooth")->shape;
  EXPECT_EQ(smooth.Find("period"), nullptr);
  EXPECT_THAT(smooth.key, ElementsAre("pair", "ts"));
}

// All tasks that must be done before this one, directly or not.
std::size_t CountBehind(const PhasePlan& plan, std::size_t task) {
  std::vector<bool> seen(plan.tasks.size(), false);
  std::vector<std::size_t> open{task};
  std::size_t count = 0;
  while (!open.empty()) {
    std::size_t next = open.back();
    open.pop_back();
    for (std::size_t need : plan.tasks[next].needs) {
      if (seen[need]) continue;
      seen[need] = true;
      ++count;
      open.push_back(need);
    }
  }
  return count;
}

TEST(Compile, EveryVerifyTaskWaitsForAllWork) {
  PhasePlan plan = Compile(std::string(kHead) + kFeatures + kSmooth, FourMonths());
  std::size_t work = plan.tasks.size() - plan.FindStage("verify")->task_count;
  EXPECT_EQ(plan.FindStage("verify")->task_count, 2U);
  EXPECT_EQ(CountBehind(plan, work), work);
  EXPECT_EQ(CountBehind(plan, work + 1), work + 1);
}

struct UnitCase {
  const char* name;
  std::int64_t rows;  // of two pairs in 24 months
  PeriodUnit unit;
};

TEST(Compile, TheUnitFollowsTheRowsOfALeaf) {
  for (const UnitCase& c : {UnitCase{"minutes", 1'440'000, PeriodUnit::kMonth},
                            UnitCase{"just enough", 96'000, PeriodUnit::kMonth},
                            UnitCase{"one too few", 95'999, PeriodUnit::kQuarter},
                            UnitCase{"four-hourly", 6'240, PeriodUnit::kYear}}) {
    Findings findings{.pairs = {"audcad", "eurusd"},
                      .first = MakeInstant(2023, 1, 3),
                      .last = MakeInstant(2024, 12, 31),
                      .rows = c.rows};
    PhasePlan plan = Compile(kHead, findings);
    EXPECT_EQ(plan.findings.unit, c.unit) << c.name;
    EXPECT_THAT(plan.notes, Contains(HasSubstr(fmt::format("periods by {}", Name(c.unit)))));
  }
}

TEST(Compile, TheUnitIsCoarserWhereTheLockTableIsSmall) {
  Findings findings = TwoMonths();
  findings.last = MakeInstant(2025, 6, 30);
  findings.rows = 720'000;
  auto plan = CompilePhase(Parse(kHead), findings, {.max_leaves = 20});
  ASSERT_TRUE(plan.ok()) << plan.error().message();
  EXPECT_EQ(plan->findings.unit, PeriodUnit::kQuarter);
  EXPECT_EQ(plan->LeafCount(), 12U);
  EXPECT_THAT(ErrorOf(kHead, findings, {.max_leaves = 4}), HasSubstr("max_locks_per_transaction"));
}

TEST(Compile, AStatedPeriodIsKept) {
  PhasePlan plan = Compile(
      WithPeriod("{ every = \"quarter\", from = \"2024-08\", to = \"2024-12\" }"), TwoMonths());
  EXPECT_THAT(plan.grid.Find("period")->labels, ElementsAre("2024-Q3", "2024-Q4"));
  PhasePlan open = Compile(WithPeriod("{ from = \"2024-08\" }"), TwoMonths());
  EXPECT_THAT(open.grid.Find("period")->labels, ElementsAre("2024-08"));
  EXPECT_THAT(ErrorOf(WithPeriod("{ from = \"2024-09\" }"), TwoMonths()), HasSubstr("2024-09"));
}

std::string WithPairs(const std::string& pairs) {
  std::string text = kHead;
  std::string line = "pair = \"from-data\"";
  return text.replace(text.find(line), line.size(), "pair = " + pairs);
}

TEST(Compile, ListedPairsWithoutDataAreToldAndHaveNoTasks) {
  PhasePlan plan = Compile(WithPairs("['gbpusd', 'eurusd']"), TwoMonths());
  EXPECT_EQ(plan.FindStage("load")->task_count, 1U);
  EXPECT_THAT(plan.findings.missing_pairs, ElementsAre("gbpusd"));
  EXPECT_THAT(plan.notes, Contains(HasSubstr("missing pairs, listed and without data: gbpusd")));
  EXPECT_THAT(ErrorOf(WithPairs("['gbpusd']"), TwoMonths()), HasSubstr("audcad, eurusd"));
}

TEST(Compile, NoDataAtAllIsRefused) {
  EXPECT_THAT(ErrorOf(kHead, {}), HasSubstr("found none"));
  EXPECT_THAT(ErrorOf(kHead, {.pairs = {"eurusd"}}), HasSubstr("no bars"));
  EXPECT_THAT(ErrorOf(kHead, {.pairs = {"eur usd"}}), HasSubstr("\"eur usd\""));
}

TEST(Compile, AnUnknownFamilyIsRefusedWithTheNearest) {
  EXPECT_THAT(ErrorOf(std::string(kHead) +
                          "[[stage]]\nname = 'x'\nkind = 'features'\nfamily = 'rate_indx'\n",
                      TwoMonths()),
              HasSubstr("did you mean \"rate_index\"?"));
}

TEST(Compile, AFamilyWithoutAnyInputIsSkippedByNameAndSoIsWhatFollowsIt) {
  Findings findings = TwoMonths();
  findings.absent_inputs = {"close"};
  PhasePlan plan = Compile(std::string(kHead) + kFeatures + kSmooth, findings);
  EXPECT_EQ(plan.FindStage("bqx")->skipped, "input absent: close");
  EXPECT_EQ(plan.FindStage("smooth")->skipped, "stage \"bqx\" is skipped");
  EXPECT_EQ(plan.FindStage("index")->skipped, std::nullopt);
  EXPECT_TRUE(TaskAt(plan, "bqx", "eurusd/2024-07").leaves.empty());
  EXPECT_TRUE(TaskAt(plan, "smooth", "eurusd/2024-07").needs.empty());
  for (const std::string& need : NeedsOf(plan, TaskAt(plan, "verify", "audcad"))) {
    EXPECT_THAT(need, testing::Not(HasSubstr("bqx"))) << need;
  }
}

TEST(Compile, PartlyAbsentInputsAreFineAndTold) {
  Findings findings = TwoMonths();
  findings.absent_inputs = {"open", "high", "low"};
  PhasePlan plan = Compile(std::string(kHead) + kFeatures, findings);
  EXPECT_EQ(plan.FindStage("index")->skipped, std::nullopt);
  EXPECT_THAT(plan.notes, Contains(HasSubstr("open_index, high_index, low_index stay NULL")));
}

TEST(Compile, AFamilyIsSkippedForWhatItsOwnLoadStageLacks) {
  Findings findings = FromJulyOn();
  findings.loads.push_back(findings.loads[0]);
  findings.loads[1].stage = "other";
  findings.loads[1].absent_inputs = {"close"};
  for (PairBars& bars : findings.loads[1].pairs) bars.last_close.reset();
  PhasePlan plan = Compile(
      std::string(kHead) + "[[stage]]\nname = 'other'\nkind = 'load'\ndir = 'o'\ntable = 'o'\n" +
          "[[stage]]\nname = 'a'\nkind = 'features'\nfamily = 'bqx'\ntable = 'a'\nbars = 'load'\n" +
          "[[stage]]\nname = 'b'\nkind = 'features'\nfamily = 'bqx'\ntable = 'b'\nbars = 'other'\n",
      findings);
  EXPECT_EQ(plan.FindStage("a")->skipped, std::nullopt);
  EXPECT_EQ(plan.FindStage("b")->skipped, "input absent: close");
}

TEST(Compile, NamesThatMeetInTheDatabaseAreRefused) {
  Findings findings = TwoMonths();
  findings.pairs = {"EURUSD", "eurusd"};
  EXPECT_THAT(ErrorOf(kHead, findings), HasSubstr("differ in case only"));
  EXPECT_THAT(ErrorOf(std::string(kHead) + "[[stage]]\nname = 'x'\nkind = 'sql'\nquery = 'q'\n"
                                           "table = 'bars_eurusd'\ncolumns = { y = 'text' }\n",
                      TwoMonths()),
              HasSubstr("called like a partition of stage \"load\""));
}

TEST(Compile, AgainFromItsFindingsIsTheSamePlan) {
  std::string text = std::string(kHead) + kFeatures + kSmooth;
  auto once = CompilePhase(Parse(text), FourMonths(), {.max_leaves = 50});
  ASSERT_TRUE(once.ok()) << once.error().message();
  auto again = CompilePhase(Parse(once->canonical_toml), once->findings);
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(once->hash, again->hash);
  EXPECT_EQ(once->findings, again->findings);
  ASSERT_EQ(once->tasks.size(), again->tasks.size());
  for (std::size_t t = 0; t < once->tasks.size(); ++t) {
    EXPECT_EQ(once->tasks[t].leaves, again->tasks[t].leaves);
    EXPECT_EQ(once->tasks[t].needs, again->tasks[t].needs);
  }
}

TEST(Compile, TheHashIsOfTextFindingsAndEngine) {
  std::string hash = Compile(kHead, TwoMonths()).hash;
  EXPECT_EQ(hash.size(), 12U);
  Findings more = TwoMonths();
  more.rows += 1;
  EXPECT_NE(Compile(kHead, more).hash, hash);
  EXPECT_NE(Compile(std::string(kHead) + "retries = 3\n", TwoMonths()).hash, hash);
  EXPECT_NE(CompilePhase(Parse(kHead), TwoMonths(), {.engine_version = "0"})->hash, hash);
}

TEST(Compile, TheReferencePhasesSizeTakesAMoment) {
  std::string text = kHead;
  Findings findings{
      .first = MakeInstant(2024, 7, 1), .last = MakeInstant(2025, 6, 30), .rows = 10'315'898};
  for (int p = 0; p < 28; ++p) findings.pairs.push_back(fmt::format("pair{:02}", p));
  for (int s = 0; s < 20; ++s) {
    text += fmt::format(
        "[[stage]]\nname = 's{}'\nkind = 'features'\nfamily = 'bqx'\n"
        "table = 't{}'\n",
        s, s);
  }
  PhasePlan plan = Compile(text, findings);
  EXPECT_EQ(plan.tasks.size(), 28U + 28 * 12 * 20 + 28);
  std::size_t needs = 0;
  for (const PlannedTask& task : plan.tasks) needs += task.needs.size();
  std::size_t points = std::size_t{28} * 12 * 20;
  // The bars, the canary, and once for verify, which needs no canary that others needed before it.
  EXPECT_EQ(needs, 3 * points - 2 * 20 + 27 + 27);
}

}  // namespace
}  // namespace mayfly
