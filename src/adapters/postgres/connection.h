#pragma once
// One libpq connection: opened with a deadline, closed by its destructor, errors translated.
// Not thread-safe. A lost connection stays lost: the owner opens a new one.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "adapters/postgres/query.h"
#include "base/result.h"
#include "base/time.h"

struct pg_conn;
struct pg_result;

namespace mayfly::postgres {

// The rows that a statement gave. Indices are checked by libpq only: use those of the statement.
class Rows {
 public:
  explicit Rows(pg_result* result);

  int size() const;
  int columns() const;
  std::string_view Text(int row, int column) const;  // NULL is empty
  bool IsNull(int row, int column) const;
  std::int64_t Int(int row, int column) const;  // NULL is 0
  double Double(int row, int column) const;
  bool Bool(int row, int column) const;
  Instant Time(int row, int column) const;  // timestamptz in UTC
  std::optional<Instant> MaybeTime(int row, int column) const;
  std::optional<std::int64_t> MaybeInt(int row, int column) const;
  std::string_view ColumnName(int column) const;
  std::string_view tag() const;   // "COMMIT", "ROLLBACK", "INSERT 0 1"
  std::int64_t affected() const;  // rows that the last statement changed
  const pg_result* raw() const { return result_.get(); }

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

struct ConnectOptions {
  std::string application_name = "mayfly";
  std::string role;         // SET ROLE after login; empty: as logged in
  std::string search_path;  // names already quoted; empty: pg_catalog only
  bool read_only = false;
  std::optional<Duration> lock_timeout;  // how long a statement may wait for a lock
  Duration connect_timeout = seconds(5);
  Duration peer_timeout = seconds(8);  // a silent peer is given up after this; below one lease
};

// Which server process serves us; survives neither a restart nor a reconnect.
struct Backend {
  int pid = 0;
  std::string start;  // pg_stat_activity.backend_start, as text with microseconds
  friend bool operator==(const Backend&, const Backend&) = default;
};

class Connection {
 public:
  // kDenied, kNotFound, kUnavailable, kInvalid (not a conninfo); never echoes the password.
  static Result<Connection> Open(const std::string& conninfo, const ConnectOptions& options);

  // Prepared under the query's name at its first use.
  Result<Rows> Run(const Query& query, const Params& params);

  // Text that is not ours, with parameters; not prepared.
  Result<Rows> RunOnce(const std::string& text, const Params& params);

  // Simple protocol: may hold several statements, which are one transaction unless they say else.
  Result<Rows> Script(const std::string& text);

  // COPY … FROM STDIN: Start, Put any number of times, End (or Abandon, which fails it).
  Status StartCopy(const std::string& statement);
  Status PutCopy(std::span<const char> bytes);
  Result<std::int64_t> EndCopy();

  // COPY … TO STDOUT: calls `take` for every message until the end.
  template <typename Take>
  Status CopyOut(const std::string& statement, Take take) {
    TRY(StartCopyOut(statement));
    while (true) {
      TRY_ASSIGN(std::string_view message, NextCopyOut());
      if (message.data() == nullptr) return {};
      TRY(take(message));
    }
  }

  bool alive() const;
  bool is_local() const;  // over a unix socket: the server is on this machine
  bool in_transaction() const;
  bool in_good_transaction() const;  // open, and no statement of it failed
  const Backend& backend() const { return backend_; }
  pg_conn* raw() { return conn_.get(); }

  // Of the last failed statement; empty where the connection was lost.
  const std::string& last_state() const { return last_state_; }

  // What another process needs to reach the same database as another user: host, port, dbname, TLS.
  std::string AddressFor(const std::string& user, const std::string& password) const;

 private:
  struct Finish {
    void operator()(pg_conn* conn) const;
  };
  explicit Connection(pg_conn* conn) : conn_(conn) {}
  Status Establish(Duration timeout);
  Status Configure(const ConnectOptions& options);
  Error Failure(const pg_result* result);
  Error LostConnection();
  Result<Rows> Take(pg_result* result);
  Status StartCopyOut(const std::string& statement);
  Result<std::string_view> NextCopyOut();

  struct FreeBuffer {
    void operator()(char* buffer) const;
  };
  std::unique_ptr<pg_conn, Finish> conn_;
  std::unique_ptr<char, FreeBuffer> copy_buffer_;
  std::set<const char*> prepared_;
  Backend backend_;
  std::string last_state_;
};

// Opens, runs, and closes when the scope ends; rolls back unless Commit was called.
class Transaction {
 public:
  static Result<Transaction> Begin(Connection& connection);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status Commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace mayfly::postgres
