#include "adapters/postgres/run_store.h"

#include <fmt/format.h>

#include "adapters/postgres/migrate.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/roles.h"
#include "adapters/postgres/snapshot.h"
#include "model/offer_json.h"

namespace mayfly::postgres {
namespace {

std::string_view Name(StopWish wish) {
  switch (wish) {
    case StopWish::kNone:
      return "none";
    case StopWish::kPause:
      return "pause";
    case StopWish::kCancel:
      return "cancel";
  }
  CheckFailed(__FILE__, __LINE__, "wish", "a stop wish without a name");
}

Result<std::optional<Existing>> ParseExisting(const Rows& rows) {
  if (rows.size() == 0) return std::optional<Existing>{};
  TRY_ASSIGN(RunState state, ParseRunState(rows.Text(0, 1)));
  return std::optional<Existing>(
      Existing{RunId{rows.Int(0, 0)}, state, std::string(rows.Text(0, 2))});
}

Error PhaseIsOpen(const PhasePlan& plan, const Existing& open) {
  return Conflict(fmt::format(
      "run {} of phase {} is open ({}, plan {}) and this plan is {}; continue it with `mayfly "
      "run`, "
      "or end it with `mayfly stop`",
      open.run.value, plan.spec.name, mayfly::Name(open.state), open.plan_hash, plan.hash));
}

void AddOffer(Params& params, const Offer& offer) {
  params.Add(mayfly::Name(offer.pool.market)).Add(offer.pool.region).Add(offer.pool.zone);
  params.Add(offer.pool.instance_type).Add(offer.price.micro_usd).Add(offer.highest.micro_usd);
  params.Add(std::int64_t{offer.terms.minimum.count()});
  params.Add(std::int64_t{offer.terms.free_if_reclaimed.count()});
  params.Add(offer.disk_gb).Add(offer.addresses);
}

// Nobody else controls the run while this session lives, or the answer names who does.
Status LockControl(Connection& db, RunId run) {
  TRY_ASSIGN(Rows got, db.Run(sql::kTryControl, Params().Add(run.value)));
  if (got.Bool(0, 0)) return {};
  TRY_ASSIGN(Rows holder, db.Run(sql::kNameController, Params().Add(run.value)));
  if (holder.size() == 0) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  return Conflict(fmt::format(
      "run {} is controlled by {} (database backend {}, since {}); stop that one first", run.value,
      holder.Text(0, 0), holder.IsNull(0, 3) ? "?" : holder.Text(0, 3), holder.Text(0, 4)));
}

}  // namespace

PgRunStore::PgRunStore(std::string conninfo, std::string application_name)
    : session_(std::move(conninfo), {.application_name = std::move(application_name),
                                     .role = kController,
                                     .lock_timeout = seconds(5)}) {
  session_.set_on_reopen([this](Connection& db) { return Reopened(db); });
}

PgRunStore::~PgRunStore() = default;

// The advisory locks ended with the old session. The fence decides all the same (I9).
Status PgRunStore::Reopened(Connection& db) {
  for (const auto& [run, who] : controlled_) TRY(LockControl(db, run));
  return {};
}

Result<std::optional<Existing>> PgRunStore::FindNewest(const std::string& phase) {
  TRY_ASSIGN(Rows rows, session_.Read(sql::kFindNewestRun, Params().Add(phase)));
  return ParseExisting(rows);
}

Result<RunId> PgRunStore::Create(const PhasePlan& plan) {
  TRY_ASSIGN(Connection * db, session_.Get());
  TRY_ASSIGN(Rows there, db->Run(sql::kFindOpenRun, Params().Add(plan.spec.name)));
  TRY_ASSIGN(std::optional<Existing> open, ParseExisting(there));
  if (open) return PhaseIsOpen(plan, *open);

  Result<RunId> written = internal::WriteRun(*db, plan);
  if (written && db->alive()) return written;
  bool race = !written && db->last_state() == "23505";
  bool unanswered = !db->alive();
  if (!race && !unanswered) return written;

  // Another creator was faster, or the answer to our COMMIT was lost: the ledger knows.
  TRY_ASSIGN(db, session_.GetWithin(seconds(10)));
  TRY_ASSIGN(Rows now, db->Run(sql::kFindOpenRun, Params().Add(plan.spec.name)));
  TRY_ASSIGN(open, ParseExisting(now));
  if (!open) return Unavailable("the run was not created; try again");
  if (unanswered && written && *written == open->run) return open->run;
  return PhaseIsOpen(plan, *open);
}

Result<Fence> PgRunStore::TakeControl(RunId run, const std::string& who) {
  TRY_ASSIGN(Connection * db, session_.Get());
  TRY(LockControl(*db, run));
  Params params;
  params.Add(run.value).Add(who).Add(db->backend().start);
  TRY_ASSIGN(Rows rows, session_.Write(sql::kTakeControl, params));
  if (rows.size() == 0) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  controlled_[run] = who;
  return Fence{rows.Int(0, 0)};
}

Result<RunSnapshot> PgRunStore::Load(RunId run) {
  TRY_ASSIGN(Connection * db, session_.Get());
  return LoadSnapshot(*db, run);
}

Status PgRunStore::RequestStop(RunId run, StopWish wish) {
  Params params;
  params.Add(run.value).Add(Name(wish));
  TRY_ASSIGN(Rows rows, session_.Write(sql::kRequestStop, params));
  if (rows.size() > 0) return {};
  TRY_ASSIGN(Rows there, session_.Read(sql::kNameController, Params().Add(run.value)));
  if (there.size() == 0) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  return Conflict(fmt::format("run {} is {} already", run.value, there.Text(0, 2)));
}

Result<IntendedMachine> PgRunStore::RecordIntent(RunId run, Fence control,
                                                 const MachineIntent& intent) {
  TRY_ASSIGN(Connection * db, session_.Get());
  TRY_ASSIGN(std::string password, MakePassword());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*db));
  Params params;
  params.Add(run.value).Add(control.value).Add(intent.token).Add(intent.provider);
  params.Add(intent.slots).Add(intent.reason);
  intent.deadline ? params.Add(FormatInstant(*intent.deadline)) : params.AddNull();
  AddOffer(params, WorstOf(intent.offers));
  params.Add(OffersToJson(intent.offers));
  TRY_ASSIGN(Rows rows, session_.Write(sql::kRecordIntent, params));
  if (rows.size() == 0) return Refusal(*db, run, control);
  MachineId machine{rows.Int(0, 0)};
  std::string_view state = rows.Text(0, 2);
  if (state == "ending" || state == "gone") {
    return Conflict(fmt::format("machine {} is {} already", machine.value, state));
  }
  std::string login(rows.Text(0, 1));
  TRY_ASSIGN(std::string verifier, MakeVerifier(*db, login, password));
  TRY(MakeMachineLogin(*db, {.login = login,
                             .writers = std::string(rows.Text(0, 4)),
                             .verifier = verifier,
                             .valid_until = std::string(rows.Text(0, 3))}));
  Status committed = transaction.Commit();
  if (!committed) return Unanswered(committed.error(), *db);
  return IntendedMachine{machine, db->AddressFor(login, password), rows.Time(0, 3)};
}

Error PgRunStore::Refusal(Connection& db, RunId run, Fence control) {
  Result<Rows> rows = db.Run(sql::kNameController, Params().Add(run.value));
  if (!rows) return rows.error();
  if (rows->size() == 0) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  if (rows->Int(0, 1) == control.value) {
    return Conflict(fmt::format("run {} has no such machine, stage or step", run.value));
  }
  return Conflict(fmt::format("{} controls run {} now (fence {}, ours is {}): this controller ends",
                              rows->Text(0, 0), run.value, rows->Int(0, 1), control.value));
}

}  // namespace mayfly::postgres
