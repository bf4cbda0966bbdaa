#pragma once
// The store contract on a real server: one private server per test program, one database per world.

#include <memory>
#include <string>

#include "adapters/postgres/connection.h"
#include "adapters/postgres/slot_session.h"
#include "fault_proxy.h"
#include "store_contract.h"

namespace mayfly::contract_test {

// The server of this program; started at the first call, stopped at its end.
class TestServer {
 public:
  static TestServer& Get();

  // A fresh database with the ledger's roles and schema; answers its conninfo as superuser.
  std::string MakeDatabase();
  std::string MakeEmptyDatabase();
  void Restart();

 private:
  TestServer();
  ~TestServer();
  std::string Conninfo(const std::string& database) const;

  struct Running;
  std::unique_ptr<Running> running_;
  int databases_ = 0;
};

// "host=…" of a conninfo replaced by another folder.
std::string ThroughProxy(const std::string& conninfo, const FaultProxy& proxy);
std::string SocketOf(const std::string& conninfo);

// A superuser's connection that sees everything; a failure ends the test program.
postgres::Connection OpenAsSuperuser(const std::string& conninfo);
postgres::Rows MustRun(postgres::Connection& db, const std::string& statement);

class PostgresSlot final : public SlotWorld {
 public:
  PostgresSlot(const std::string& access, const SlotIdentity& who);

  TaskQueue& queue() override { return session_->queue(); }
  Status Begin() override { return session_->data().Begin(); }
  Status Rollback() override { return session_->data().Rollback(); }
  Status WriteLeaf(const LeasedTask& task, std::size_t leaf, std::int64_t rows,
                   std::uint64_t content) override;
  void Freeze() override { proxy_.set_mode(FaultProxy::Mode::kFrozen); }
  void Thaw() override { proxy_.set_mode(FaultProxy::Mode::kPass); }
  void FaultNextCommit(CommitFault fault) override;

  postgres::SlotSession& session() { return *session_; }
  FaultProxy& proxy() { return proxy_; }

 private:
  FaultProxy proxy_;
  std::unique_ptr<postgres::SlotSession> session_;
};

// `conninfo` is the database's, for tests that look behind the seams.
struct PostgresWorldParts {
  std::unique_ptr<StoreWorld> world;
  std::string conninfo;
};
PostgresWorldParts MakePostgresWorldParts();  // a database of its own

// In one database for all, each world with a phase of its own: databases are dear.
std::unique_ptr<StoreWorld> MakePostgresWorld();

}  // namespace mayfly::contract_test
