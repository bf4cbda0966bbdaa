// The stage kinds on fakes of their seams: no database, no process.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/text.h"
#include "stages/bar_source.h"
#include "stages/compile.h"
#include "stages/discover.h"
#include "stages/figures.h"
#include "stages/stage_executor.h"
#include "stages/verify.h"

namespace mayfly::stages {
namespace {

class FakeFiles final : public FileSystem {
 public:
  Result<std::vector<FileEntry>> List(const std::string&) override {
    std::vector<FileEntry> entries;
    for (const auto& [name, text] : files) {
      entries.push_back({name, static_cast<std::int64_t>(text.size())});
    }
    return entries;
  }
  Result<std::string> Read(const std::string& path) override {
    return files.at(path.substr(path.rfind('/') + 1));
  }
  Status Write(const std::string&, std::string_view) override { return {}; }
  Status RemoveTree(const std::string&) override { return {}; }
  std::map<std::string, std::string> files;
};

// Keeps what was written per leaf, and the order of the calls that matter.
class FakeData final : public RunData {
 public:
  Result<Series> ReadSeries(const SeriesQuery&) override {
    calls.emplace_back("read");
    return series;
  }
  Status Begin() override {
    calls.emplace_back("begin");
    return {};
  }
  Status Rollback() override { return {}; }
  Status ReplaceLeaf(const TableShape&, const Leaf& leaf, std::size_t rows,
                     std::span<const ColumnData>) override {
    calls.push_back("leaf " + leaf.name);
    leaves[leaf.name] = rows;
    return {};
  }
  Result<std::int64_t> ReplaceLeafBySelect(const TableShape&, const Leaf& leaf, const Point&,
                                           std::string_view) override {
    calls.push_back("select " + leaf.name);
    return selected_rows;
  }
  Status TakeStatistics(const StatisticsWish& wish) override {
    calls.push_back(
        fmt::format("statistics {} ({}) {}", wish.table, Join(wish.columns, ", "), wish.target));
    return {};
  }
  Result<Staging> OpenStaging(TaskId, Fence, const TableShape&) override {
    calls.emplace_back("open");
    return Staging{"s.t", "host=h user=c password='it''s' dbname=d", "c", "1"};
  }
  Status SealStaging(const Staging&) override {
    calls.emplace_back("seal");
    return {};
  }
  Status DropStaging(const Staging&) override {
    calls.emplace_back("drop");
    return {};
  }
  bool LostConnectionSince(const Staging&) override { return lost; }
  bool lost = false;
  Series series;
  std::int64_t selected_rows = 1;
  std::map<std::string, std::size_t> leaves;
  std::vector<std::string> calls;
};

class FakeProbe final : public DataProbe {
 public:
  Result<LeafFacts> MeasureLeaf(const TableShape& shape, const Leaf& leaf,
                                const std::string& transaction) override {
    read_whole.push_back(leaf.name);
    Result<LeafFacts> facts = MeasureRows(shape, leaf, transaction);
    if (counted.contains(shape.name)) facts->columns = counted.at(shape.name);
    return facts;
  }
  Result<std::vector<SourceAnswer>> CountSource(const SourceQuestion& question) override {
    ++source_counts;
    sources_counted.push_back(question.table);
    const auto known = rows_of.find(question.table);
    const std::int64_t there = known == rows_of.end() ? source_rows : known->second;
    SourceAnswer answer{there, std::vector<std::int64_t>(question.rules.size())};
    return std::vector<SourceAnswer>(question.leaves.size(), answer);
  }
  Result<Series> ReadSeries(const SeriesQuery& query) override {
    return Series{{}, std::vector<std::vector<double>>(query.columns.size())};
  }
  Result<std::vector<std::string>> ListLeaves(const TableShape&) override {
    return std::vector<std::string>{};
  }
  Result<bool> HasKey(const TableShape&) override { return true; }
  Result<std::vector<SpareIndex>> ListSpareIndexes() override { return spare_indexes; }
  Result<std::optional<bool>> Assert(const Point&, std::string_view) override {
    return std::optional<bool>(true);
  }
  Result<LeafFacts> MeasureRows(const TableShape& shape, const Leaf& leaf,
                                const std::string& transaction) override {
    LeafFacts facts{.exists = true, .rows = RowsOf(leaf.name)};
    facts.columns.resize(shape.columns.size());
    if (!transaction.empty()) facts.foreign_rows = transaction == "7" ? foreign_rows : rows;
    return facts;
  }
  Result<std::vector<Accepted>> ListAccepted(const std::vector<std::string>& leaves) override {
    std::vector<Accepted> some;
    for (const std::string& leaf : leaves) {
      if (is_accepted || !figures.empty()) some.push_back({leaf, RowsOf(leaf), 0, "7", figures});
    }
    return some;
  }
  Status RecordFindings(TaskId, std::span<const Finding> found) override {
    findings.assign(found.begin(), found.end());
    return {};
  }
  std::int64_t RowsOf(const std::string& leaf) const {
    return empty_leaves.contains(leaf) ? 0 : rows;
  }
  std::int64_t rows = 0;
  std::set<std::string> empty_leaves;
  std::map<std::string, std::vector<ColumnFacts>> counted;  // by table; others have no value
  std::int64_t source_rows = 5;
  std::map<std::string, std::int64_t> rows_of;  // where a table has others than source_rows
  std::vector<std::string> sources_counted;
  int source_counts = 0;
  std::int64_t foreign_rows = 0;
  bool is_accepted = false;  // every leaf; it is where there are figures, too
  std::string figures;       // of every leaf of features
  std::vector<std::string> read_whole;
  std::vector<SpareIndex> spare_indexes;
  std::vector<Finding> findings;
};

class FakeProcesses final : public ProcessRunner {
 public:
  Result<ProcessHandle> Start(const ProcessSpec&, OutputSink) override { return ProcessHandle{}; }
  Result<std::vector<ProcessChange>> Poll() override { return std::vector<ProcessChange>{}; }
  Status Kill(ProcessHandle) override { return {}; }
  Status Terminate(ProcessHandle) override { return {}; }
  Result<CommandExit> Run(const ProcessSpec& spec, Duration,
                          const std::function<void(std::string_view)>&,
                          const std::function<bool()>&) override {
    ran = spec;
    return exit;
  }
  ProcessSpec ran;
  CommandExit exit;
};

constexpr const char* kPhase = R"(
[phase]
name = "p"
[grid]
pair = "from-data"
period = "from-data"
[[stage]]
name = "load"
kind = "load"
dir = "bars"
[[stage]]
name = "index"
kind = "features"
family = "rate_index"
[[stage]]
name = "daily"
kind = "sql"
after = ["load"]
query = "select 1"
table = "daily"
columns = { ts = "timestamptz", n = "int8" }
[[stage]]
name = "mine"
kind = "command"
after = ["load"]
command = ["prog", "{pair}", "{period}"]
table = "mine"
columns = { ts = "timestamptz", n = "int8" }
[[stage]]
name = "ready"
kind = "optimise"
)";

// Hours of one pair from the first of July 2024.
std::string Csv(int rows) {
  std::string text = "time,close\n";
  for (int i = 0; i < rows; ++i) {
    text += "2024-07-" + std::string(i / 24 < 9 ? "0" : "") + std::to_string(i / 24 + 1) + " " +
            std::string(i % 24 < 10 ? "0" : "") + std::to_string(i % 24) + ":00,1." +
            std::to_string(1000 + i % 7) + "\n";
  }
  return text;
}

struct Bench {
  explicit Bench(std::map<std::string, std::string> bars = {{"eurusd.csv", Csv(48)}},
                 const std::string& more = "", const std::string& phase = kPhase) {
    files.files = std::move(bars);
    auto parsed = ParsePhase(phase + more, {.file = "p.toml", .folder = "/f"});
    EXPECT_TRUE(parsed.ok());
    Result<Findings> findings = Discover(parsed->spec, files, {}, [](auto, auto, auto&) {});
    EXPECT_TRUE(findings.ok());
    plan = CompilePhase(*parsed, *findings).value();
  }

  LeasedTask Task(const std::string& stage) const {
    for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
      const PlannedTask& planned = plan.tasks[i];
      if (plan.stages[planned.stage].spec.name != stage) continue;
      return {TaskId{static_cast<std::int64_t>(i) + 1},
              Fence{7},
              stage,
              planned.point,
              planned.leaves,
              1};
    }
    return {};
  }

  Result<std::vector<Completion>> Execute(const std::string& stage) { return Execute({stage}); }

  // From here on the calls say whose they are.
  void TellWhoBegins() {
    notes.on_begin = [this](std::size_t i) { data.calls.push_back("task " + std::to_string(i)); };
  }

  // The first task of each, as one group.
  Result<std::vector<Completion>> Execute(std::initializer_list<std::string> stages) {
    std::vector<LeasedTask> tasks;
    for (const std::string& stage : stages) tasks.push_back(Task(stage));
    return executor.Execute(tasks, [] { return false; }, notes);
  }

  // What the database has of the pair's bars: so many hours from the first of July 2024.
  void FillSeries(int rows) {
    for (int i = 0; i < rows; ++i) {
      data.series.ts_us.push_back(MakeInstant(2024, 7, 1, hours(i)).time_since_epoch().count());
    }
    data.series.columns.assign(4, std::vector<double>(static_cast<std::size_t>(rows), 1.5));
  }

  FakeFiles files;
  FakeData data;
  FakeProbe probe;
  FakeProcesses processes;
  PhasePlan plan;
  std::vector<std::string> logged;
  ExecutionNotes notes;
  StageWorld world{
      plan, "p__1", data, probe, files, processes, [this](TaskId, std::string_view text) {
        logged.emplace_back(text);
      }};
  StageExecutor executor{world};
};

TEST(BarFiles, ArePairsByTheStartOfTheirName) {
  FakeFiles files;
  files.files = {{"EURUSD_M1.csv.gz", ""}, {"gbpusd.txt", ""}, {"notes.md", ""}};
  Result<std::vector<BarFile>> found = ListBarFiles(files, "d");
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].pair, "eurusd");
  files.files["eurusd.csv"] = "";
  EXPECT_EQ(ListBarFiles(files, "d").error().kind(), ErrorKind::kInvalid);
}

TEST(Policy, AnUnknownWordIsNamedWithThoseThatAreKnown) {
  LoadSpec spec;
  spec.duplicates = "keep_all";
  Error error = PolicyOf(spec).error();
  EXPECT_NE(error.message().find("keep_all"), std::string::npos);
  EXPECT_NE(error.message().find("keep_first"), std::string::npos);
}

TEST(Discover, NamesAPictureThatIsCalledCsv) {
  FakeFiles files;
  files.files = {{"eurusd.csv", std::string("\xFF\xD8\xFF\xE0\x00\x10JFIF\x00", 11)}};
  auto parsed = ParsePhase(kPhase, {.file = "p.toml", .folder = "/f"});
  Result<Findings> found = Discover(parsed->spec, files, {}, [](auto, auto, auto&) {});
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().message().find("eurusd.csv"), std::string::npos);
}

TEST(Discover, SaysWhichInputsNoFileHas) {
  Bench bench;
  const auto& absent = bench.plan.findings.absent_inputs;
  EXPECT_NE(std::find(absent.begin(), absent.end(), "open"), absent.end());
  EXPECT_EQ(std::find(absent.begin(), absent.end(), "close"), absent.end());
}

TEST(Load, WritesEveryBarIntoExactlyOneLeaf) {
  Bench bench;
  Result<std::vector<Completion>> done = bench.Execute("load");
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_EQ(done->front().rows, 48);
  std::size_t rows = 0;
  for (const auto& [leaf, count] : bench.data.leaves) rows += count;
  EXPECT_EQ(rows, 48U);
  EXPECT_EQ(bench.data.calls.front(), "begin");
}

TEST(Load, APairWithoutASingleBarFails) {
  Bench bench({{"eurusd.csv", Csv(48)}, {"gbpusd.csv", Csv(48)}});
  bench.files.files["gbpusd.csv"] = "time,close\n";  // since the plan was made
  std::vector<LeasedTask> tasks;
  for (const PlannedTask& planned : bench.plan.tasks) {
    if (planned.point.Label("pair") == "gbpusd" && planned.stage == 0) {
      tasks.push_back({TaskId{1}, Fence{1}, "load", planned.point, planned.leaves, 1});
    }
  }
  ASSERT_EQ(tasks.size(), 1U);
  Result<std::vector<Completion>> done =
      bench.executor.Execute(tasks, [] { return false; }, bench.notes);
  EXPECT_EQ(done.error().kind(), ErrorKind::kCorrupt);
  EXPECT_NE(done.error().message().find("gbpusd"), std::string::npos);
}

TEST(Features, WritesOneRowPerBarOfItsPeriod) {
  Bench bench;
  bench.FillSeries(48);
  Result<std::vector<Completion>> done = bench.Execute("index");
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_EQ(done->front().rows, 48);
}

TEST(Features, OfOnePointReadItsBarsOnceAndAreWrittenInOneTransaction) {
  Bench bench({{"eurusd.csv", Csv(48)}}, R"(
[[stage]]
name = "returns"
kind = "features"
family = "bqx"
)");
  bench.FillSeries(48);
  Result<std::vector<Completion>> done = bench.Execute({"index", "returns"});
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_EQ(done->size(), 2U);
  EXPECT_EQ(Join(bench.data.calls, ", "),
            "read, begin, leaf rate_index_eurusd_2024, leaf bqx_eurusd_2024");
}

TEST(Features, ATaskBeginsWithItsFiguresAndAgainWithItsLeafAndTheFirstReadsForAll) {
  Bench bench;
  bench.FillSeries(48);
  bench.TellWhoBegins();
  ASSERT_TRUE(bench.Execute({"index", "index"}).ok());
  EXPECT_EQ(Join(bench.data.calls, ", "),
            "task 0, read, task 1, task 0, begin, task 0, leaf rate_index_eurusd_2024, task 1, "
            "leaf rate_index_eurusd_2024");
}

// All of its work is the query, which runs when it writes: whoever hangs there has begun last.
TEST(Sql, ATaskBeginsBeforeItsQueryRuns) {
  Bench bench;
  bench.TellWhoBegins();
  ASSERT_TRUE(bench.Execute({"daily", "daily"}).ok());
  std::vector<std::string> written(bench.data.calls.end() - 4, bench.data.calls.end());
  EXPECT_EQ(Join(written, ", "),
            "task 0, select daily_eurusd_2024, task 1, select daily_eurusd_2024");
}

TEST(Features, WithoutAnyCloseThereIsNoBaseline) {
  Bench bench;
  bench.FillSeries(48);
  bench.data.series.columns[3].assign(48, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(bench.Execute("index").error().kind(), ErrorKind::kCorrupt);
}

TEST(Features, OfAPairThatMayBeEmptyAreNoRows) {
  Bench bench;
  bench.FillSeries(0);
  Result<std::vector<Completion>> done = bench.Execute("index");
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_EQ(done->front().rows, 0);
}

TEST(Sql, ATaskThatWroteNothingWhereItsSourceHasRowsFails) {
  Bench bench;
  bench.data.selected_rows = 0;
  EXPECT_EQ(bench.Execute("daily").error().kind(), ErrorKind::kCorrupt);
  bench.probe.source_rows = 0;
  EXPECT_TRUE(bench.Execute("daily").ok());
}

constexpr const char* kSecondLoad = R"(
[[stage]]
name = "other"
kind = "load"
dir = "bars"
table = "other_bars"
[[stage]]
name = "alone"
kind = "sql"
query = "select 1"
columns = { ts = "timestamptz", n = "int8" }
[[stage]]
name = "joined"
kind = "sql"
after = ["daily", "other"]
query = "select 1"
columns = { ts = "timestamptz", n = "int8" }
)";

// Of one stage's own bars, not of those that are first in the file.
TEST(Sql, WhetherATaskMayBeEmptyIsAskedOfTheBarsBehindItsStage) {
  std::string text = kPhase;
  text.replace(text.find("name = \"index\""), 14, "name = \"index\"\nbars = \"load\"");
  Bench bench({{"eurusd.csv", Csv(48)}}, kSecondLoad, text);
  bench.data.selected_rows = 0;
  EXPECT_EQ(bench.Execute("alone").error().kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(bench.probe.sources_counted, std::vector<std::string>{});
  EXPECT_EQ(bench.Execute("joined").error().kind(), ErrorKind::kCorrupt);
  EXPECT_THAT(bench.probe.sources_counted, testing::UnorderedElementsAre("bars", "other_bars"));
  bench.probe.rows_of["other_bars"] = 0;
  EXPECT_TRUE(bench.Execute("joined").ok());
}

TEST(Command, IsSealedBeforeItsRowsAreSwappedIn) {
  Bench bench;
  ASSERT_TRUE(bench.Execute("mine").ok());
  std::vector<std::string> kinds;
  for (const std::string& call : bench.data.calls) kinds.push_back(call.substr(0, 4));
  EXPECT_EQ(kinds, (std::vector<std::string>{"open", "seal", "begi", "sele", "drop"}));
}

TEST(Command, GetsItsPointAndItsOwnAccess) {
  Bench bench;
  ASSERT_TRUE(bench.Execute("mine").ok());
  EXPECT_EQ(bench.processes.ran.argv[1], "eurusd");
  std::map<std::string, std::string> env(bench.processes.ran.env.begin(),
                                         bench.processes.ran.env.end());
  EXPECT_EQ(env["MAYFLY_PAIR"], "eurusd");
  EXPECT_EQ(env["MAYFLY_TABLE"], "s.t");
  EXPECT_EQ(env["PGUSER"], "c");
  EXPECT_EQ(env.count("MAYFLY_DATABASE"), 0U);
}

struct BadEnd {
  const char* name;
  CommandExit exit;
  ErrorKind kind;
};

TEST(Command, NoBadEndCountsAndEachIsSealedAndDropped) {
  const BadEnd ends[] = {
      {"exit code", {.exit_code = 3}, ErrorKind::kCorrupt},
      {"signal", {.signal = 9}, ErrorKind::kCorrupt},
      {"timeout", {.timed_out = true}, ErrorKind::kCorrupt},
      {"left a grandchild", {.stragglers = 1}, ErrorKind::kCorrupt},
      {"asks to be tried again", {.exit_code = 75}, ErrorKind::kUnavailable},
      {"drained", {.cancelled = true}, ErrorKind::kCancelled},
  };
  for (const BadEnd& end : ends) {
    Bench bench;
    bench.processes.exit = end.exit;
    Result<std::vector<Completion>> done = bench.Execute("mine");
    ASSERT_FALSE(done.ok()) << end.name;
    EXPECT_EQ(done.error().kind(), end.kind) << end.name;
    EXPECT_EQ(bench.data.calls, (std::vector<std::string>{"open", "seal", "drop"})) << end.name;
  }
}

// psql says 2 when the server is not there: a restart is not the task's own fault (I5).
TEST(Command, AFailureWhileTheDatabaseWasAwayIsOurs) {
  Bench bench;
  bench.data.lost = true;
  bench.processes.exit = {.exit_code = 2};
  EXPECT_EQ(bench.Execute("mine").error().kind(), ErrorKind::kUnavailable);
  Bench fine;
  fine.data.lost = true;
  EXPECT_TRUE(fine.Execute("mine").ok());
}

TEST(Command, AFailureThatSpeaksOfMemoryNamesTheLimit) {
  constexpr const char* kLimit = "more than 256 MiB: raise machines.slot_memory";
  const std::tuple<CommandExit, bool, bool> cases[] = {
      {{.exit_code = 1, .tail = "MemoryError\n"}, true, true},
      {{.exit_code = 0, .signal = 9, .tail = ""}, true, true},
      {{.exit_code = 1, .tail = "no such file"}, true, false},
      {{.exit_code = 1, .tail = "MemoryError\n"}, false, false},
  };
  for (const auto& [exit, limited, named] : cases) {
    Bench bench;
    if (limited) bench.plan.spec.machines.slot_memory_bytes = 256 << 20;
    bench.processes.exit = exit;
    std::string message = bench.Execute("mine").error().message();
    EXPECT_EQ(message.find(kLimit) != std::string::npos, named) << message;
  }
}

TEST(Optimise, TakesStatisticsOfTheKeysOfSeriesAndOfAllColumnsOfTheRest) {
  Bench bench;
  ASSERT_TRUE(bench.Execute("ready").ok());
  EXPECT_EQ(bench.data.calls,
            (std::vector<std::string>{"begin", "statistics bars (pair, ts) 1",
                                      "statistics rate_index (pair, ts) 1", "statistics daily () 0",
                                      "statistics mine () 0"}));
}

TEST(Optimise, NamesEveryIndexThatCouldGoAndWhy) {
  Bench bench;
  bench.probe.spare_indexes = {{"public.a", "public.t", 3 << 20, 0, ""},
                               {"public.b", "public.t", 8192, 12, "public.t_pkey"}};
  ASSERT_TRUE(bench.Execute("ready").ok());
  ASSERT_EQ(bench.logged.size(), 3U);
  EXPECT_NE(bench.logged[0].find("public.a of public.t (3.0 MiB) was never read"),
            std::string::npos);
  EXPECT_NE(bench.logged[1].find("repeats the beginning of public.t_pkey, read 12 times"),
            std::string::npos);
  EXPECT_EQ(bench.logged[2], "indexes: 2 could go");
}

TEST(Verify, RecordsFindingsAndNothingWrittenIsNoPass) {
  Bench bench;
  ASSERT_TRUE(bench.Execute("verify").ok());
  EXPECT_FALSE(bench.probe.findings.empty());
  EXPECT_EQ(Conclude(bench.probe.findings), Verdict::kFail);
}

// The verdicts of a check about pair eurusd, by stage.
std::map<std::string, Verdict> VerdictsOf(Bench& bench, const std::string& check, Depth depth) {
  Point pair(std::vector<std::pair<std::string, std::string>>{{"pair", "eurusd"}});
  Result<std::vector<Finding>> found = VerifyPoint(bench.plan, pair, bench.probe, depth);
  EXPECT_TRUE(found.ok());
  std::map<std::string, Verdict> verdicts;
  for (const Finding& finding : *found) {
    if (finding.check == check) verdicts[finding.stage] = finding.verdict;
  }
  return verdicts;
}

TEST(Verify, RowsOfOthersAreSeenInStagesOfEveryKind) {
  Bench bench;
  bench.probe.rows = 5;
  bench.probe.is_accepted = true;
  for (const auto& [foreign_rows, expected] : {std::pair{0, Verdict::kPass}, {1, Verdict::kFail}}) {
    bench.probe.foreign_rows = foreign_rows;
    std::map<std::string, Verdict> all{
        {"load", expected}, {"index", expected}, {"daily", expected}, {"mine", expected}};
    EXPECT_EQ(VerdictsOf(bench, "written by this run", Depth::kWhole), all);
  }
}

TEST(Contracts, AStageMaySayWhichOfItsColumnsMayBeConstant) {
  std::string text = kPhase;
  text.replace(text.find("table = \"mine\""), 0, "may_be_constant = [\"n\"]\n");
  auto parsed = ParsePhase(text, {.file = "p.toml", .folder = "/f"});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  Bench bench;
  PhasePlan plan = CompilePhase(*parsed, bench.plan.findings).value();
  EXPECT_TRUE(ContractOf(*plan.FindStage("mine")).columns.back().may_be_constant);
  EXPECT_FALSE(ContractOf(*plan.FindStage("daily")).columns.back().may_be_constant);
  EXPECT_TRUE(ContractOf(*plan.FindStage("daily")).declares_constants);
  EXPECT_FALSE(ContractOf(*plan.FindStage("index")).declares_constants);
}

// A stage of so many leaves that one in some is read whole, and none of this pair's three by that.
struct ManyLeaves {
  ManyLeaves() {
    while (bench.plan.stages[stage].spec.name != "index") ++stage;
    bench.plan.stages[stage].task_count = 1000;
    std::vector<Leaf>& leaves = Task().leaves;
    leaves.resize(3, leaves.front());
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      leaves[i].name += "_" + std::to_string(i);
      while (Fnv1a(leaves[i].name) % 16 == 0) leaves[i].name += "x";
      names.push_back(leaves[i].name);
    }
    std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
      return std::pair(Fnv1a(a) % 16, Fnv1a(a)) < std::pair(Fnv1a(b) % 16, Fnv1a(b));
    });
    const TableShape& shape = *bench.plan.stages[stage].shape;
    LeafFigures figures{"any", 5, std::vector<ColumnFigures>(4, ColumnFigures{5 - 3, 1.0, 2.0})};
    bench.probe.rows = 5;
    bench.probe.figures = FiguresToJson({figures});
    bench.probe.counted[shape.name] = FactsOf(figures, shape);
  }
  PlannedTask& Task() {
    for (PlannedTask& task : bench.plan.tasks) {
      if (task.stage == stage) return task;
    }
    return bench.plan.tasks.front();
  }
  Verdict Of(const std::string& check, Depth depth) {
    std::map<std::string, Verdict> verdicts = VerdictsOf(bench, check, depth);
    auto found = verdicts.find("index");
    return found == verdicts.end() ? Verdict::kCannotTell : found->second;
  }
  // Those of its leaves that were read when the stage was last verified.
  std::vector<std::string> ReadWhole() {
    bench.probe.read_whole.clear();
    EXPECT_EQ(Of("figures of the writer", Depth::kSampled), Verdict::kPass);
    std::vector<std::string> read;
    for (const std::string& leaf : bench.probe.read_whole) {
      if (std::find(names.begin(), names.end(), leaf) != names.end()) read.push_back(leaf);
    }
    return read;
  }
  Bench bench;
  std::size_t stage = 0;
  std::vector<std::string> names;  // of the pair's leaves, in the order in which they are drawn
};

TEST(Verify, OfManyLeavesTheWritersFiguresStandInWhereTheRowsAreItsOwn) {
  ManyLeaves many;
  EXPECT_EQ(many.Of("written by this run", Depth::kSampled), Verdict::kPass);
  EXPECT_EQ(many.Of("not constant", Depth::kSampled), Verdict::kPass);
  many.bench.probe.foreign_rows = 1;
  EXPECT_EQ(many.Of("written by this run", Depth::kSampled), Verdict::kFail);
}

TEST(Verify, OneLeafOfEachPairIsReadWhateverItsName) {
  ManyLeaves many;
  EXPECT_EQ(many.ReadWhole(), std::vector<std::string>{many.names[0]});
  many.bench.probe.empty_leaves = {many.names[0]};
  EXPECT_EQ(many.ReadWhole(), std::vector<std::string>{many.names[1]});
}

TEST(Verify, WhereALeafIsReadItsFiguresMustBeThoseOfTheData) {
  ManyLeaves many;
  EXPECT_EQ(many.Of("figures of the writer", Depth::kWhole), Verdict::kPass);
  many.bench.probe.counted.clear();  // no value is there, and the figures say that there are some
  EXPECT_EQ(many.Of("figures of the writer", Depth::kWhole), Verdict::kFail);
  EXPECT_EQ(many.Of("figures of the writer", Depth::kSampled), Verdict::kFail);
}

TEST(Figures, ComeBackAsTheyWere) {
  LeafFigures figures{"a", 7, {{2, -1.5, 0.1}, {7, std::nullopt, std::nullopt}}};
  Result<LeafFigures> back = FiguresFromJson(FiguresToJson({figures}));
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_EQ(back->leaf, "a");
  EXPECT_EQ(back->columns, figures.columns);
  for (const char* broken : {"", "{}", R"({"leaves": []})", R"({"leaves": [{"leaf": 1}]})"}) {
    EXPECT_EQ(FiguresFromJson(broken).error().kind(), ErrorKind::kCorrupt) << broken;
  }
}

TEST(Verify, CountsTheSourceOnceForAllStagesThatReadIt) {
  Bench bench;
  ASSERT_TRUE(bench.Execute("verify").ok());
  EXPECT_EQ(bench.probe.source_counts, 1);
}

TEST(Executor, AnUnknownStageIsInvalidAndSaysWhich) {
  Bench bench;
  std::vector<LeasedTask> tasks{bench.Task("load")};
  tasks.push_back(bench.Task("load"));
  tasks[1].stage = "gone";
  Result<std::vector<Completion>> done =
      bench.executor.Execute(tasks, [] { return false; }, bench.notes);
  EXPECT_EQ(done.error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(bench.notes.failed, 1U);
}

}  // namespace
}  // namespace mayfly::stages
