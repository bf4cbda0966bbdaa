#include "cli/world.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "adapters/embedded/embedded_postgres.h"
#include "adapters/http/curl_client.h"
#include "adapters/local/local_machines.h"
#include "adapters/posix/deadline.h"
#include "adapters/posix/disk.h"
#include "adapters/posix/proc_sensor.h"
#include "adapters/posix/process_runner.h"
#include "adapters/posix/signal_waiter.h"
#include "adapters/posix/spawn.h"
#include "adapters/posix/system_clock.h"
#include "adapters/postgres/closing_reads.h"
#include "adapters/postgres/data_probe.h"
#include "adapters/postgres/hold_store.h"
#include "adapters/postgres/migrate.h"
#include "adapters/postgres/plan_check.h"
#include "adapters/postgres/plan_store.h"
#include "adapters/postgres/read_store.h"
#include "adapters/postgres/room.h"
#include "adapters/postgres/run_store.h"
#include "adapters/postgres/slot_session.h"
#include "adapters/postgres/source_tables.h"
#include "adapters/postgres/waited.h"
#include "adapters/postgres/worker_registry.h"
#include "base/text.h"
#include "cli/aws_world.h"

namespace mayfly::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEmbedded = "embedded";
constexpr const char* kReferenceFile = "database.ref";
constexpr const char* kProviderVariable = "MAYFLY_PROVIDER";  // on a rented machine: "ec2"

class RealHost final : public Host {
 public:
  Clock& clock() override { return clock_; }
  Waiter& waiter() override { return waiter_; }
  ProcessRunner& processes() override { return processes_; }
  FileSystem& files() override { return disk_; }
  MachineSensor& sensor() override { return sensor_; }

  int cores() const override {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
  }

  Status ArmEnd(Duration in) override { return posix::ArmKillTimer(in); }
  Status ArmSilence(Duration in) override { return posix::ArmSilenceTimer(in); }

 private:
  posix::SystemClock clock_;
  posix::SignalWaiter waiter_{clock_};
  posix::PosixProcessRunner processes_;
  posix::Disk disk_;
  posix::ProcSensor sensor_;
};

// "env:NAME", "file:PATH", "ssm:/NAME", "secretsmanager:NAME": where the conninfo is; anything else
// is the conninfo itself. What is found is never shown.
Result<std::string> Resolve(const std::string& reference) {
  if (IsKeptByAws(reference)) return AskAws(reference);
  if (reference.starts_with("env:")) {
    std::string name = reference.substr(4);
    const char* value = std::getenv(name.c_str());
    if (value != nullptr && *value != '\0') return std::string(value);
    return Invalid(
        fmt::format("database {}: the environment has no {}; export it", reference, name));
  }
  if (reference.starts_with("file:")) {
    posix::Disk disk;
    TRY_ASSIGN(std::string text, disk.Read(reference.substr(5)));
    return std::string(Trim(text));
  }
  if (reference.find("password=") != std::string::npos) {
    return Invalid(
        "a database with a password is named by reference only: env:NAME, file:PATH, "
        "ssm:/NAME or secretsmanager:NAME");
  }
  return reference;
}

class RealLedger final : public Ledger {
 public:
  RealLedger(std::string conninfo, std::string whereabouts,
             std::unique_ptr<EmbeddedPostgres> embedded)
      : conninfo_(std::move(conninfo)),
        whereabouts_(std::move(whereabouts)),
        embedded_(std::move(embedded)),
        runs_(conninfo_),
        reads_(conninfo_),
        plans_(conninfo_),
        closings_(conninfo_),
        holds_(conninfo_),
        source_(conninfo_) {}

  const std::string& conninfo() const override { return conninfo_; }
  const std::string& whereabouts() const override { return whereabouts_; }
  RunStore& runs() override { return runs_; }
  ReadStore& reads() override { return reads_; }
  PlanStore& plans() override { return plans_; }
  ClosingReads& closings() override { return closings_; }
  HoldStore& holds() override { return holds_; }
  Result<Series> ReadSource(const SeriesQuery& query) override { return source_.ReadSeries(query); }
  Result<std::vector<std::string>> ListPairs(const std::string& pattern) override {
    return source_.ListPairs(pattern);
  }
  Result<std::size_t> CountLeafRoom() override { return postgres::CountLeafRoom(conninfo_); }
  Status CheckStatements(const PhasePlan& plan) override {
    TRY(postgres::CheckQueries(conninfo_, plan));
    return postgres::CheckPublication(conninfo_, plan);
  }
  Result<std::string> Identity() override { return postgres::ReadIdentity(conninfo_); }
  Result<RunId> RollBack(const std::string& phase) override {
    return postgres::RollBack(conninfo_, phase);
  }
  Status Revive() override { return embedded_ ? embedded_->EnsureRunning() : Status(); }

  Result<std::unique_ptr<DataProbe>> Probe(RunId run) override {
    TRY_ASSIGN(std::unique_ptr<postgres::PgReaderProbe> probe,
               postgres::PgReaderProbe::Open(conninfo_, run));
    return std::unique_ptr<DataProbe>(std::make_unique<OwningProbe>(std::move(probe)));
  }

 private:
  // A probe that brings its connection along.
  class OwningProbe final : public DataProbe {
   public:
    explicit OwningProbe(std::unique_ptr<postgres::PgReaderProbe> inner)
        : inner_(std::move(inner)) {}
    Result<LeafFacts> MeasureLeaf(const TableShape& shape, const Leaf& leaf,
                                  const std::string& transaction) override {
      return inner_->probe().MeasureLeaf(shape, leaf, transaction);
    }
    Result<std::vector<SourceAnswer>> CountSource(const SourceQuestion& question) override {
      return inner_->probe().CountSource(question);
    }
    Result<Series> ReadSeries(const SeriesQuery& query) override {
      return inner_->probe().ReadSeries(query);
    }
    Result<std::vector<std::string>> ListLeaves(const TableShape& shape) override {
      return inner_->probe().ListLeaves(shape);
    }
    Result<std::vector<SpareIndex>> ListSpareIndexes() override {
      return inner_->probe().ListSpareIndexes();
    }
    Result<bool> HasKey(const TableShape& shape) override { return inner_->probe().HasKey(shape); }
    Result<std::optional<bool>> Assert(const Point& point, std::string_view sql) override {
      return inner_->probe().Assert(point, sql);
    }
    Result<LeafFacts> MeasureRows(const TableShape& shape, const Leaf& leaf,
                                  const std::string& transaction) override {
      return inner_->probe().MeasureRows(shape, leaf, transaction);
    }
    Result<std::vector<Accepted>> ListAccepted(const std::vector<std::string>& leaves) override {
      return inner_->probe().ListAccepted(leaves);
    }
    Status RecordFindings(TaskId task, std::span<const Finding> findings) override {
      return inner_->probe().RecordFindings(task, findings);
    }

   private:
    std::unique_ptr<postgres::PgReaderProbe> inner_;
  };

  std::string conninfo_;
  std::string whereabouts_;
  std::unique_ptr<EmbeddedPostgres> embedded_;
  postgres::PgRunStore runs_;
  postgres::PgReadStore reads_;
  postgres::PgPlanStore plans_;
  postgres::PgClosingReads closings_;
  postgres::PgHoldStore holds_;
  postgres::SourceTables source_;
};

std::string Absolute(const std::string& path) {
  std::error_code code;
  fs::path absolute = fs::absolute(path, code);
  return code ? path : absolute.lexically_normal().string();
}

Diagnosis DiagnoseServer() {
  Result<std::string> programs = FindServerPrograms();
  return {"PostgreSQL server programs", programs.ok(),
          programs.ok() ? *programs : programs.error().message(),
          programs.ok() ? "" : "apt-get install postgresql"};
}

Diagnosis DiagnoseProgram(const std::string& program, const std::string& package) {
  Result<std::string> found = posix::FindProgram(program);
  return {program, found.ok(), found.ok() ? *found : "not in PATH",
          found.ok() ? "" : "apt-get install " + package};
}

}  // namespace

std::unique_ptr<Host> MakeHost() { return std::make_unique<RealHost>(); }

std::unique_ptr<HttpClient> MakeHttpClient() { return std::make_unique<http::CurlClient>(); }

std::unique_ptr<Clock> MakeClock() { return std::make_unique<posix::SystemClock>(); }

Result<std::unique_ptr<Ledger>> OpenLedger(const Place& place) {
  std::unique_ptr<EmbeddedPostgres> embedded;
  std::string conninfo;
  if (place.database == kEmbedded) {
    TRY_ASSIGN(embedded, EmbeddedPostgres::Acquire({place.state_dir, {}}));
    conninfo = embedded->conninfo();
  } else {
    TRY_ASSIGN(conninfo, Resolve(place.database));
  }
  Status ready = postgres::Migrate(conninfo);
  if (!ready.ok()) {
    // What a reference stands for is never shown, so that the reference itself must be.
    bool referred = conninfo != place.database && embedded == nullptr;
    return referred ? ready.error().Within(place.database) : ready.error();
  }
  std::string whereabouts =
      embedded ? fmt::format("the embedded one, its files in {}", place.state_dir) : place.database;
  return std::unique_ptr<Ledger>(std::make_unique<RealLedger>(
      std::move(conninfo), std::move(whereabouts), std::move(embedded)));
}

Result<DatabaseRoom> MeasureRoom(const Place& place) {
  if (place.database == kEmbedded) return Unavailable("an embedded database is not measured");
  TRY_ASSIGN(const std::string conninfo, Resolve(place.database));
  Result<DatabaseRoom> room = postgres::MeasureRoom(conninfo);
  if (!room.ok()) return room.error().Within(place.database);
  return room;
}

Result<std::string> FindIdentity(const Place& place) {
  if (place.database == kEmbedded) return NotFound("an embedded ledger is not looked into");
  TRY_ASSIGN(const std::string conninfo, Resolve(place.database));
  return postgres::ReadIdentity(conninfo);
}

Result<std::string> AskForIdentity(const Place& place) {
  if (place.database != kEmbedded) return FindIdentity(place);
  TRY_ASSIGN(const std::unique_ptr<Ledger> ledger, OpenLedger(place));
  return postgres::ReadIdentity(ledger->conninfo());
}

Result<Place> FindLedger(const std::string& database, const std::string& state_dir) {
  std::string state = Absolute(state_dir.empty() ? ".mayfly" : state_dir);
  if (!database.empty()) return Place{database, state};
  if (const char* named = std::getenv("MAYFLY_DATABASE"); named != nullptr && *named != '\0') {
    return Place{"env:MAYFLY_DATABASE", state};
  }
  posix::Disk disk;
  Result<std::string> kept = disk.Read(state + "/" + kReferenceFile);
  if (kept.ok()) return Place{std::string(Trim(*kept)), state};
  return NotFound(
      fmt::format("{} knows of no ledger; name it with --state DIR (the .mayfly folder "
                  "beside the phase file), --database REF or MAYFLY_DATABASE",
                  state));
}

Status RememberLedger(Host& host, const Place& place) {
  return host.files().Write(place.state_dir + "/" + kReferenceFile, place.database + "\n");
}

std::unique_ptr<MachineProvider> MakeLocalMachines(const Place& place, const std::string& program) {
  local::LocalOptions options{program, place.state_dir, place.database == kEmbedded};
  // A machine has a login of its own; the owner's stays here.
  if (place.database.starts_with("env:")) options.unset_env = {place.database.substr(4)};
  return std::make_unique<local::LocalMachines>(std::move(options));
}

Status CheckProgram(const std::string& program, const std::string& folder) {
  TRY(posix::FindProgram(program, folder));
  return {};
}

Provider MakeLocalProvider(const Place& place, const std::string& program) {
  Provider provider;
  provider.machines = MakeLocalMachines(place, program);
  return provider;
}

Result<WorkerEnds> OpenWorker(const std::string& conninfo, const std::string& state_dir,
                              MachineId machine) {
  TRY(local::ArmBirthDeadline());
  WorkerEnds ends;
  const char* scratch = std::getenv(local::kScratchVariable);
  ends.scratch = scratch != nullptr ? scratch : Absolute(".");
  if (!state_dir.empty()) {
    TRY_ASSIGN(std::unique_ptr<EmbeddedPostgres> embedded,
               EmbeddedPostgres::Acquire({state_dir, {}}));
    std::shared_ptr<EmbeddedPostgres> shared = std::move(embedded);
    ends.revive = [shared] { return shared->EnsureRunning(); };
    ends.keeps_alive = shared;
  }
  ends.registry = std::make_unique<postgres::PgWorkerRegistry>(conninfo, machine);
  ends.execs = std::make_unique<postgres::PgExecQueue>(conninfo, machine);
  const char* provider = std::getenv(kProviderVariable);
  const bool is_rented = provider != nullptr && std::string_view(provider) == "ec2";
  ends.notices = is_rented ? MakeEc2Notices() : std::make_unique<local::FileNotice>(ends.scratch);
  return ends;
}

Result<SlotEnds> OpenSlot(const std::string& conninfo, const SlotIdentity& who,
                          std::optional<int> writers) {
  TRY_ASSIGN(std::unique_ptr<postgres::SlotSession> session,
             postgres::SlotSession::Open(conninfo, who, {.writers = writers.value_or(0)}));
  std::shared_ptr<postgres::SlotSession> shared = std::move(session);
  return SlotEnds{shared, &shared->queue(), &shared->data(), &shared->probe(),
                  postgres::TimeWaited};
}

std::vector<Diagnosis> Diagnose(const Place& place) {
  std::vector<Diagnosis> lines{DiagnoseServer(), DiagnoseProgram("psql", "postgresql-client")};
  Result<std::unique_ptr<Ledger>> ledger = OpenLedger(place);
  lines.push_back({fmt::format("ledger in {}", place.database), ledger.ok(),
                   ledger.ok() ? "reached, up to date" : ledger.error().message(),
                   ledger.ok() ? "" : "mend what is said above"});
  return lines;
}

}  // namespace mayfly::cli
