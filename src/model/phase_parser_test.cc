#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/rng.h"
#include "base/text.h"
#include "model/init_template.h"
#include "model/phase_spec.h"

namespace mayfly {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kGood = R"([phase]
name = "bqx-phase2"
deadline = "48h"
budget = "25 USD"

[database]
url = "env:DATABASE_URL"
keep_runs = 3

[machines]
provider = "local"
count = 2
slots = 4
slot_memory = "2 GiB"
heartbeat = "2s"
lease = "10s"

[grid]
pair = ["eurusd", "audcad"]
period = { every = "month", from = "2024-07", to = "2025-06" }
side = ["bid", "ask"]

[[stage]]
name = "2.1-sql"
kind = "sql"
after = ["1.5-bqx", "load"]
file = "queries/daily.sql"
table = "daily"
columns = { ts = "timestamptz", low = "float8", high = "float8" }
lookback = 1

[[stage]]
name = "load"
kind = "load"
dir = "bars"
baseline = "2024-07-01"
max_bad_share = 0.5

[[stage]]
name = "1.5-bqx"
kind = "features"
family = "bqx"
timeout = "90m"

[[stage]]
name = "report"
kind = "command"
after = ["1.5-bqx"]
command = ["sh", "report.sh", "{pair}"]
env = { LEVEL = "2" }
grid = ["pair"]
columns = { words = "text" }
empty = "allow"

[[stage]]
name = "check"
kind = "verify"
assert = [{ name = "some", sql = "select true" }]
)";

ParseContext Context() {
  return {.file = "phase.toml",
          .folder = "/srv/p",
          .working_folder = "/work",
          .now = MakeInstant(2025, 7, 1),
          .read_file = [](const std::string& path) -> Result<std::string> {
            if (path == "/srv/p/queries/daily.sql") return std::string("select 1\n");
            return NotFound(path + " is not there");
          }};
}

Result<ParsedPhase> ParseWith(const std::string& text, std::vector<std::string> sets = {}) {
  ParseContext context = Context();
  context.sets = std::move(sets);
  return ParsePhase(text, context);
}

std::string ErrorsOf(const std::string& text, std::vector<std::string> sets = {}) {
  Result<ParsedPhase> parsed = ParseWith(text, std::move(sets));
  if (parsed.ok()) return "no error";
  EXPECT_EQ(parsed.error().kind(), ErrorKind::kInvalid);
  return parsed.error().message();
}

TEST(PhaseFile, AGoodFileBecomesItsSpec) {
  auto parsed = ParseWith(kGood);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  const PhaseSpec& spec = parsed->spec;
  EXPECT_EQ(spec.database.schema, "bqx_phase2");
  EXPECT_EQ(spec.machines.slot_memory_bytes, std::int64_t{2} << 30);
  EXPECT_EQ(spec.grid[2].labels, (std::vector<std::string>{"bid", "ask"}));
  EXPECT_EQ(spec.grid[1].every, PeriodUnit::kMonth);
  const auto& load = std::get<LoadSpec>(spec.FindStage("load")->kind);
  EXPECT_EQ(load.dir, "/srv/p/bars");
  EXPECT_EQ(load.baseline, MakeInstant(2024, 7, 1));
  EXPECT_EQ(spec.FindStage("1.5-bqx")->timeout, minutes(90));
  EXPECT_EQ(std::get<CommandSpec>(spec.FindStage("report")->kind).cwd, "/srv/p");
  EXPECT_EQ(std::get<SqlSpec>(spec.FindStage("2.1-sql")->kind).query, "select 1\n");
}

std::vector<std::string> Names(const PhaseSpec& spec) {
  std::vector<std::string> names;
  for (const StageSpec& stage : spec.stages) names.push_back(stage.name);
  return names;
}

TEST(PhaseFile, StagesComeAfterWhatTheyNeedElseInTheOrderOfTheFile) {
  auto parsed = ParseWith(kGood);
  ASSERT_TRUE(parsed.ok());
  EXPECT_THAT(Names(parsed->spec), ElementsAre("load", "1.5-bqx", "2.1-sql", "report", "check"));
}

TEST(PhaseFile, FeaturesComeAfterTheirBarsWithoutSaying) {
  auto parsed = ParseWith(kGood);
  ASSERT_TRUE(parsed.ok());
  EXPECT_THAT(parsed->spec.FindStage("1.5-bqx")->after, ElementsAre("load"));
  EXPECT_EQ(std::get<FeaturesSpec>(parsed->spec.FindStage("1.5-bqx")->kind).bars, "load");
}

TEST(PhaseFile, ColumnsKeepTheirOrder) {
  auto parsed = ParseWith(kGood);
  ASSERT_TRUE(parsed.ok());
  const auto& sql = std::get<SqlSpec>(parsed->spec.FindStage("2.1-sql")->kind);
  EXPECT_THAT(sql.output.columns,
              ElementsAre(Column{"ts", ColumnType::kTimestamptz},
                          Column{"low", ColumnType::kFloat8}, Column{"high", ColumnType::kFloat8}));
}

TEST(PhaseFile, APhaseWithoutVerifyGetsOne) {
  std::string text = kGood;
  text = text.substr(0, text.find("[[stage]]\nname = \"check\""));
  auto parsed = ParseWith(text);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_EQ(parsed->spec.stages.back().name, "verify");
  EXPECT_EQ(parsed->spec.stages.back().kind_name(), "verify");
}

TEST(PhaseFile, AnOptimiseStageIsAboutAllOthersOrThoseItNames) {
  std::string text = std::string(kGood) + "\n[[stage]]\nname = \"ready\"\nkind = \"optimise\"\n";
  auto parsed = ParseWith(text);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  const StageSpec* ready = parsed->spec.FindStage("ready");
  EXPECT_EQ(ready->kind_name(), "optimise");
  EXPECT_EQ(ready->after.size(), parsed->spec.stages.size() - 2);  // itself and verify
  EXPECT_TRUE(parsed->spec.DimensionsOf(*ready).empty());
  auto some = ParseWith(text + "after = [\"load\"]\n");
  ASSERT_TRUE(some.ok()) << some.error().message();
  EXPECT_THAT(some->spec.FindStage("ready")->after, ElementsAre("load"));
  auto wrong = ParseWith(text + "grid = [\"pair\"]\n");
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.error().message(), HasSubstr("optimise stage has no choice of grid"));
}

TEST(PhaseFile, CanonicalTextGivesTheSameSpecAnywhere) {
  auto parsed = ParseWith(kGood, {"load.dir=other", "phase.deadline=2026-01-01",
                                  "stage.\"1.5-bqx\".retries=7", "machines.slots=auto"});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  auto again = ParsePhase(parsed->canonical_toml, {.file = "c", .folder = "/elsewhere"});
  ASSERT_TRUE(again.ok()) << again.error().message() << parsed->canonical_toml;
  EXPECT_TRUE(again->spec == parsed->spec) << parsed->canonical_toml;
  EXPECT_EQ(again->canonical_toml, parsed->canonical_toml);
}

TEST(PhaseFile, CanonicalTextIsTheSameWhateverTheOrderOfKeys) {
  std::string swapped = kGood;
  std::string lines = "count = 2\nslots = 4\n";
  swapped.replace(swapped.find(lines), lines.size(), "slots = 4\n\n# two\ncount = 2\n");
  EXPECT_EQ(ParseWith(swapped)->canonical_toml, ParseWith(kGood)->canonical_toml);
}

// In the good file, `what` is replaced by `by`; the complaint names the line where `by` begins,
// `lines_on` further, and holds the words.
struct BadCase {
  const char* name;
  const char* what;
  const char* by;
  std::vector<const char*> words;
  int lines_on = 0;
};

void ExpectComplaint(const BadCase& c) {
  std::string text = kGood;
  std::size_t at = text.find(c.what);
  ASSERT_NE(at, std::string::npos) << c.name;
  text.replace(at, std::string_view(c.what).size(), c.by);
  auto line = 1 + c.lines_on +
              std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  std::string errors = ErrorsOf(text);
  EXPECT_THAT(errors, HasSubstr("phase.toml:" + std::to_string(line) + ": ")) << c.name;
  for (const char* word : c.words) EXPECT_THAT(errors, HasSubstr(word)) << c.name;
  EXPECT_EQ(Split(errors, '\n').size(), 1U) << c.name << ": " << errors;
}

TEST(PhaseFile, MistakesInSectionsAreNamedWithTheirLine) {
  const std::vector<BadCase> cases{
      {"unknown key", "count = 2", "cuont = 2", {"unknown key \"cuont\"", "\"count\"?"}},
      {"unknown section", "[machines]", "[machine]", {"\"machine\"", "did you mean \"machines\""}},
      {"no name", "name = \"bqx-phase2\"\n", "", {"name: is missing"}, -1},
      {"bad name", "\"bqx-phase2\"", "\"bqx phase\"", {"bqx phase", "letters"}},
      {"deadline without unit", "\"48h\"", "48", {"deadline", "missing unit", "\"48h\""}},
      {"deadline text without unit", "\"48h\"", "\"48\"", {"missing unit"}},
      {"unknown unit", "\"48h\"", "\"2 weeks\"", {"2 weeks", "not a duration"}},
      {"deadline passed", "\"48h\"", "\"2025-06-30\"", {"2025-06-30", "has passed"}},
      {"deadline passed, TOML date", "\"48h\"", "2025-06-30T10:00:00Z", {"has passed"}},
      {"deadline of another type", "\"48h\"", "[1]", {"expected a duration, found a list"}},
      {"budget without unit", "\"25 USD\"", "25", {"budget", "missing unit", "\"25 USD\""}},
      {"other currency", "\"25 USD\"", "\"25 EUR\"", {"25 EUR", "another currency", "USD only"}},
      {"budget as bare text", "\"25 USD\"", "\"25\"", {"\"25\" has no unit", "\"25 USD\""}},
      {"budget of nothing", "\"25 USD\"", "\"0 USD\"", {"pays for no machine"}},
      {"negative budget", "\"25 USD\"", "\"-5 USD\"", {"is negative"}},
      {"budget with digits too many", "\"25 USD\"", "\"1000000000000 USD\"", {"a digit too many"}},
      {"expected beyond the deadline",
       "budget = \"25 USD\"",
       "expect = \"50h\"",
       {"50h is beyond the deadline of 48h"}},
      {"expected without unit", "budget = \"25 USD\"", "expect = 42", {"expect", "a duration"}},
      {"price without hour", "count = 2", "price = \"0.10 USD\"", {"price", "by the hour"}},
      {"price without unit", "count = 2", "price = 1", {"price", "missing unit"}},
      {"price by the day", "count = 2", "price = \"1 USD/d\"", {"not by the hour"}},
      {"price of another currency", "count = 2", "price = \"1 EUR/h\"", {"another currency"}},
      {"ceiling below the price",
       "count = 2",
       "price = \"2 USD/h\"\nmax_price = \"1 USD/h\"",
       {"max_price", "below the price"},
       1},
      {"provider of later", "\"local\"", "\"slurm\"", {"slurm", "not in this version"}},
      {"provider without its table", "\"local\"", "\"ec2\"", {"[machines] ec2", "is missing"}, -1},
      {"unknown provider", "\"local\"", "\"azure\"", {"azure", "local"}},
      {"no machine", "count = 2", "count = 0", {"0 is not between 1 and"}},
      {"count as text", "count = 2", "count = \"2\"", {"expected a whole number, found a string"}},
      {"slots as word", "slots = 4", "slots = \"many\"", {"many", "\"auto\""}},
      {"memory without unit", "\"2 GiB\"", "2048", {"missing unit", "2 GiB"}},
      {"memory of another unit", "\"2 GiB\"", "\"2 gigs\"", {"2 gigs", "GiB"}},
      {"lease too short", "\"10s\"", "\"3s\"", {"lease", "3s", "two heartbeats of 2s"}},
      {"no writer", "keep_runs = 3", "writers = 0", {"writers", "0 is not between 1 and"}},
      {"writers as word", "keep_runs = 3", "writers = \"some\"", {"some", "\"auto\""}},
      {"no runs kept", "keep_runs = 3", "keep_runs = 0", {"keep_runs", "between 1"}},
      {"reserved schema", "keep_runs", "schema = \"mayfly\"\nkeep_runs", {"schema", "mayfly"}},
      {"schema not plain", "keep_runs", "schema = \"B-x\"\nkeep_runs", {"B-x", "plain name"}},
      {"reference of later", "\"env:DATABASE_URL\"", "\"rds-iam\"", {"not in this version"}},
      {"parameter by half", "\"env:DATABASE_URL\"", "\"ssm:db\"", {"full name", "ssm:/prod/db"}},
      {"no secret", "\"env:DATABASE_URL\"", "\"secretsmanager:\"", {"name or ARN"}},
      {"no reference", "\"env:DATABASE_URL\"", "\"db\"", {"embedded", "env:NAME"}},
      {"not TOML", "count = 2", "count = = 2", {"not TOML"}},
  };
  for (const BadCase& c : cases) ExpectComplaint(c);
}

// [machines] of a phase that rents.
constexpr const char* kRented = R"(provider = "ec2"

[machines.ec2]
types = ["c7i.8xlarge", "c7a.8xlarge"]
smaller = ["c7i.4xlarge"]
zones = ["us-east-1a"]
subnets = ["subnet-1"]
security_groups = ["sg-1"]
instance_profile = "mayfly-worker"
bucket = "team-mayfly"
on_demand = "after-spot"
on_demand_after = "30m"
disk = "200 GiB"
tags = { team = "fx" }

[machines.setup]
commands = ["apt-get install -y python3"]
timeout = "5m"
swap = "8 GiB"

[grid_of_before]
)";

std::string WithRented(std::string_view from, std::string_view to) {
  std::string machines(kRented);
  machines.resize(machines.find("[grid_of_before]"));
  if (!from.empty()) machines.replace(machines.find(from), from.size(), to);
  std::string text(kGood);
  const std::string local =
      "provider = \"local\"\ncount = 2\nslots = 4\nslot_memory = \"2 GiB\"\n"
      "heartbeat = \"2s\"\nlease = \"10s\"\n";
  return text.replace(text.find(local), local.size(), machines);
}

TEST(PhaseParser, TakesADatabaseThatAwsKeeps) {
  for (const std::string url : {"ssm:/prod/db", "secretsmanager:prod/db"}) {
    std::string text(kGood);
    const std::string before = "env:DATABASE_URL";
    auto parsed = ParseWith(text.replace(text.find(before), before.size(), url));
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    EXPECT_EQ(parsed->spec.database.url, url);
  }
}

TEST(PhaseParser, ReadsWhatIsRented) {
  Result<ParsedPhase> phase = ParsePhase(WithRented("", ""), Context());
  ASSERT_TRUE(phase.ok()) << phase.error().message();
  const MachinesSpec& machines = phase->spec.machines;
  ASSERT_TRUE(machines.ec2);
  EXPECT_EQ(machines.provider, "ec2");
  EXPECT_THAT(machines.ec2->types, ElementsAre("c7i.8xlarge", "c7a.8xlarge"));
  EXPECT_THAT(machines.ec2->smaller, ElementsAre("c7i.4xlarge"));
  EXPECT_EQ(machines.ec2->image, "debian-12");
  EXPECT_EQ(machines.ec2->on_demand, OnDemandRule::kAfterSpot);
  EXPECT_EQ(machines.ec2->on_demand_after, minutes(30));
  EXPECT_EQ(machines.ec2->disk_gib, 200);
  EXPECT_EQ(machines.ec2->disk_type, "gp3");
  EXPECT_FALSE(machines.ec2->public_address);
  EXPECT_EQ(machines.ec2->tags.at("team"), "fx");
  EXPECT_FALSE(machines.ec2->snapshot);
  EXPECT_FALSE(phase->spec.database.capacity);
  EXPECT_THAT(machines.setup.commands, ElementsAre("apt-get install -y python3"));
  EXPECT_EQ(machines.setup.swap_bytes, 8LL << 30);
  Result<ParsedPhase> again = ParsePhase(phase->canonical_toml, Context());
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(again->spec, phase->spec);
}

constexpr const char* kKept = R"(tags = { team = "fx" }

[machines.ec2.snapshot]
keep = "30d"
wait = "20m"

[database.capacity]
cluster = "prod"
floor = 8.5
)";

TEST(PhaseParser, ReadsWhatIsKeptAndRaised) {
  Result<ParsedPhase> phase =
      ParsePhase(WithRented("tags = { team = \"fx\" }\n", kKept), Context());
  ASSERT_TRUE(phase.ok()) << phase.error().message();
  EXPECT_EQ(phase->spec.machines.ec2->snapshot,
            (SnapshotSpec{.keep = hours(24 * 30), .wait = minutes(20)}));
  EXPECT_EQ(phase->spec.database.capacity, (CapacitySpec{"prod", 8500}));
  Result<ParsedPhase> again = ParsePhase(phase->canonical_toml, Context());
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(again->spec, phase->spec);
}

TEST(PhaseParser, SaysWhatIsWrongWithWhatIsKeptAndRaised) {
  struct Case {
    std::string from, to;
    std::vector<std::string> says;
  };
  const std::vector<Case> cases{
      {"keep = \"30d\"\n", "", {"machines.ec2.snapshot", "keep", "is missing"}},
      {"\"30d\"", "\"367d\"", {"keep", "8808h is more than"}},
      {"\"30d\"", "30", {"keep", "a duration"}},
      {"\"30d\"", "\"1s\"", {"keep", "1h"}},
      {"wait", "weit", {"weit", "did you mean", "wait"}},
      {"cluster = \"prod\"\n", "", {"database.capacity", "cluster", "is missing"}},
      {"8.5", "8.25", {"floor", "steps of a half"}},
      {"8.5", "0", {"floor", "0.5 to 256"}},
      {"8.5", "\"8\"", {"floor", "0.5 to 256"}},
      {"8.5", "256.5", {"floor", "0.5 to 256"}},
  };
  for (const Case& c : cases) {
    std::string kept(kKept);
    kept.replace(kept.find(c.from), c.from.size(), c.to);
    Result<ParsedPhase> phase =
        ParsePhase(WithRented("tags = { team = \"fx\" }\n", kept), Context());
    ASSERT_FALSE(phase.ok()) << c.to;
    for (const std::string& word : c.says) {
      EXPECT_THAT(phase.error().message(), HasSubstr(word)) << c.to;
    }
  }
}

TEST(PhaseParser, SaysWhatIsWrongWithWhatIsRented) {
  struct Case {
    const char *from, *to;
    std::vector<std::string> says;
  };
  const std::vector<Case> cases{
      {"types = [\"c7i.8xlarge\", \"c7a.8xlarge\"]", "", {"types", "is missing"}},
      {"c7i.4xlarge", "c7a.8xlarge", {"smaller", "among the types already"}},
      {"\"c7a.8xlarge\"", "\"c7i.8xlarge\"", {"c7i.8xlarge", "stands there twice"}},
      {"\"c7a.8xlarge\"", "\"big\"", {"\"big\" is not an instance type"}},
      {"subnet-1", "vpc-1", {"vpc-1", "id of a subnet"}},
      {"sg-1", "default", {"default", "security group"}},
      {"us-east-1a", "us-east-1", {"us-east-1", "is not a zone"}},
      {"bucket = \"team-mayfly\"", "", {"bucket", "is missing"}},
      {"instance_profile = \"mayfly-worker\"", "", {"instance_profile", "iam-policy"}},
      {"after-spot", "sometimes", {"sometimes", "after-spot"}},
      {"200 GiB", "200", {"disk", "200"}},
      {"200 GiB", "1 GiB", {"disk", "8 to"}},
      {"200 GiB", "9 GB", {"disk", "whole GiB"}},
      {"team = \"fx\"", "\"aws:team\" = \"fx\"", {"aws:team", "is taken"}},
      {"team = \"fx\"", "\"mayfly:run\" = \"9\"", {"mayfly:run", "is taken"}},
      {"team = \"fx\"", "team = 4", {"tags.team", "a text"}},
      {"provider = \"ec2\"", "provider = \"ec2\"\nprice = \"1 USD/h\"", {"price", "its market"}},
      {"timeout = \"5m\"", "timeout = 5", {"timeout", "a duration"}},
      {"swap = \"8 GiB\"", "swap = 8", {"swap", "missing unit"}},
      {"disk =", "image = \"ubuntu\"\ndisk =", {"ubuntu", "debian-12", "ssm:/"}},
      {"types =", "typs = [\"c7i.large\"]\ntypes =", {"typs", "did you mean", "types"}},
  };
  for (const Case& c : cases) {
    Result<ParsedPhase> phase = ParsePhase(WithRented(c.from, c.to), Context());
    ASSERT_FALSE(phase.ok()) << c.to;
    for (const std::string& word : c.says) {
      EXPECT_THAT(phase.error().message(), HasSubstr(word)) << c.to;
    }
  }
}

TEST(PhaseFile, MistakesInTheGridAreNamedWithTheirLine) {
  const std::vector<BadCase> cases{
      {"month 13", "\"2024-07\"", "\"2024-13\"", {"from", "2024-13", "01 to 12"}},
      {"from after to", "\"2024-07\"", "\"2025-07\"", {"from", "after \"to\""}},
      {"unknown unit", "\"month\"", "\"moth\"", {"moth", "did you mean \"month\""}},
      {"period as list",
       "{ every = \"month\", from = \"2024-07\", to = \"2025-06\" }",
       "[\"2024-07\"]",
       {"period: expected \"from-data\" or {", "found a list"}},
      {"misspelt from-data", "[\"bid\", \"ask\"]", "\"from-dat\"", {"side", "from-dat"}},
      {"from-data of another dimension", "[\"bid\", \"ask\"]", "\"from-data\"", {"only pair and"}},
      {"empty list", "[\"bid\", \"ask\"]", "[]", {"side: is an empty list"}},
      {"double label", "[\"bid\", \"ask\"]", "[\"bid\", \"bid\"]", {"\"bid\" is listed twice"}},
      {"label not plain", "[\"bid\", \"ask\"]", "[\"b/d\"]", {"b/d", "plain label"}},
      {"label not text", "[\"bid\", \"ask\"]", "[1]", {"expected a list of strings"}},
      {"dimension not plain", "side =", "\"Side 2\" =", {"Side 2"}},
      {"key in period", "every = \"month\"", "evry = \"month\"", {"evry", "\"every\"?"}},
  };
  for (const BadCase& c : cases) ExpectComplaint(c);
}

TEST(PhaseFile, OnlyADeclaredColumnMayBeConstant) {
  const std::vector<BadCase> cases{
      {"constant that is no column",
       "lookback",
       "may_be_constant = [\"lo\"]\nlookback",
       {"may_be_constant: \"lo\" is not one of columns", "did you mean \"low\""}},
      {"constant twice",
       "lookback",
       "may_be_constant = [\"low\", \"low\"]\nlookback",
       {"may_be_constant: \"low\" is listed twice"}},
      {"constant of a family",
       "family = \"bqx\"",
       "family = \"bqx\"\nmay_be_constant = [\"x\"]",
       {"may_be_constant"},
       1},
  };
  for (const BadCase& c : cases) ExpectComplaint(c);
  auto good = ParseWith(kGood, {"stage.\"2.1-sql\".may_be_constant=['low', 'high']"});
  ASSERT_TRUE(good.ok()) << good.error().message();
  const auto& sql = std::get<SqlSpec>(good->spec.FindStage("2.1-sql")->kind);
  EXPECT_THAT(sql.output.may_be_constant, ElementsAre("low", "high"));
}

TEST(PhaseFile, MistakesInStagesAreNamedWithTheirLine) {
  const std::vector<BadCase> cases{
      {"unknown key", "timeout = \"90m\"", "timeuot = \"90m\"", {"1.5-bqx", "timeuot", "timeout"}},
      {"key of another kind", "family = \"bqx\"", "family = \"bqx\"\nquery = \"x\"", {"query"}, 1},
      {"no family", "family = \"bqx\"\n", "", {"family: is missing"}, -3},
      {"unknown kind", "\"features\"", "\"feature\"", {"did you mean \"features\""}},
      {"kind of later", "\"features\"", "\"export\"", {"export", "not in this version"}},
      {"unknown stage", "[\"1.5-bqx\", \"load\"]", "[\"1.5-bqq\"]", {"1.5-bqq", "\"1.5-bqx\"?"}},
      {"after itself", "[\"1.5-bqx\", \"load\"]", "[\"2.1-sql\"]", {"cannot come after itself"}},
      {"after verify", "[\"1.5-bqx\", \"load\"]", "[\"check\"]", {"nothing comes after \"check\""}},
      {"after twice", "[\"1.5-bqx\", \"load\"]", "[\"load\", \"load\"]", {"listed twice"}},
      {"double name", "\"report\"", "\"load\"", {"taken by the stage at line 32"}},
      {"name not plain", "\"report\"", "\"re port\"", {"letters, digits"}},
      {"timeout without unit", "\"90m\"", "90", {"timeout", "missing unit"}},
      {"negative retries", "timeout = \"90m\"", "retries = -1", {"retries", "-1 is not between"}},
      {"lookback without period", "empty = \"allow\"", "lookback = 1", {"lookback", "period"}},
      {"empty misspelt", "\"allow\"", "\"alow\"", {"did you mean \"allow\""}},
      {"dir and source", "baseline", "source = { table = \"t\" }\nbaseline", {"choose one"}},
      {"no dir", "dir = \"bars\"\n", "", {"dir: is missing"}, -3},
      {"source of another type", "dir = \"bars\"", "source = \"t\"", {"found a string"}},
      {"source column",
       "dir = \"bars\"",
       "source = { table = \"t\", columns = { clos = \"c\" } }",
       {"clos", "did you mean \"close\""}},
      {"bad baseline", "\"2024-07-01\"", "\"frist\"", {"frist", "\"first\""}},
      {"share above one", "0.5", "1.5", {"1.5 is not between 0 and 1"}},
      {"duplicates", "max_bad_share = 0.5", "duplicates = \"keep\"", {"\"keep\" is not known"}},
      {"missing file", "queries/daily.sql", "queries/x.sql", {"/srv/p/queries/x.sql is not there"}},
      {"file and query",
       "table = \"daily\"",
       "query = \"x\"\ntable = \"daily\"",
       {"file: and query are both given"},
       -1},
      {"column type", "low = \"float8\"", "low = \"flaot\"", {"columns.low", "flaot"}},
      {"column is a dimension", "low = \"float8\"", "side = \"text\"", {"\"side\" is a dimension"}},
      {"key lacks a dimension",
       "lookback",
       "key = [\"pair\", \"ts\"]\nlookback",
       {"key: lacks \"side\""}},
      {"key of no column",
       "lookback",
       "key = [\"pair\", \"side\", \"ts\", \"hi\"]\nlookback",
       {"there is no column \"hi\""}},
      {"table taken", "table = \"daily\"", "table = \"bqx\"", {"table", "\"bqx\"", "already"}, 11},
      {"table not plain", "table = \"daily\"", "table = \"Daily\"", {"\"Daily\"", "plain name"}},
      {"no table, name not plain", "table = \"daily\"\n", "", {"2_1_sql", "give the stage a"}, -5},
      {"no command",
       "command = [\"sh\", \"report.sh\", \"{pair}\"]",
       "command = []",
       {"no program"}},
      {"secret in env", "LEVEL", "API_TOKEN", {"API_TOKEN", "secret"}},
      {"env is ours", "LEVEL", "PGHOST", {"PGHOST", "set by mayfly"}},
      {"grid of no dimension", "grid = [\"pair\"]", "grid = [\"par\"]", {"\"par\"", "\"pair\"?"}},
      {"grid of verify", "assert = ", "grid = [\"period\"]\nassert = ", {"no choice of grid"}},
      {"grid of features", "timeout = \"90m\"", "grid = [\"pair\"]", {"no choice of grid"}},
      {"assert without sql", ", sql = \"select true\"", "", {"sql: is missing"}},
      {"assert of another type",
       "[{ name = \"some\", sql = \"select true\" }]",
       "\"x\"",
       {"assert: expected a list"}},
  };
  for (const BadCase& c : cases) ExpectComplaint(c);
}

TEST(PhaseFile, MistakesInCausalityAreNamedWithTheirLine) {
  const BadCase cases[] = {
      {"causality of another type",
       "assert = ",
       "causality = 1000\nassert = ",
       {"causality: expected a table"}},
      {"samples below zero",
       "assert = ",
       "causality = { samples = -1 }\nassert = ",
       {"causality samples", "-1"}},
      {"causality with a key too many",
       "assert = ",
       "causality = { sampels = 5 }\nassert = ",
       {"\"sampels\"", "\"samples\"?"}},
  };
  for (const BadCase& c : cases) ExpectComplaint(c);
}

TEST(PhaseFile, CausalityIsOnUnlessItIsSwitchedOff) {
  auto causality = [](const std::string& set) {
    auto parsed = ParseWith(kGood, set.empty() ? std::vector<std::string>{} : std::vector{set});
    EXPECT_TRUE(parsed.ok()) << parsed.error().message();
    return std::get<VerifySpec>(parsed->spec.FindStage("check")->kind).causality;
  };
  EXPECT_EQ(causality(""), (CausalitySpec{.samples = 1000, .seed = 42}));
  EXPECT_EQ(causality("verify.causality={ samples = 0 }"), (CausalitySpec{.samples = 0}));
  EXPECT_EQ(causality("stage.check.causality.seed=7"), (CausalitySpec{.seed = 7}));
}

TEST(PhaseFile, ACycleIsNamedByItsPath) {
  std::string text = kGood;
  text.insert(text.find("timeout"), "after = [\"report\"]\n");
  EXPECT_THAT(ErrorsOf(text), HasSubstr("1.5-bqx after report after 1.5-bqx"));
}

TEST(PhaseFile, NothingWorksWithoutGridOrStages) {
  EXPECT_THAT(ErrorsOf("[phase]\nname = 'x'\n"), HasSubstr("the phase has no stage"));
  EXPECT_THAT(ErrorsOf("[phase]\nname = 'x'\n"), HasSubstr("the grid is empty"));
  EXPECT_THAT(ErrorsOf("[grid]\n[stage]\nname = 'x'\n"), HasSubstr("expected [[stage]]"));
  EXPECT_THAT(ErrorsOf("phase = 3\nstage = []\n"), HasSubstr("[phase]: expected a table, found"));
}

TEST(PhaseFile, FromDataNeedsALoadStage) {
  std::string text =
      "[phase]\nname = 'x'\n[grid]\npair = 'from-data'\nperiod = { every = 'year' }\n"
      "[[stage]]\nname = 's'\nkind = 'sql'\nquery = 'q'\ncolumns = { a = 'text' }\n";
  EXPECT_THAT(ErrorsOf(text),
              HasSubstr("phase.toml:4: [grid] pair: is \"from-data\", and no load"));
  EXPECT_THAT(ErrorsOf(text), HasSubstr("phase.toml:5: [grid] period from: and \"to\""));
}

TEST(PhaseFile, AllMistakesAreToldAtOnceInTheOrderOfLines) {
  std::string text = kGood;
  for (auto [what, by] : {std::pair{"\"48h\"", "48"},
                          {"\"2024-07\"", "\"2024-13\""},
                          {"timeout", "timeuot"},
                          {"\"verify\"", "\"veryfy\""}}) {
    text.replace(text.find(what), std::string_view(what).size(), by);
  }
  std::vector<std::string> lines = Split(ErrorsOf(text, {"load.dri=x"}), '\n');
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_TRUE(lines[0].starts_with("phase.toml:3: "));
  EXPECT_TRUE(lines[1].starts_with("phase.toml:20: "));
  EXPECT_TRUE(lines[2].starts_with("phase.toml:43: "));
  EXPECT_TRUE(lines[3].starts_with("phase.toml:57: "));
  EXPECT_TRUE(lines[4].starts_with("--set load.dri: "));
}

TEST(PhaseFile, APasswordIsRefusedAndNeverEchoed) {
  for (const char* url : {"postgres://u:hunter2@h/db", "postgresql://u@h/db?password=hunter2",
                          "postgres://u@h/db?pass%77ord=hunter2", "host=h password = hunter2",
                          "postgres://:hunter2@h", "postgres://u:hun/ter2@h/db", "hunter2"}) {
    std::string text = kGood;
    text.replace(text.find("env:DATABASE_URL"), 16, url);
    for (const std::string& errors :
         {ErrorsOf(text), ErrorsOf(kGood, {std::string("database.url=") + url})}) {
      EXPECT_THAT(errors, HasSubstr("[database] url: ")) << url;
      EXPECT_THAT(errors, testing::Not(HasSubstr("ter2"))) << url;
    }
  }
  for (const char* url : {"postgres://u@h:5432/db", "postgresql:///db", "host=h dbname=d",
                          "embedded", "file:/etc/db-url", "postgres://h/db?passfile=/etc/pass"}) {
    EXPECT_EQ(ErrorsOf(kGood, {std::string("database.url=") + url}), "no error") << url;
  }
}

TEST(Set, ReachesSectionsStagesAndKinds) {
  auto parsed = ParseWith(
      kGood, {"load.dir=real/h4", "stage.\"1.5-bqx\".retries = 9", "grid.period.from=2024-12",
              "grid.side=['mid']", "database.url=file:url.txt", "command.env.LEVEL=\"3\""});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  const PhaseSpec& spec = parsed->spec;
  EXPECT_EQ(std::get<LoadSpec>(spec.FindStage("load")->kind).dir, "/work/real/h4");
  EXPECT_EQ(spec.FindStage("1.5-bqx")->retries, 9);
  EXPECT_EQ(spec.grid[1].from_month, MakeInstant(2024, 12, 1));
  EXPECT_EQ(spec.grid[2].labels, std::vector<std::string>{"mid"});
  EXPECT_EQ(spec.database.url, "file:/work/url.txt");
  EXPECT_EQ(std::get<CommandSpec>(spec.FindStage("report")->kind).env.at("LEVEL"), "3");
}

TEST(Set, MakesTheSectionThatIsNotThere) {
  std::string text = kGood;
  text.replace(text.find("[machines]"), text.find("[grid]") - text.find("[machines]"), "");
  auto parsed = ParseWith(text, {"machines.slots=3"});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_EQ(parsed->spec.machines.slots, 3);
}

TEST(Set, MistakesCiteTheirKey) {
  struct Case {
    const char* set;
    const char* says;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"machines.cuont=2", "--set machines.cuont: [machines]: unknown key \"cuont\"; did you"},
           {"machines.count=x", "--set machines.count: [machines] count: expected a whole number"},
           {"laod.dir=x", "--set laod.dir: \"laod\" is neither a section nor"},
           {"stage.1.5-bqx.retries=3", "is quoted: stage.\"1.5-bqx\".retries"},
           {"stage.repotr.retries=3", "there is no stage \"repotr\"; did you mean \"report\"?"},
           {"phase=x", "names a table"},
           {"phase.name.x=1", "\"name\" is a string, not a table"},
           {"grid.pair=[1", "starts like TOML and is not"},
           {"phase.deadline=48", "--set phase.deadline: [phase] deadline: missing unit"},
           {"nonsense", "--set nonsense: is not of the form key.path=value"},
           {"=x", "is not of the form"},
           {"stage.\"open=x", "is not of the form"},
           {"load.dir=", "dir: is empty"}}) {
    EXPECT_THAT(ErrorsOf(kGood, {c.set}), HasSubstr(c.says)) << c.set;
  }
}

TEST(Set, AKindWithTwoStagesIsAmbiguous) {
  std::string text = kGood;
  text += "[[stage]]\nname = \"load2\"\nkind = \"load\"\ndir = \"x\"\ntable = \"other\"\n";
  EXPECT_THAT(ErrorsOf(text, {"load.dir=y"}),
              HasSubstr("there are 2 load stages; write stage.NAME"));
  EXPECT_THAT(ErrorsOf(text), HasSubstr("say which load stage it reads: load, load2"));
}

// One or two small edits of the good file: bytes, cuts, doubled and swapped pieces.
std::string Mutate(std::string text, Rng& rng) {
  for (std::uint64_t edits = 1 + rng.Below(2); edits > 0 && !text.empty(); --edits) {
    std::size_t at = rng.Below(text.size());
    std::size_t length = 1 + rng.Below(std::min<std::size_t>(text.size() - at, 40));
    switch (rng.Below(4)) {
      case 0:
        text[at] = static_cast<char>(rng.Below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(rng.Below(text.size()), text.substr(at, length));
        break;
      default:
        text.insert(at, 1, "\"'[]{}=.,#\n0"[rng.Below(12)]);
    }
  }
  return text;
}

TEST(PhaseFile, AnyTextIsAPhaseThatReadsBackOrInvalid) {
  Rng rng(20240701);
  int good = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = Mutate(kGood, rng);
    Result<ParsedPhase> parsed = ParseWith(text);
    if (!parsed.ok()) {
      ASSERT_EQ(parsed.error().kind(), ErrorKind::kInvalid) << text;
      ASSERT_FALSE(parsed.error().message().empty()) << text;
      continue;
    }
    ++good;
    auto again = ParsePhase(parsed->canonical_toml, {.file = "c", .folder = "/elsewhere"});
    ASSERT_TRUE(again.ok()) << again.error().message() << "\n" << text;
    ASSERT_TRUE(again->spec == parsed->spec) << text;
  }
  EXPECT_GT(good, 50);
}

TEST(Set, AnyTextIsTakenOrInvalid) {
  Rng rng(42);
  const std::string seed = "stage.\"1.5-bqx\".retries=3 load.dir='x' grid.period={every='month'}";
  for (int i = 0; i < 1000; ++i) {
    Result<ParsedPhase> parsed = ParseWith(kGood, {Mutate(seed, rng)});
    if (!parsed.ok()) {
      ASSERT_EQ(parsed.error().kind(), ErrorKind::kInvalid);
      continue;
    }
    auto again = ParsePhase(parsed->canonical_toml, {.file = "c", .folder = "/elsewhere"});
    ASSERT_TRUE(again.ok()) << again.error().message();
  }
}

// A table over one dimension may well have a column for another.
TEST(PhaseFile, AColumnMayBeCalledLikeADimensionThatItsStageDoesNotHave) {
  std::string text(kGood);
  text.replace(text.find("words = "), 5, "side ");
  EXPECT_TRUE(ParsePhase(text, Context()).ok());
}

TEST(PhaseFile, TheTemplateOfInitParses) {
  auto parsed = ParsePhase(InitTemplate(), {.file = "phase.toml", .folder = "/p"});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_THAT(Names(parsed->spec), ElementsAre("load", "rate-index", "bqx", "daily-range",
                                               "streaks", "optimise", "verify"));
}

Result<std::string> ReadText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return NotFound(path);
  return text.str();
}

std::vector<std::string> StagesOfExample(const std::string& name) {
  auto folder = std::filesystem::path(MAYFLY_SOURCE_DIR) / "examples" / name;
  auto text = ReadText(folder / "phase.toml");
  EXPECT_TRUE(text.ok()) << text.error().message();
  auto parsed =
      ParsePhase(*text, {.file = "phase.toml", .folder = folder.string(), .read_file = ReadText});
  EXPECT_TRUE(parsed.ok()) << parsed.error().message();
  return parsed.ok() ? Names(parsed->spec) : std::vector<std::string>{};
}

TEST(PhaseFile, TheExamplesParse) {
  EXPECT_THAT(StagesOfExample("bqx-phase2"),
              ElementsAre("load", "1.5-rate-index", "1.5-bqx", "2.1.1-bollinger-bqx",
                          "2.1.1-bollinger-rate", "2.1.2-regn-rate", "2.1.2-regn-bqx",
                          "2.12-regq-rate", "2.12-regq-bqx", "2.14-cov-rate", "2.14-cov-bqx",
                          "1.6-daily-range", "1.7-streaks", "optimise", "verify"));
  EXPECT_THAT(StagesOfExample("sensors"), ElementsAre("1-readings", "2-hourly", "3-unusual",
                                                      "4-site-weeks", "optimise", "verify"));
}

}  // namespace
}  // namespace mayfly
