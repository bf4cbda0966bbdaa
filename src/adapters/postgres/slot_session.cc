#include "adapters/postgres/slot_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "adapters/postgres/data_probe.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/worker_registry.h"

namespace mayfly::postgres {

namespace internal {
namespace {

int CountWriters(const Connection& db) {
  if (!db.is_local()) return kRemoteWriters;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

Result<Connection*> SlotState::Db() {
  if (!in_transaction) return session.Get();
  Connection* db = session.current();
  if (db != nullptr && db->backend() == transaction_backend) return db;
  return Unavailable("the connection was lost and the open transaction with it");
}

Status SlotState::Begin() {
  if (in_transaction) return Defect("a slot's transaction is open already");
  if (leaves_touched >= options.leaves_per_backend) {
    session.Close();
    leaves_touched = 0;
  }
  TRY_ASSIGN(Connection * db, session.Get());
  TRY(db->Script("BEGIN ISOLATION LEVEL READ COMMITTED"));
  in_transaction = true;
  transaction_backend = db->backend();
  return {};
}

// Waits for one of the database's writer tokens; COMMIT or ROLLBACK gives it back. It is the first
// lock of a transaction that has nothing else yet, so waiting for it cannot deadlock.
Status SlotState::TakeWriterToken() {
  if (may_write) return {};
  TRY_ASSIGN(Connection * db, Db());
  int writers = options.writers > 0 ? options.writers : CountWriters(*db);
  Params params;
  params.Add(writers).Add(who.slot);
  TRY_ASSIGN(Rows rows, db->Run(sql::kTryWriter, params));
  if (!rows.Bool(0, 0)) TRY(db->Run(sql::kWaitForWriter, params));
  may_write = true;
  return {};
}

// A transaction whose connection is gone is rolled back by the server.
Status SlotState::Rollback() {
  Connection* db = session.current();
  bool open = in_transaction && db != nullptr && db->backend() == transaction_backend;
  Status outcome;
  if (open) {
    if (Result<Rows> rolled = db->Script("ROLLBACK"); !rolled && db->alive()) {
      outcome = rolled.error();
    }
  }
  TransactionEnded();
  return outcome;
}

void SlotState::TransactionEnded() {
  in_transaction = false;
  may_write = false;
  leaves_touched += static_cast<int>(written.size());
  written.clear();
  if (logs.empty() || session.current() == nullptr) return;  // kept for the next chance
  // A line that cannot be kept is not worth failing the work that it is about.
  (void)AppendLogs(std::exchange(logs, {}));
}

// A leaf written twice in one transaction holds what was written last.
void SlotState::NoteWritten(const std::string& leaf, std::int64_t rows) {
  std::erase_if(written, [&](const WrittenLeaf& other) { return other.name == leaf; });
  written.push_back({leaf, rows});
}

Status SlotState::AppendLogs(std::vector<PendingLog> lines) {
  std::vector<std::int64_t> tasks;
  std::vector<std::string> texts;
  for (PendingLog& line : lines) {
    tasks.push_back(line.task);
    std::erase(line.text, '\0');  // PostgreSQL's text has none
    texts.push_back(std::move(line.text));
  }
  Params params;
  params.Add(who.run.value).Add(who.machine.value).Add(std::span<const std::int64_t>(tasks));
  params.Add("task").Add(std::span<const std::string>(texts));
  TRY(session.Write(sql::kAppendLog, params));
  return {};
}

// On a new connection, the old backend being gone: what is still ours names this backend, and what
// we were never told of goes back.
Status SlotState::Adopt(Connection& db) {
  std::vector<std::int64_t> tasks, fences;
  for (const KnownLease& lease : leases) {
    tasks.push_back(lease.task.value);
    fences.push_back(lease.fence.value);
  }
  Params known;
  known.Add(std::span<const std::int64_t>(tasks)).Add(std::span<const std::int64_t>(fences));
  known.Add(db.backend().start);
  TRY_ASSIGN(Rows ours, db.Run(sql::kAdoptLeases, known));
  Params unknown;
  unknown.Add(who.machine.value).Add(who.slot).Add(std::span<const std::int64_t>(fences));
  TRY(db.Run(sql::kDropUnknownLeases, unknown));
  std::erase_if(leases, [&](const KnownLease& lease) {
    for (int i = 0; i < ours.size(); ++i) {
      if (ours.Int(i, 0) == lease.task.value) return false;
    }
    return true;
  });
  return {};
}

}  // namespace internal

struct SlotSession::Parts {
  internal::SlotState state;
  std::unique_ptr<TaskQueue> queue;
  std::unique_ptr<RunData> data;
  std::unique_ptr<DataProbe> probe;
};

SlotSession::SlotSession(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SlotSession::~SlotSession() = default;
TaskQueue& SlotSession::queue() { return *parts_->queue; }
RunData& SlotSession::data() { return *parts_->data; }
DataProbe& SlotSession::probe() { return *parts_->probe; }

Result<std::unique_ptr<SlotSession>> SlotSession::Open(std::string access, const SlotIdentity& who,
                                                       const SlotSessionOptions& options) {
  ConnectOptions connect{.application_name = SlotApplication(who.machine, who.slot)};
  // NOLINTNEXTLINE(modernize-make-unique): an aggregate, filled by name.
  auto parts = std::unique_ptr<Parts>(new Parts{
      .state = {.session = Session(std::move(access), connect), .who = who, .options = options}});
  internal::SlotState& state = parts->state;
  TRY_ASSIGN(Rows rows, state.session.Read(sql::kFindRunSchema, Params().Add(who.run.value)));
  if (rows.size() == 0) {
    return Conflict(fmt::format("machine {} may not see run {}", who.machine.value, who.run.value));
  }
  state.schema = rows.Text(0, 0);
  state.reader_schema = rows.Text(0, 1);
  // Unqualified names in a stage's SQL mean the run's own output first, then what is published.
  std::string path =
      fmt::format("{}, {}, public", QuoteName(state.schema), QuoteName(state.reader_schema));
  TRY_ASSIGN(Connection * db, state.session.Get());
  TRY(db->Script(fmt::format("SET search_path = {}, pg_temp", path)));
  state.session.set_search_path(path);
  state.session.set_on_reopen([&state](Connection& fresh) { return state.Adopt(fresh); });
  parts->queue = internal::MakeTaskQueue(state);
  parts->data = internal::MakeRunData(state);
  auto connection = [&state] { return state.Db(); };
  parts->probe = std::make_unique<PgDataProbe>(connection, who.run, state.schema);
  return std::unique_ptr<SlotSession>(new SlotSession(std::move(parts)));
}

}  // namespace mayfly::postgres
