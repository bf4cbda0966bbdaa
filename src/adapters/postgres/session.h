#pragma once
// A connection that is opened at its first use and again after it was lost. Before a new one is
// used, the backend of the old one is ended and seen gone: two of our backends never live at once.

#include <functional>
#include <optional>
#include <string>

#include "adapters/postgres/connection.h"
#include "base/result.h"
#include "base/time.h"

namespace mayfly::postgres {

class Session {
 public:
  // `on_reopen` is called with every new connection but the first; its error closes it again.
  using OnReopen = std::function<Status(Connection&)>;
  Session(std::string conninfo, ConnectOptions options)
      : conninfo_(std::move(conninfo)), options_(std::move(options)) {}

  void set_on_reopen(OnReopen on_reopen) { on_reopen_ = std::move(on_reopen); }
  void set_search_path(std::string path) { options_.search_path = std::move(path); }

  // The living connection. kUnavailable: the database is away, or our old backend would not go.
  Result<Connection*> Get();

  // The same, tried again with backoff until `patience` is over.
  Result<Connection*> GetWithin(Duration patience);

  // Reads: a lost connection is kUnavailable.
  Result<Rows> Read(const Query& query, const Params& params);

  // Single statements that write: a lost connection is kAmbiguous, repeat with the same key.
  Result<Rows> Write(const Query& query, const Params& params);

  // Gives memory of the backend back; the next Get opens anew.
  void Close();

  Connection* current() { return connection_ && connection_->alive() ? &*connection_ : nullptr; }

 private:
  Status EndOldBackend(Connection& fresh);

  std::string conninfo_;
  ConnectOptions options_;
  std::optional<Connection> connection_;
  std::optional<Backend> old_backend_;
  OnReopen on_reopen_;
};

// The kind of a write whose connection was lost before the answer came.
Error Unanswered(const Error& error, const Connection& connection);

inline constexpr std::int64_t kBackendWaitMs = 5000;

}  // namespace mayfly::postgres
