#include "adapters/postgres/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "adapters/postgres/migrate.h"
#include "adapters/postgres/queries.gen.h"

namespace mayfly::postgres {

Error Unanswered(const Error& error, const Connection& connection) {
  if (connection.alive() || error.kind() != ErrorKind::kUnavailable) return error;
  return Ambiguous(error.message() +
                   "; whether it was done is not known, repeating it is harmless");
}

Status Session::EndOldBackend(Connection& fresh) {
  if (!old_backend_) return {};
  // Logged in as the same user, and before any SET ROLE: always allowed.
  if (!options_.role.empty()) TRY(fresh.Script("RESET ROLE"));
  Params params;
  params.Add(old_backend_->pid).Add(old_backend_->start).Add(kBackendWaitMs);
  TRY_ASSIGN(Rows rows, fresh.Run(sql::kEndBackend, params));
  if (rows.size() > 0 && !rows.Bool(0, 0)) {
    return Unavailable(fmt::format("our old backend {} would not end yet", old_backend_->pid));
  }
  if (!options_.role.empty()) {
    TRY(fresh.Script(fmt::format("SET ROLE {}", QuoteName(options_.role))));
  }
  old_backend_.reset();
  return {};
}

Result<Connection*> Session::Get() {
  if (current() != nullptr) return current();
  if (connection_) {
    if (!old_backend_) old_backend_ = connection_->backend();
    connection_.reset();
  }
  TRY_ASSIGN(Connection fresh, OpenLedger(conninfo_, options_));
  bool reopened = old_backend_.has_value();
  TRY(EndOldBackend(fresh));
  if (reopened && on_reopen_) TRY(on_reopen_(fresh));
  connection_.emplace(std::move(fresh));
  return &*connection_;
}

Result<Connection*> Session::GetWithin(Duration patience) {
  using SteadyClock = std::chrono::steady_clock;
  SteadyClock::time_point give_up = SteadyClock::now() + patience;
  Duration pause = milliseconds(20);
  while (true) {
    Result<Connection*> connection = Get();
    bool worth_waiting = !connection && connection.error().kind() == ErrorKind::kUnavailable;
    if (!worth_waiting || SteadyClock::now() + pause >= give_up) return connection;
    std::this_thread::sleep_for(pause);  // backoff between attempts to connect, bounded
    pause = std::min<Duration>(pause * 2, milliseconds(500));
  }
}

Result<Rows> Session::Read(const Query& query, const Params& params) {
  TRY_ASSIGN(Connection * connection, Get());
  return connection->Run(query, params);
}

Result<Rows> Session::Write(const Query& query, const Params& params) {
  TRY_ASSIGN(Connection * connection, Get());
  Result<Rows> rows = connection->Run(query, params);
  if (!rows) return Unanswered(rows.error(), *connection);
  return rows;
}

void Session::Close() {
  if (connection_) old_backend_ = connection_->backend();
  connection_.reset();
}

}  // namespace mayfly::postgres
