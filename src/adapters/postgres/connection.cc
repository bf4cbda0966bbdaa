#include "adapters/postgres/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <vector>

#include "adapters/postgres/sqlstate.h"
#include "adapters/postgres/waited.h"

namespace mayfly::postgres {
namespace {

void IgnoreNotice(void* /*unused*/, const PGresult* /*unused*/) {}

std::int64_t Milliseconds(Duration duration) {
  return std::chrono::duration_cast<milliseconds>(duration).count();
}

struct Option {
  std::string keyword;
  std::string value;
};

// The conninfo's own options. libpq's words are not passed on: they may quote the password.
Result<std::vector<Option>> ParseConninfo(const std::string& conninfo) {
  char* complaint = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(conninfo.c_str(), &complaint);
  if (complaint != nullptr) PQfreemem(complaint);
  if (parsed == nullptr) {
    return Invalid(
        "the database reference is neither a postgresql:// URL nor a list of key=value; "
        "see \"Connection Strings\" in PostgreSQL's manual");
  }
  std::vector<Option> options;
  for (PQconninfoOption* o = parsed; o->keyword != nullptr; ++o) {
    if (o->val != nullptr) options.push_back({o->keyword, o->val});
  }
  PQconninfoFree(parsed);
  return options;
}

void AddKeepalives(std::vector<Option>& options, const ConnectOptions& wanted) {
  std::int64_t whole = std::max<std::int64_t>(2, Milliseconds(wanted.peer_timeout) / 1000);
  std::int64_t part = std::max<std::int64_t>(1, whole / 4);
  options.push_back({"keepalives", "1"});
  options.push_back({"keepalives_idle", fmt::format("{}", part)});
  options.push_back({"keepalives_interval", fmt::format("{}", part)});
  options.push_back({"keepalives_count", "3"});
  options.push_back({"tcp_user_timeout", fmt::format("{}", Milliseconds(wanted.peer_timeout))});
  options.push_back({"application_name", wanted.application_name});
}

// Everything in one round trip. The server's own keepalives let it see a vanished client too.
std::string SessionSettings(const ConnectOptions& options) {
  std::int64_t seconds_of_silence =
      std::max<std::int64_t>(2, Milliseconds(options.peer_timeout)) / 4000;
  seconds_of_silence = std::max<std::int64_t>(1, seconds_of_silence);
  std::string text = fmt::format(
      "SET client_encoding = 'UTF8'; SET client_min_messages = warning; SET TimeZone = 'UTC';"
      "SET DateStyle = 'ISO, YMD'; SET extra_float_digits = 1; SET synchronous_commit = on;"
      "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
      "SET default_transaction_isolation = 'read committed'; SET standard_conforming_strings = on;"
      "SET lock_timeout = {}; SET default_transaction_read_only = {};"
      "SET tcp_keepalives_idle = {}; SET tcp_keepalives_interval = {}; SET tcp_keepalives_count = "
      "3;"
      "SET tcp_user_timeout = {}; SET search_path = {};",
      options.lock_timeout ? Milliseconds(*options.lock_timeout) : 0,
      options.read_only ? "on" : "off", seconds_of_silence, seconds_of_silence,
      Milliseconds(options.peer_timeout),
      options.search_path.empty() ? "pg_catalog, pg_temp" : options.search_path + ", pg_temp");
  if (!options.role.empty()) text += fmt::format("SET ROLE {};", QuoteName(options.role));
  return text +
         "SELECT pid, backend_start FROM pg_catalog.pg_stat_activity WHERE pid = pg_backend_pid()";
}

using SteadyClock = std::chrono::steady_clock;

std::atomic<std::int64_t>& WaitedMicros() {
  static std::atomic<std::int64_t> micros{0};
  return micros;
}

// Counts its own life as time that was waited for the server.
class Waiting {
 public:
  Waiting() = default;
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    auto length = std::chrono::duration_cast<Duration>(SteadyClock::now() - begun_);
    WaitedMicros().fetch_add(length.count(), std::memory_order_relaxed);
  }

 private:
  SteadyClock::time_point begun_ = SteadyClock::now();
};

std::string_view Password(const PGconn* conn) {
  const char* password = PQpass(conn);
  return password == nullptr ? std::string_view{} : std::string_view{password};
}

}  // namespace

Duration TimeWaited() { return Duration(WaitedMicros().load(std::memory_order_relaxed)); }

Rows::Rows(PGresult* result) : result_(result) {}
void Rows::Clear::operator()(PGresult* result) const { PQclear(result); }
int Rows::size() const { return PQntuples(result_.get()); }
std::string_view Rows::ColumnName(int column) const { return PQfname(result_.get(), column); }
int Rows::columns() const { return PQnfields(result_.get()); }

std::string_view Rows::Text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}
bool Rows::IsNull(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::int64_t Rows::Int(int row, int column) const {
  std::string_view text = Text(row, column);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

double Rows::Double(int row, int column) const {
  std::string_view text = Text(row, column);
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool Rows::Bool(int row, int column) const { return Text(row, column) == "t"; }

Instant Rows::Time(int row, int column) const {
  std::string_view text = Text(row, column);
  text = text.substr(0, text.rfind('+'));  // the session is in UTC: "+00"
  Result<Instant> instant = ParseInstant(text);
  return instant ? *instant : Instant{};
}
std::optional<Instant> Rows::MaybeTime(int row, int column) const {
  if (IsNull(row, column)) return std::nullopt;
  return Time(row, column);
}
std::optional<std::int64_t> Rows::MaybeInt(int row, int column) const {
  if (IsNull(row, column)) return std::nullopt;
  return Int(row, column);
}

std::string_view Rows::tag() const { return PQcmdStatus(result_.get()); }

std::int64_t Rows::affected() const {
  std::string_view text = PQcmdTuples(result_.get());
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void Connection::Finish::operator()(PGconn* conn) const { PQfinish(conn); }
void Connection::FreeBuffer::operator()(char* buffer) const { PQfreemem(buffer); }

Result<Connection> Connection::Open(const std::string& conninfo, const ConnectOptions& options) {
  TRY_ASSIGN(std::vector<Option> parts, ParseConninfo(conninfo));
  AddKeepalives(parts, options);
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const Option& option : parts) {
    keywords.push_back(option.keyword.c_str());
    values.push_back(option.value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  Connection connection(PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/0));
  if (connection.conn_ == nullptr) return Exhausted("no memory for a database connection");
  TRY(connection.Establish(options.connect_timeout));
  TRY(connection.Configure(options));
  return connection;
}

Status Connection::Establish(Duration timeout) {
  PGconn* conn = conn_.get();
  PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);  // the only way to learn a refusal's SQLSTATE
  PQsetNoticeReceiver(conn, IgnoreNotice, nullptr);
  SteadyClock::time_point give_up = SteadyClock::now() + timeout;
  PostgresPollingStatusType step = PGRES_POLLING_WRITING;
  while (PQstatus(conn) != CONNECTION_BAD && step != PGRES_POLLING_OK) {
    auto left = std::chrono::duration_cast<milliseconds>(give_up - SteadyClock::now()).count();
    if (left <= 0) return Unavailable("the database did not answer within its time");
    short events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    pollfd wait{.fd = PQsocket(conn), .events = events, .revents = 0};
    if (poll(&wait, 1, static_cast<int>(left)) < 0 && errno != EINTR) {
      return Unavailable(fmt::format("waiting for the database: {}", std::strerror(errno)));
    }
    if (wait.revents == 0) continue;
    step = PQconnectPoll(conn);
    if (step == PGRES_POLLING_FAILED) break;
  }
  if (PQstatus(conn) != CONNECTION_OK) return LostConnection();
  PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
  return {};
}

Status Connection::Configure(const ConnectOptions& options) {
  TRY_ASSIGN(Rows rows, Script(SessionSettings(options)));
  if (rows.size() != 1) return Defect("a database session does not see itself");
  backend_ = {static_cast<int>(rows.Int(0, 0)), std::string(rows.Text(0, 1))};
  return {};
}

bool Connection::is_local() const {
  const char* host = PQhost(conn_.get());
  return host != nullptr && (*host == '/' || *host == '@');
}

bool Connection::alive() const {
  return conn_ != nullptr && PQstatus(conn_.get()) == CONNECTION_OK;
}

bool Connection::in_transaction() const {
  return alive() && PQtransactionStatus(conn_.get()) != PQTRANS_IDLE;
}

bool Connection::in_good_transaction() const {
  return alive() && PQtransactionStatus(conn_.get()) == PQTRANS_INTRANS;
}

Error Connection::LostConnection() {
  ServerMessage message = ParseServerMessage(PQerrorMessage(conn_.get()));
  last_state_ = message.state;
  const char* database = PQdb(conn_.get());
  std::string what = message.text.empty() ? std::string("the connection was lost") : message.text;
  std::string text = fmt::format("database {}: {}", database == nullptr ? "?" : database, what);
  return {KindOfSqlState(message.state), WithoutSecret(std::move(text), Password(conn_.get()))};
}

Error Connection::Failure(const PGresult* result) {
  const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state == nullptr) return LostConnection();
  last_state_ = state;
  std::string text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  constexpr std::array<int, 2> kMore{PG_DIAG_MESSAGE_DETAIL, PG_DIAG_MESSAGE_HINT};
  for (int field : kMore) {
    if (const char* more = PQresultErrorField(result, field)) text += fmt::format("; {}", more);
  }
  if (last_state_ == kDiskFull) text += "; the database's disk is full";
  return {KindOfSqlState(last_state_), WithoutSecret(std::move(text), Password(conn_.get()))};
}

Result<Rows> Connection::Take(PGresult* result) {
  Rows rows(result);
  switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
      return rows;
    default:
      return Failure(result);
  }
}

Result<Rows> Connection::Run(const Query& query, const Params& params) {
  const Waiting waiting;
  if (!prepared_.contains(query.name)) {
    PGresult* prepared = PQprepare(conn_.get(), query.name, query.text, params.size(), nullptr);
    Result<Rows> outcome = Take(prepared);
    if (!outcome) return outcome.error().Within(query.name);
    prepared_.insert(query.name);
  }
  std::vector<const char*> values = params.Pointers();
  Result<Rows> rows = Take(PQexecPrepared(conn_.get(), query.name, params.size(), values.data(),
                                          nullptr, nullptr, /*resultFormat=*/0));
  if (!rows) return rows.error().Within(query.name);
  return rows;
}

Result<Rows> Connection::RunOnce(const std::string& text, const Params& params) {
  const Waiting waiting;
  std::vector<const char*> values = params.Pointers();
  return Take(PQexecParams(conn_.get(), text.c_str(), params.size(), nullptr, values.data(),
                           nullptr, nullptr, /*resultFormat=*/0));
}

Result<Rows> Connection::Script(const std::string& text) {
  const Waiting waiting;
  return Take(PQexec(conn_.get(), text.c_str()));
}

Status Connection::StartCopy(const std::string& statement) {
  const Waiting waiting;
  Rows started(PQexec(conn_.get(), statement.c_str()));
  if (PQresultStatus(started.raw()) != PGRES_COPY_IN) return Failure(started.raw());
  return {};
}

Status Connection::PutCopy(std::span<const char> bytes) {
  const Waiting waiting;
  if (PQputCopyData(conn_.get(), bytes.data(), static_cast<int>(bytes.size())) == 1) return {};
  // The server may have said why before it stopped listening.
  Result<std::int64_t> why = EndCopy();
  return why ? Status(LostConnection()) : Status(why.error());
}

Result<std::int64_t> Connection::EndCopy() {
  const Waiting waiting;
  if (PQputCopyEnd(conn_.get(), nullptr) != 1 && !alive()) return LostConnection();
  std::optional<Error> failure;
  std::int64_t copied = 0;
  while (PGresult* result = PQgetResult(conn_.get())) {
    Result<Rows> part = Take(result);
    if (!part && !failure) failure = part.error();
    if (part) copied = part->affected();
  }
  if (failure) return *failure;
  return copied;
}

Status Connection::StartCopyOut(const std::string& statement) {
  const Waiting waiting;
  Rows started(PQexec(conn_.get(), statement.c_str()));
  if (PQresultStatus(started.raw()) != PGRES_COPY_OUT) return Failure(started.raw());
  return {};
}

// A view without data is the end. The view is valid until the next call.
Result<std::string_view> Connection::NextCopyOut() {
  const Waiting waiting;
  char* buffer = nullptr;
  int length = PQgetCopyData(conn_.get(), &buffer, /*async=*/0);
  copy_buffer_.reset(buffer);
  if (length > 0) return std::string_view(buffer, static_cast<std::size_t>(length));
  if (length == -2) return LostConnection();
  std::optional<Error> failure;
  while (PGresult* result = PQgetResult(conn_.get())) {
    Result<Rows> part = Take(result);
    if (!part && !failure) failure = part.error();
  }
  if (failure) return *failure;
  return std::string_view{};
}

std::string Connection::AddressFor(const std::string& user, const std::string& password) const {
  constexpr std::array<std::string_view, 7> kPassedOn{
      "host", "hostaddr", "port", "dbname", "sslmode", "sslrootcert", "channel_binding"};
  std::string address;
  auto add = [&address](std::string_view keyword, std::string_view value) {
    std::string escaped;
    for (char c : value) {
      if (c == '\'' || c == '\\') escaped += '\\';
      escaped += c;
    }
    address += fmt::format("{}{}='{}'", address.empty() ? "" : " ", keyword, escaped);
  };
  PQconninfoOption* options = PQconninfo(conn_.get());
  for (PQconninfoOption* o = options; o != nullptr && o->keyword != nullptr; ++o) {
    bool wanted = std::find(kPassedOn.begin(), kPassedOn.end(), o->keyword) != kPassedOn.end();
    if (wanted && o->val != nullptr && *o->val != '\0') add(o->keyword, o->val);
  }
  PQconninfoFree(options);
  add("user", user);
  add("password", password);
  return address;
}

Result<Transaction> Transaction::Begin(Connection& connection) {
  TRY(connection.Script("BEGIN ISOLATION LEVEL READ COMMITTED"));
  return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  if (connection_ == nullptr || !connection_->alive()) return;
  (void)connection_->Script("ROLLBACK");  // what fails here ends with the connection
}

Status Transaction::Commit() {
  Connection* connection = std::exchange(connection_, nullptr);
  TRY_ASSIGN(Rows rows, connection->Script("COMMIT"));
  // The server answers COMMIT of a failed transaction with ROLLBACK and without an error.
  if (rows.tag() != "COMMIT") return Conflict("the transaction had failed and was rolled back");
  return {};
}

}  // namespace mayfly::postgres
