// Features on their way into tables: the whole path of a slot, and beside it a bare COPY of the
// same bytes into the same leaves. Writers are processes with a connection each, as in a run.
//
//   mayfly_sink_bench CONNINFO BARS FAMILIES WRITERS float4|float8     one object of JSON
//
// Bars are loaded and each stage's canary is done before the clock starts; leaves are empty then
// for both. What is verified is what the slots wrote.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "adapters/posix/disk.h"
#include "adapters/posix/process_runner.h"
#include "adapters/posix/system_clock.h"
#include "adapters/postgres/connection.h"
#include "adapters/postgres/copy_encoder.h"
#include "adapters/postgres/data_probe.h"
#include "adapters/postgres/ddl.h"
#include "adapters/postgres/slot_session.h"
#include "adapters/postgres/worker_registry.h"
#include "base/text.h"
#include "bench_run.h"
#include "sink_timers.h"
#include "stages/compile.h"
#include "stages/discover.h"
#include "stages/stage_executor.h"
#include "stages/verify.h"
#include "worker/slot.h"

namespace mayfly::bench {
namespace {

struct Arguments {
  std::string conninfo, bars;
  std::vector<std::string> families;
  int writers = 1;
  bool float4 = false;
};

constexpr std::size_t kPiece = 256 * 1024;  // of a COPY, as the product sends them

// The bars, the families, and the verify stage that every phase has.
PhasePlan MakePlan(const Arguments& arguments) {
  std::string text = fmt::format(
      "[phase]\nname = \"sink-{}\"\n[grid]\npair = \"from-data\"\nperiod = {{ every = \"month\" "
      "}}\n"
      "[[stage]]\nname = \"load\"\nkind = \"load\"\ndir = \"{}\"\n",
      getpid(), arguments.bars);
  for (const std::string& family : arguments.families) {
    text +=
        fmt::format("[[stage]]\nname = \"{0}\"\nkind = \"features\"\nfamily = \"{0}\"\n", family);
    if (arguments.float4) text += "float4 = true\n";
  }
  const ParsedPhase parsed = Must(ParsePhase(text, {.file = "sink", .folder = arguments.bars}));
  posix::Disk files;
  const Findings findings = Must(stages::Discover(
      parsed.spec, files, {}, [](std::size_t, std::size_t, const std::string&) {}));
  return Must(CompilePhase(parsed, findings));
}

// A slot as `mayfly worker` makes it, its seams under timers.
class SlotUnderTest {
 public:
  SlotUnderTest(const RunUnderTest& r, const PhasePlan& plan, int number, Costs& costs)
      : who_{r.run, r.machine.machine, number},
        session_(Must(postgres::SlotSession::Open(r.machine.access, who_))),
        data_(session_->data(), costs),
        queue_(session_->queue(), costs),
        world_{plan,
               r.brief.schema,
               data_,
               session_->probe(),
               files_,
               processes_,
               [](TaskId, std::string_view) {}},
        stages_(world_),
        executor_(stages_, costs),
        slot_(Options(), clock_, queue_, executor_, reporter_) {}

  // As a slot does it, until all features are written or leased to others.
  void WorkUntilDry() {
    while (!queue_.ran_dry()) {
      slot_.Step();
      CHECK(!slot_.done(), "the slot gave up: " + reporter_.last);
    }
  }

  // What was claimed and is not for this turn.
  void GiveBack() { Must(queue_.GiveBack()); }

  // The loads, then one task of each of so many features stages; nothing is leased at the end.
  void Prepare(std::size_t stages) {
    std::vector<LeasedTask> others;  // claimed before the last canary was there to be claimed
    for (std::set<std::string> canaries; canaries.size() < stages;) {
      std::vector<LeasedTask> tasks = Must(queue_.Claim({who_, 1}));
      CHECK(tasks.size() == 1, "a task was expected");
      const bool is_load = tasks[0].stage == "load";
      if (is_load || canaries.insert(tasks[0].stage).second) {
        data_.set_encodes_too(!is_load);
        ExecutionNotes notes;
        (void)Must(
            queue_.Complete(Must(executor_.Execute(tasks, [] { return false; }, notes)), {}));
      } else {
        others.push_back(tasks[0]);
      }
    }
    Must(queue_.Release(others, "prepared"));
  }

 private:
  struct Reporter final : SlotReporter {
    void OnBegin(const LeasedTask& /*task*/, Duration /*left*/) override {}
    void OnCommit(Duration /*timeout*/) override {}
    void OnIdle() override {}
    void OnNote(const std::string& text) override { last = text; }
    std::string last;
  };

  SlotOptions Options() const {
    SlotOptions options{.who = who_};
    options.timeout_of = [](const LeasedTask&) { return Duration(hours(1)); };
    return options;
  }

  SlotIdentity who_;
  std::unique_ptr<postgres::SlotSession> session_;
  posix::Disk files_;
  posix::PosixProcessRunner processes_;
  posix::SystemClock clock_;
  Reporter reporter_;
  TimedData data_;
  TimedQueue queue_;
  stages::StageWorld world_;
  stages::StageExecutor stages_;
  TimedExecutor executor_;
  Slot slot_;
};

postgres::Connection Connect(const Arguments& arguments) {
  return Must(postgres::Connection::Open(arguments.conninfo, {.application_name = "sink bench"}));
}

// The process that serves a slot.
int BackendOf(const Arguments& arguments, const RunUnderTest& r, int slot) {
  postgres::Connection db = Connect(arguments);
  auto rows =
      Must(db.Script(fmt::format("SELECT pid FROM pg_stat_activity WHERE application_name = '{}'",
                                 postgres::SlotApplication(r.machine.machine, slot))));
  CHECK(rows.size() == 1, "a slot has one backend");
  return static_cast<int>(rows.Int(0, 0));
}

void Checkpoint(const Arguments& arguments) {
  postgres::Connection db = Connect(arguments);
  (void)Must(db.Script("CHECKPOINT"));
}

// All that the workers of one turn came to.
struct Turn {
  double seconds = 0;  // from the start to the last one's end
  Costs costs;         // added up
};

Turn Sum(double begun, std::span<const Costs> each) {
  Turn turn;
  for (const Costs& costs : each) {
    turn.costs.Add(costs);
    turn.seconds = std::max(turn.seconds, costs.ended - begun);
  }
  return turn;
}

Turn RunSlots(const Arguments& arguments, const RunUnderTest& r, const PhasePlan& plan) {
  auto* each = MakeShared<Costs>(static_cast<std::size_t>(arguments.writers));
  auto work = [&](int worker, const Start& start) {
    Costs& costs = each[worker];
    SlotUnderTest slot(r, plan, worker, costs);
    const int backend = BackendOf(arguments, r, worker);
    start();
    const double client = CpuOfThisProcess(), server = CpuOf(backend);
    slot.WorkUntilDry();
    costs.ended = Now();
    costs.client_cpu = CpuOfThisProcess() - client;
    costs.server_cpu = CpuOf(backend) - server;
    slot.GiveBack();
  };
  const double begun = RunTogether(arguments.writers, work, [&] { Checkpoint(arguments); });
  return Sum(begun, {each, static_cast<std::size_t>(arguments.writers)});
}

struct Place {  // where a leaf is, and the COPY columns of its table
  std::string leaf, columns;
};

std::vector<Place> PlacesOf(const RunUnderTest& r, const PhasePlan& plan) {
  std::vector<Place> places;
  std::set<std::size_t> canaries;
  for (const PlannedTask& task : plan.tasks) {
    const PlannedStage& stage = plan.stages[task.stage];
    const bool is_features = std::holds_alternative<FeaturesSpec>(stage.spec.kind);
    if (!is_features || canaries.insert(task.stage).second) continue;
    for (const Leaf& leaf : task.leaves) {
      places.push_back(
          {postgres::Qualified(r.brief.schema, leaf.name), postgres::ColumnList(*stage.shape)});
    }
  }
  return places;
}

// A leaf's bytes as the server itself gives them; afterwards the leaf is empty.
std::string TakeBytes(postgres::Connection& db, const Place& place) {
  std::string bytes;
  Must(db.CopyOut(fmt::format("COPY {} ({}) TO STDOUT (FORMAT binary)", place.leaf, place.columns),
                  [&](std::string_view piece) {
                    bytes += piece;
                    return Status();
                  }));
  (void)Must(db.Script("TRUNCATE " + place.leaf));
  return bytes;
}

void CopyLeaf(postgres::Connection& db, const Place& place, std::string_view bytes, Costs& costs) {
  const double begun = Now();
  (void)Must(db.Script("BEGIN"));
  (void)Must(db.Script("TRUNCATE " + place.leaf));
  Must(db.StartCopy(
      fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary, FREEZE)", place.leaf, place.columns)));
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    Must(db.PutCopy(bytes.substr(at, kPiece)));
  }
  costs.rows += Must(db.EndCopy());
  const double copied = Now();
  (void)Must(db.Script("COMMIT"));
  costs.write += copied - begun;
  costs.commit += Now() - copied;
  costs.bytes += static_cast<std::int64_t>(bytes.size());
  costs.leaves += 1;
}

// The same bytes into the same leaves: no computing, no ledger, a durable commit for each.
Turn CopyBare(const Arguments& arguments, const std::vector<Place>& places) {
  auto* each = MakeShared<Costs>(static_cast<std::size_t>(arguments.writers));
  auto work = [&](int worker, const Start& start) {
    Costs& costs = each[worker];
    postgres::Connection db = Connect(arguments);
    std::vector<std::pair<Place, std::string>> mine;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (static_cast<int>(i) % arguments.writers != worker) continue;
      mine.emplace_back(places[i], TakeBytes(db, places[i]));
    }
    start();
    const double client = CpuOfThisProcess(), server = CpuOf(db.backend().pid);
    for (const auto& [place, bytes] : mine) CopyLeaf(db, place, bytes, costs);
    costs.ended = Now();
    costs.client_cpu = CpuOfThisProcess() - client;
    costs.server_cpu = CpuOf(db.backend().pid) - server;
  };
  const double begun = RunTogether(arguments.writers, work, [&] { Checkpoint(arguments); });
  return Sum(begun, {each, static_cast<std::size_t>(arguments.writers)});
}

// Every contract of every pair from the data alone, the pairs shared out among the workers.
nlohmann::json Verify(const Arguments& arguments, const RunUnderTest& r, const PhasePlan& plan,
                      stages::Depth depth) {
  auto* each = MakeShared<ProbeCosts>(static_cast<std::size_t>(arguments.writers));
  auto work = [&](int worker, const Start& start) {
    auto reader = Must(postgres::PgReaderProbe::Open(arguments.conninfo, r.run));
    TimedProbe probe(reader->probe(), each[worker]);
    const std::vector<Point> points = stages::VerifyPoints(plan);
    start();
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (static_cast<int>(i) % arguments.writers != worker) continue;
      const auto findings = Must(stages::VerifyPoint(plan, points[i], probe, depth));
      CHECK(Conclude(findings) == Verdict::kPass, "what was written does not verify");
    }
    each[worker].ended = Now();
  };
  const double begun = RunTogether(arguments.writers, work);
  ProbeCosts sum;
  for (int worker = 0; worker < arguments.writers; ++worker) {
    sum.leaves += each[worker].leaves;
    sum.source += each[worker].source;
    sum.series += each[worker].series;
    sum.ended = std::max(sum.ended, each[worker].ended);
  }
  return {{"seconds", sum.ended - begun},
          {"leaves", sum.leaves},
          {"source", sum.source},
          {"series", sum.series}};
}

// As the stage verifies where a phase has as many leaves as the reference phase has in a year.
nlohmann::json VerifyAsInAYear(const Arguments& arguments, const RunUnderTest& r, PhasePlan plan) {
  constexpr std::size_t kLeavesOfAYear = 28 * 12;
  for (PlannedStage& stage : plan.stages) stage.task_count = kLeavesOfAYear;
  return Verify(arguments, r, plan, stages::Depth::kSampled);
}

std::int64_t ReadNumber(const Arguments& arguments, const std::string& query) {
  postgres::Connection db = Connect(arguments);
  return Must(db.Script(query)).Int(0, 0);
}

// Bytes of tables and keys that the leaves take.
std::int64_t StoredBytes(const Arguments& arguments, const std::vector<Place>& places) {
  std::int64_t bytes = 0;
  for (const Place& place : places) {
    bytes += ReadNumber(arguments,
                        fmt::format("SELECT pg_total_relation_size('{}'::regclass)", place.leaf));
  }
  return bytes;
}

nlohmann::json ToJson(const Turn& turn) {
  const Costs& costs = turn.costs;
  return {
      {"seconds", turn.seconds},       {"rows", costs.rows},     {"leaves", costs.leaves},
      {"bytes", costs.bytes},          {"read", costs.read},     {"compute", costs.compute},
      {"write", costs.write},          {"commit", costs.commit}, {"client_cpu", costs.client_cpu},
      {"server_cpu", costs.server_cpu}};
}

nlohmann::json Measure(const Arguments& arguments) {
  const PhasePlan plan = MakePlan(arguments);
  const RunUnderTest r = StartRun(arguments.conninfo, plan, arguments.writers);
  auto* prepared = MakeShared<Costs>(1);
  const double begun = RunTogether(1, [&](int, const Start& start) {
    start();
    SlotUnderTest(r, plan, 0, *prepared).Prepare(arguments.families.size());
    prepared->ended = Now();
  });
  const std::vector<Place> places = PlacesOf(r, plan);
  CHECK(!places.empty(), "the bars are too few: each stage's first task is not measured");
  const std::string lsn = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn";
  const std::int64_t wal = ReadNumber(arguments, lsn);
  const Turn ours = RunSlots(arguments, r, plan);
  const std::int64_t logged = ReadNumber(arguments, lsn) - wal;
  CHECK(ours.costs.leaves == static_cast<std::int64_t>(places.size()), "a leaf was left out");
  const std::int64_t stored = StoredBytes(arguments, places);
  const nlohmann::json verify = VerifyAsInAYear(arguments, r, plan);
  const nlohmann::json verify_whole = Verify(arguments, r, plan, stages::Depth::kWhole);
  const Turn bare = CopyBare(arguments, places);
  CHECK(ours.costs.rows == bare.costs.rows, "the same rows were to be copied");
  return {{"schema", r.brief.schema},
          {"leaf", places.back().leaf},
          {"columns", plan.FindStage(arguments.families.back())->shape->columns.size()},
          {"prepare_seconds", prepared->ended - begun},
          {"encode_seconds_per_byte", prepared->encode / static_cast<double>(prepared->encoded)},
          {"wal_bytes", logged},
          {"stored_bytes", stored},
          {"verify", verify},
          {"verify_whole", verify_whole},
          {"ours", ToJson(ours)},
          {"bare", ToJson(bare)}};
}

}  // namespace
}  // namespace mayfly::bench

int main(int count, char** arguments) {
  using namespace mayfly;  // NOLINT(google-build-using-namespace): a program of one file
  const std::string type = count == 6 ? arguments[5] : "";
  const int writers = count == 6 ? std::atoi(arguments[4]) : 0;
  if (writers < 1 || (type != "float4" && type != "float8")) {
    fmt::print(stderr,
               "usage: mayfly_sink_bench CONNINFO BARS FAMILY[,FAMILY] WRITERS float4|float8\n");
    return 2;
  }
  bench::Arguments given{.conninfo = arguments[1],
                         .bars = arguments[2],
                         .writers = writers,
                         .float4 = type == "float4"};
  for (const auto& family : Split(arguments[3], ',')) given.families.emplace_back(family);
  fmt::print("{}\n", bench::Measure(given).dump());
  return 0;
}
