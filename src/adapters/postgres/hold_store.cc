#include "adapters/postgres/hold_store.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "adapters/postgres/migrate.h"
#include "adapters/postgres/queries.gen.h"
#include "model/states.h"

namespace mayfly::postgres {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

std::string ToHex(std::string_view bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (char byte : bytes) {
    hex += kDigits[static_cast<unsigned char>(byte) >> 4];
    hex += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

// Of encode(…, 'hex'), which gives nothing else.
std::string FromHex(std::string_view hex) {
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(kDigits.find(hex[i]) * 16 + kDigits.find(hex[i + 1]));
  }
  return bytes;
}

std::optional<MachineId> MaybeMachine(const Rows& rows, int row, int column) {
  std::optional<std::int64_t> id = rows.MaybeInt(row, column);
  return id ? std::optional(MachineId{*id}) : std::nullopt;
}

void AddMachine(Params& params, const std::optional<MachineId>& machine) {
  machine ? params.Add(machine->value) : params.AddNull();
}

Result<std::vector<std::string>> WordsOf(std::string_view json) {
  try {
    return nlohmann::json::parse(json).get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception& e) {
    return Corrupt(fmt::format("the ledger holds a command that cannot be read: {}", e.what()));
  }
}

// Why a command may not run there now, from a row of request_exec.
Error NotNow(MachineId machine, const Rows& rows) {
  std::string_view state = rows.Text(0, 1);
  bool is_held = state == "held" && rows.Int(0, 3) > 0;
  if (is_held) {
    return Exhausted(fmt::format("{} commands of machine {} have not ended; no more can wait",
                                 rows.Int(0, 4), machine.value));
  }
  if (state == "ending" || state == "gone") {
    return Conflict(
        fmt::format("machine {} is {}: nothing runs on it any more", machine.value, state));
  }
  return Conflict(fmt::format(
      "machine {} is {}, not held; `mayfly hold {} --for 30m --machine {}` keeps it when its work "
      "is over, and then commands may run on it",
      machine.value, state == "held" ? "at the end of its hold" : state, rows.Int(0, 2),
      machine.value));
}

}  // namespace

Result<HoldView> HoldOf(const Rows& rows, int row) {
  HoldView hold{.id = HoldId{rows.Int(row, 0)}};
  TRY_ASSIGN(hold.state, ParseHoldState(rows.Text(row, 1)));
  hold.wish.machine = MaybeMachine(rows, row, 2);
  hold.wish.length = Duration(rows.Int(row, 3));
  hold.wish.who = rows.Text(row, 4);
  hold.note = rows.Text(row, 5);
  hold.keeps = MaybeMachine(rows, row, 6);
  return hold;
}

PgHoldStore::PgHoldStore(std::string conninfo)
    : session_(std::move(conninfo), {.application_name = "mayfly operator",
                                     .role = kController,
                                     .lock_timeout = seconds(5)}) {}

Result<HoldId> PgHoldStore::RequestHold(RunId run, const HoldWish& wish) {
  TRY_ASSIGN(Connection * db, session_.Get());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*db));
  Params before;
  before.Add(run.value).AddNull();
  TRY(session_.Write(sql::kWithdrawHolds, before));
  Params params;
  params.Add(run.value);
  AddMachine(params, wish.machine);
  params.Add(std::int64_t{wish.length.count()}).Add(wish.who);
  TRY_ASSIGN(Rows rows, session_.Write(sql::kRequestHold, params));
  if (rows.size() > 0) {
    HoldId hold{rows.Int(0, 0)};
    Status committed = transaction.Commit();
    if (!committed) return Unanswered(committed.error(), *db);
    return hold;
  }
  TRY_ASSIGN(Rows there, session_.Read(sql::kNameController, Params().Add(run.value)));
  if (there.size() == 0) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  std::string_view state = there.Text(0, 2);
  bool is_over = state == "closed" || state == "cancelled";
  if (is_over) return Conflict(fmt::format("run {} is {} already", run.value, state));
  return NotFound(
      fmt::format("run {} has no machine {}", run.value, wish.machine ? wish.machine->value : 0));
}

Result<HoldView> PgHoldStore::ReadHold(HoldId hold) {
  TRY_ASSIGN(Rows rows, session_.Read(sql::kReadHold, Params().Add(hold.value)));
  if (rows.size() == 0) return NotFound(fmt::format("there is no hold {}", hold.value));
  return HoldOf(rows, 0);
}

Result<int> PgHoldStore::EndHolds(RunId run, std::optional<MachineId> machine) {
  Params params;
  params.Add(run.value);
  AddMachine(params, machine);
  TRY_ASSIGN(Rows withdrawn, session_.Write(sql::kWithdrawHolds, params));
  TRY_ASSIGN(Rows ended, session_.Write(sql::kEndHolds, params));
  return withdrawn.size() + ended.size();
}

Result<ExecId> PgHoldStore::RequestExec(const ExecWish& wish) {
  Params params;
  params.Add(wish.machine.value).Add(std::span<const std::string>(wish.argv)).Add(wish.who);
  params.Add(std::int64_t{wish.timeout.count()}).Add(kMostExecsWaiting);
  TRY_ASSIGN(Rows rows, session_.Write(sql::kRequestExec, params));
  if (rows.size() == 0) {
    return NotFound(
        fmt::format("there is no machine {} in this ledger; `mayfly status` lists those "
                    "of a run",
                    wish.machine.value));
  }
  if (rows.IsNull(0, 0)) return NotNow(wish.machine, rows);
  return ExecId{rows.Int(0, 0)};
}

Status PgHoldStore::CancelExec(ExecId exec) {
  TRY_ASSIGN(Rows rows, session_.Write(sql::kCancelExec, Params().Add(exec.value)));
  if (rows.size() > 0) return {};
  return NotFound(fmt::format("there is no command {}", exec.value));
}

// First the end, then the output: what is told as its end came after all that it printed.
Result<ExecNews> PgHoldStore::ReadExec(ExecId exec, std::int64_t from_part) {
  TRY_ASSIGN(Rows rows, session_.Read(sql::kReadExec, Params().Add(exec.value)));
  if (rows.size() == 0) return NotFound(fmt::format("there is no command {}", exec.value));
  Params params;
  params.Add(exec.value).Add(from_part).Add(kMostPartsAtOnce);
  TRY_ASSIGN(Rows parts, session_.Read(sql::kReadExecOutput, params));
  ExecNews news;
  for (int i = 0; i < parts.size(); ++i) news.parts.push_back(FromHex(parts.Text(i, 0)));
  bool is_all = parts.size() < kMostPartsAtOnce;
  if (is_all && rows.Bool(0, 4)) {
    news.exit = ExecExit{ExecEnd::kMachineEnded, 0, "nobody told how it went"};
  }
  if (rows.Text(0, 0) != "ended" || !is_all) return news;
  ExecExit exit{.how = {}, .code = static_cast<int>(rows.Int(0, 2)), .note = {}};
  TRY_ASSIGN(exit.how, ParseExecEnd(rows.Text(0, 1)));
  exit.note = rows.Text(0, 3);
  news.exit = std::move(exit);
  return news;
}

PgExecQueue::PgExecQueue(std::string access, MachineId machine)
    : session_(std::move(access),
               {.application_name = fmt::format("mayfly commands machine {}", machine.value),
                .lock_timeout = seconds(5)}) {}

Result<std::vector<ExecOrder>> PgExecQueue::Take(MachineId machine) {
  Params params;
  params.Add(machine.value).Add(kMostExecsAtOnce);
  TRY_ASSIGN(Rows rows, session_.Write(sql::kTakeExecs, params));
  std::vector<ExecOrder> orders;
  for (int i = 0; i < rows.size(); ++i) {
    ExecOrder order{.id = ExecId{rows.Int(i, 0)},
                    .who = std::string(rows.Text(i, 2)),
                    .timeout = Duration(rows.Int(i, 3)),
                    .is_cancelled = rows.Bool(i, 4)};
    TRY_ASSIGN(order.argv, WordsOf(rows.Text(i, 1)));
    orders.push_back(std::move(order));
  }
  return orders;
}

Status PgExecQueue::AddOutput(ExecId exec, std::int64_t part, std::string_view bytes) {
  Params params;
  params.Add(exec.value).Add(part).Add(ToHex(bytes));
  TRY(session_.Write(sql::kAddExecOutput, params));
  return {};
}

Status PgExecQueue::End(ExecId exec, const ExecExit& exit) {
  Params params;
  params.Add(exec.value).Add(Name(exit.how)).Add(exit.code).Add(exit.note).Add(Describe(exit));
  TRY(session_.Write(sql::kEndExec, params));
  return {};
}

}  // namespace mayfly::postgres
