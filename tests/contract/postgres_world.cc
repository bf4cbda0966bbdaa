#include "postgres_world.h"

#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "adapters/embedded/embedded_postgres.h"
#include "adapters/embedded/postmaster.h"
#include "adapters/postgres/closing_reads.h"
#include "adapters/postgres/hold_store.h"
#include "adapters/postgres/migrate.h"
#include "adapters/postgres/read_store.h"
#include "adapters/postgres/run_store.h"
#include "adapters/postgres/worker_registry.h"

namespace mayfly::contract_test {
namespace {

using postgres::PgReadStore;
using postgres::PgRunStore;
using postgres::PgWorkerRegistry;

class PostgresWorld final : public StoreWorld {
 public:
  PostgresWorld(std::string conninfo, std::string phase)
      : conninfo_(std::move(conninfo)),
        phase_(std::move(phase)),
        store_(std::make_unique<PgRunStore>(conninfo_)),
        reader_(conninfo_),
        closings_(conninfo_),
        holds_(conninfo_) {}

  std::string phase() const override { return phase_; }
  RunStore& store() override { return *store_; }
  ReadStore& reader() override { return reader_; }
  ClosingReads& closings() override { return closings_; }
  HoldStore& holds() override { return holds_; }
  std::unique_ptr<RunStore> OpenStore() override { return std::make_unique<PgRunStore>(conninfo_); }
  void KillStore() override { store_.reset(); }

  std::unique_ptr<WorkerRegistry> OpenRegistry(const IntendedMachine& machine) override {
    return std::make_unique<PgWorkerRegistry>(machine.access, machine.machine);
  }
  std::unique_ptr<ExecQueue> OpenExecs(const IntendedMachine& machine) override {
    return std::make_unique<postgres::PgExecQueue>(machine.access, machine.machine);
  }
  std::unique_ptr<SlotWorld> OpenSlot(const IntendedMachine& machine, RunId run,
                                      int slot) override {
    return std::make_unique<PostgresSlot>(machine.access, SlotIdentity{run, machine.machine, slot});
  }
  StoredLeaf ReadLeaf(RunId run, const std::string& leaf) override {
    postgres::Connection db = OpenAsSuperuser(conninfo_);
    auto rows = MustRun(db, fmt::format("SELECT count(*), coalesce(max(v), 0) FROM {}__{}.{}",
                                        phase_, run.value, leaf));
    return {rows.Int(0, 0), static_cast<std::uint64_t>(rows.Double(0, 1))};
  }
  void AgeHeartbeat(MachineId machine, Duration by) override {
    postgres::Connection db = OpenAsSuperuser(conninfo_);
    MustRun(db, fmt::format("UPDATE mayfly.machine SET heartbeat_at = heartbeat_at - "
                            "interval '{} microseconds' WHERE id = {}",
                            by.count(), machine.value));
  }
  void RestartServer() override { TestServer::Get().Restart(); }

 private:
  std::string conninfo_;
  std::string phase_;
  std::unique_ptr<PgRunStore> store_;
  PgReadStore reader_;
  postgres::PgClosingReads closings_;
  postgres::PgHoldStore holds_;
};

std::string ValueIn(const std::string& conninfo, const std::string& keyword) {
  std::size_t at = conninfo.find(keyword + "=");
  CHECK(at != std::string::npos, "the conninfo lacks " + keyword);
  at += keyword.size() + 1;
  bool quoted = conninfo[at] == '\'';
  if (quoted) ++at;
  return conninfo.substr(at, conninfo.find(quoted ? '\'' : ' ', at) - at);
}

}  // namespace

struct TestServer::Running {
  std::string folder;
  std::unique_ptr<EmbeddedPostgres> server;
};

TestServer& TestServer::Get() {
  static TestServer server;
  return server;
}

TestServer::TestServer() : running_(std::make_unique<Running>()) {
  running_->folder = "/tmp/mayfly-contract-XXXXXX";
  CHECK(mkdtemp(running_->folder.data()) != nullptr, "a folder for the server could not be made");
  auto acquired = EmbeddedPostgres::Acquire({running_->folder, {{"fsync", "off"}}});
  CHECK(acquired.ok(), acquired.error().message());
  running_->server = std::move(*acquired);
  postgres::Connection db = OpenAsSuperuser(running_->server->conninfo());
  // Templates cost less than migrating once a test.
  MustRun(db, "CREATE DATABASE ledger_template");
  Status migrated = postgres::Migrate(Conninfo("ledger_template"));
  CHECK(migrated.ok(), migrated.error().message());
}

TestServer::~TestServer() {
  (void)running_->server->Release();
  std::filesystem::remove_all(running_->folder);
}

std::string TestServer::Conninfo(const std::string& database) const {
  const std::string& whole = running_->server->conninfo();
  std::string port = whole.find("port=") == std::string::npos ? "5432" : ValueIn(whole, "port");
  return fmt::format("host='{}' port={} user={} dbname={}", ValueIn(whole, "host"), port,
                     ValueIn(whole, "user"), database);
}

std::string TestServer::MakeDatabase() {
  std::string name = fmt::format("world_{}", ++databases_);
  postgres::Connection db = OpenAsSuperuser(running_->server->conninfo());
  MustRun(db, fmt::format("CREATE DATABASE {} TEMPLATE ledger_template", name));
  MustRun(db, fmt::format("GRANT CREATE ON DATABASE {} TO mayfly_owner", name));
  return Conninfo(name);
}

std::string TestServer::MakeEmptyDatabase() {
  std::string name = fmt::format("world_{}", ++databases_);
  postgres::Connection db = OpenAsSuperuser(running_->server->conninfo());
  MustRun(db, "CREATE DATABASE " + name);
  return Conninfo(name);
}

// The hardest stop there is; the next holder starts the server again.
void TestServer::Restart() {
  postgres::Connection db = OpenAsSuperuser(running_->server->conninfo());
  std::string data(MustRun(db, "SHOW data_directory").Text(0, 0));
  auto postmaster = embedded::FindPostmaster(data);
  CHECK(postmaster.has_value(), "the server has no postmaster");
  kill(static_cast<pid_t>(postmaster->id.pid), SIGKILL);
  while (embedded::FindPostmaster(data)) sched_yield();  // dying takes a moment
  Status restarted = running_->server->EnsureRunning();
  CHECK(restarted.ok(), restarted.error().message());
}

std::string ThroughProxy(const std::string& conninfo, const FaultProxy& proxy) {
  std::string host = ValueIn(conninfo, "host");
  std::string changed = conninfo;
  changed.replace(changed.find(host), host.size(), proxy.folder());
  std::size_t port = changed.find("port=");
  if (port != std::string::npos) {
    std::string old = ValueIn(conninfo, "port");
    changed.replace(changed.find(old, port), old.size(), "5432");
  }
  return changed;
}

std::string SocketOf(const std::string& conninfo) {
  std::string port =
      conninfo.find("port=") == std::string::npos ? "5432" : ValueIn(conninfo, "port");
  return ValueIn(conninfo, "host") + "/.s.PGSQL." + port;
}

postgres::Connection OpenAsSuperuser(const std::string& conninfo) {
  auto db = postgres::Connection::Open(conninfo, {.application_name = "contract test"});
  CHECK(db.ok(), db.error().message());
  return std::move(*db);
}

postgres::Rows MustRun(postgres::Connection& db, const std::string& statement) {
  auto rows = db.Script(statement);
  CHECK(rows.ok(), statement + ": " + rows.error().message());
  return std::move(*rows);
}

PostgresSlot::PostgresSlot(const std::string& access, const SlotIdentity& who)
    : proxy_(SocketOf(access)) {
  auto session = postgres::SlotSession::Open(ThroughProxy(access, proxy_), who);
  if (session.ok()) {
    session_ = std::move(*session);
    return;
  }
  ADD_FAILURE() << session.error().message();
}

void PostgresSlot::FaultNextCommit(CommitFault fault) {
  proxy_.set_mode(fault == CommitFault::kNotSent ? FaultProxy::Mode::kCutBeforeCommit
                                                 : FaultProxy::Mode::kCutAfterCommit);
}

Status PostgresSlot::WriteLeaf(const LeasedTask& task, std::size_t leaf, std::int64_t rows,
                               std::uint64_t content) {
  const Leaf& target = task.leaves[leaf];
  TableShape shape{.name = "any", .columns = {{"v", ColumnType::kFloat8}}};
  std::vector<double> values;
  std::vector<std::int64_t> times;
  for (std::int64_t i = 0; i < rows; ++i) {
    // Different in every row, so that it can be a key; the greatest is the content.
    values.push_back(static_cast<double>(content) - static_cast<double>(i) / 1000);
    if (target.begin) {
      times.push_back(target.begin->time_since_epoch().count() + i * 60'000'000);
    }
  }
  std::string pair = task.point.Label("pair").value_or("");
  std::vector<ColumnData> data;
  if (target.begin) {
    shape.columns = {
        {"pair", ColumnType::kText}, {"ts", ColumnType::kTimestamptz}, {"v", ColumnType::kFloat8}};
    data = {std::string_view(pair), std::span<const std::int64_t>(times)};
  }
  data.emplace_back(std::span<const double>(values));
  return session_->data().ReplaceLeaf(shape, target, static_cast<std::size_t>(rows), data);
}

PostgresWorldParts MakePostgresWorldParts() {
  std::string conninfo = TestServer::Get().MakeDatabase();
  return {std::make_unique<PostgresWorld>(conninfo, "contract"), conninfo};
}

std::unique_ptr<StoreWorld> MakePostgresWorld() {
  static const std::string kConninfo = TestServer::Get().MakeDatabase();
  static int worlds = 0;
  return std::make_unique<PostgresWorld>(kConninfo, fmt::format("contract_{}", ++worlds));
}

}  // namespace mayfly::contract_test
