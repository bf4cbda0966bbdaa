// Apply and ReapMachine: every change a controller makes, each under its fence (I9).

#include <fmt/format.h>

#include "adapters/postgres/ddl.h"
#include "adapters/postgres/migrate.h"
#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/roles.h"
#include "adapters/postgres/run_store.h"
#include "adapters/postgres/snapshot.h"

namespace mayfly::postgres {
namespace {

constexpr int kLeavesAtOnce = 20;  // a step of the controller is bounded (I10)

void AddInstant(Params& params, const std::optional<Instant>& instant) {
  instant ? params.Add(FormatInstant(*instant)) : params.AddNull();
}

void AddBought(Params& params, const std::optional<Offer>& offer) {
  if (!offer) {
    for (int i = 0; i < 6; ++i) params.AddNull();
    return;
  }
  params.Add(Name(offer->pool.market)).Add(offer->pool.region).Add(offer->pool.zone);
  params.Add(offer->pool.instance_type).Add(offer->price.micro_usd).Add(offer->highest.micro_usd);
}

}  // namespace

Status PgRunStore::ApplyOne(const Query& query, const Params& params, RunId run, Fence control) {
  TRY_ASSIGN(Rows rows, session_.Write(query, params));
  if (rows.size() > 0) return {};
  TRY_ASSIGN(Connection * db, session_.Get());
  return Refusal(*db, run, control);
}

struct PgRunStore::ChangeVisitor {
  PgRunStore& store;
  RunId run;
  Fence control;

  Params Start() const {
    Params params;
    params.Add(run.value).Add(control.value);
    return params;
  }

  Status operator()(const SetRunState& change) const {
    Params params = Start();
    params.Add(Name(change.to)).Add(change.reason);
    change.verdict ? params.Add(Name(*change.verdict)) : params.AddNull();
    return store.ApplyOne(sql::kSetRunState, params, run, control);
  }
  Status operator()(const SetStageState& change) const {
    Params params = Start();
    params.Add(change.stage.value).Add(Name(change.to)).Add(change.reason);
    return store.ApplyOne(sql::kSetStageState, params, run, control);
  }
  Status operator()(const RecordLaunched& change) const {
    Params params = Start();
    params.Add(change.machine.value).Add(change.external_id).Add(change.slots);
    AddBought(params, change.offer);
    return store.ApplyOne(sql::kRecordLaunched, params, run, control);
  }
  Status operator()(const OrderDrain& change) const {
    Params params = Start();
    params.Add(change.machine.value).Add(change.reason);
    return store.ApplyOne(sql::kOrderDrain, params, run, control);
  }
  Status operator()(const RecordEnding& change) const {
    Params params = Start();
    params.Add(change.machine.value).Add(change.reason);
    return store.ApplyOne(sql::kRecordEnding, params, run, control);
  }
  Status operator()(const mayfly::RecordGone& change) const {
    return store.RecordGone(run, control, change.machine);
  }
  Status operator()(const RecordBilled& change) const {
    Params params = Start();
    params.Add(change.machine.value);
    AddInstant(params, change.billed.running);
    AddInstant(params, change.billed.ended);
    params.Add(change.billed.reclaimed);
    return store.ApplyOne(sql::kRecordBilled, params, run, control);
  }
  Status operator()(const RecordRefused& change) const {
    for (const PoolRefusal& refusal : change.refusals) {
      const Pool& pool = refusal.pool;
      Params params = Start();
      params.Add(change.machine.value).Add(Name(pool.market)).Add(pool.region).Add(pool.zone);
      params.Add(pool.instance_type).Add(Name(refusal.kind)).Add(refusal.code);
      params.Add(refusal.message);
      TRY(store.ApplyOne(sql::kRecordRefusal, params, run, control));
    }
    return {};
  }
  Status operator()(const AnswerHold& change) const {
    Params params = Start();
    params.Add(change.hold.value).Add(Name(change.to)).Add(change.note);
    return store.ApplyOne(sql::kAnswerHold, params, run, control);
  }
  Status operator()(const RecordHeld& change) const {
    Params params = Start();
    params.Add(change.machine.value).Add(change.hold.value);
    params.Add(std::int64_t{change.length.count()}).Add(change.note);
    return store.ApplyOne(sql::kRecordHeld, params, run, control);
  }
  Status operator()(const RecordWaiting& change) const {
    Params params = Start();
    params.Add(change.reason);
    AddInstant(params, change.until);
    return store.ApplyOne(sql::kRecordWaiting, params, run, control);
  }
  Status operator()(const RecordKept& change) const {
    const KeptDisk& disk = change.disk;
    Params params = Start();
    disk.machine.value == 0 ? params.AddNull() : params.Add(disk.machine.value);
    params.Add(Name(disk.state)).Add(disk.external_id).Add(disk.gigabytes);
    disk.monthly ? params.Add(disk.monthly->micro_usd) : params.AddNull();
    params.Add(FormatInstant(disk.expires)).Add(disk.note);
    return store.ApplyOne(sql::kRecordKept, params, run, control);
  }
  Status operator()(const RecordFloor& change) const {
    const RaisedFloor& floor = change.floor;
    Params params = Start();
    params.Add(floor.cluster).Add(Name(floor.state)).Add(floor.before_milli);
    params.Add(floor.floor_milli).Add(floor.note);
    return store.ApplyOne(sql::kRecordFloor, params, run, control);
  }
  Status operator()(const RecordProof& change) const {
    const ProofPass& pass = change.pass;
    Params params = Start();
    params.Add(FormatInstant(pass.began)).Add(std::span<const std::string>(pass.look.kinds));
    params.Add(std::int64_t{pass.look.shown_within.count()}).Add(FoundToJson(pass.look.found));
    params.Add(pass.seen_ended).Add(pass.not_shown).Add(Describe(pass.look));
    return store.ApplyOne(sql::kRecordProof, params, run, control);
  }
  Status operator()(const RecordPrice& change) const {
    const auto& [key, point] = change.change;
    Params params = Start();
    params.Add(Name(key.item)).Add(key.pool.region).Add(key.pool.zone);
    params.Add(key.pool.instance_type).Add(Name(key.pool.market));
    params.Add(FormatInstant(point.from)).Add(point.rate.micro_usd).Add(Name(point.rate.unit));
    return store.ApplyOne(sql::kRecordPrice, params, run, control);
  }
  Status operator()(const RetryQuarantined& /*change*/) const {
    return store.ApplyOne(sql::kRetryQuarantined, Start(), run, control);
  }
  Status operator()(const mayfly::VacuumSome& /*change*/) const {
    return store.VacuumSome(run, control);
  }
};

Status PgRunStore::Apply(RunId run, Fence control, const Change& change) {
  return std::visit(ChangeVisitor{*this, run, control}, change);
}

Status PgRunStore::RecordGone(RunId run, Fence control, MachineId machine) {
  TRY_ASSIGN(Connection * db, session_.Get());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*db));
  Params params;
  params.Add(run.value).Add(control.value).Add(machine.value);
  TRY_ASSIGN(Rows rows, session_.Write(sql::kRecordGone, params));
  if (rows.size() == 0) return Refusal(*db, run, control);
  if (!rows.IsNull(0, 0)) TRY(DropLogin(*db, std::string(rows.Text(0, 0))));
  Status committed = transaction.Commit();
  if (!committed) return Unanswered(committed.error(), *db);
  return {};
}

// Vacuuming twice is harmless, so there is no intent: what was not noted is done again.
Status PgRunStore::VacuumSome(RunId run, Fence control) {
  Params holder;
  holder.Add(run.value).Add(control.value);
  TRY_ASSIGN(Rows held, session_.Read(sql::kCheckControl, holder));
  TRY_ASSIGN(Connection * db, session_.Get());
  if (held.size() == 0) return Refusal(*db, run, control);
  Params some;
  some.Add(run.value).Add(kLeavesAtOnce);
  TRY_ASSIGN(Rows leaves, db->Run(sql::kListUnfrozenLeaves, some));
  std::vector<std::string> done;
  TRY(db->Script(fmt::format("SET ROLE {}", kOwner)));
  Status vacuumed;
  for (int i = 0; i < leaves.size() && vacuumed; ++i) {
    Result<Rows> outcome = db->Script(
        fmt::format("VACUUM (FREEZE) {}", Qualified(leaves.Text(i, 0), leaves.Text(i, 1))));
    if (outcome) done.emplace_back(leaves.Text(i, 1));
    if (!outcome) vacuumed = outcome.error().Within(leaves.Text(i, 1));
  }
  TRY(db->Script(fmt::format("SET ROLE {}", kController)));
  Params note;
  note.Add(run.value).Add(std::span<const std::string>(done));
  TRY(session_.Write(sql::kNoteVacuumed, note));
  return vacuumed;
}

// After it nobody claims for the machine, and nobody logs in as it. Answers its login.
Result<std::optional<std::string>> PgRunStore::CloseMachine(RunId run, Fence control,
                                                            MachineId machine,
                                                            const std::string& reason) {
  TRY_ASSIGN(Connection * db, session_.Get());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*db));
  Params params;
  params.Add(run.value).Add(control.value).Add(machine.value).Add(reason);
  TRY_ASSIGN(Rows rows, session_.Write(sql::kCloseMachine, params));
  if (rows.size() == 0) return Refusal(*db, run, control);
  std::optional<std::string> login;
  if (!rows.IsNull(0, 0)) login = std::string(rows.Text(0, 0));
  if (login) TRY(ForbidLogin(*db, *login));
  Status committed = transaction.Commit();
  if (!committed) return Unanswered(committed.error(), *db);
  return login;
}

// The order matters. A stalled claim holds the machine's row, so backends are asked to end before
// the row is locked; a claim that commits in between is ended by the second asking, and its lease,
// now visible, is taken back. Only leases whose backend is gone are taken (I1).
Result<int> PgRunStore::ReapMachine(RunId run, Fence control, MachineId machine,
                                    const std::string& reason) {
  Params whole;
  whole.Add(machine.value).AddNull().AddNull();
  TRY_ASSIGN(Rows holder, session_.Read(sql::kCheckControl, [&] {
    Params params;
    params.Add(run.value).Add(control.value);
    return params;
  }()));
  TRY_ASSIGN(Connection * db, session_.Get());
  if (holder.size() == 0) return Refusal(*db, run, control);
  TRY(session_.Write(sql::kSignalMachineBackends, whole));
  TRY(CloseMachine(run, control, machine, reason));
  TRY_ASSIGN(Rows alive, session_.Write(sql::kSignalMachineBackends, whole));
  for (int i = 0; i < alive.size(); ++i) {
    Params one;
    one.Add(alive.Int(i, 0)).Add(alive.Text(i, 1)).Add(kBackendWaitMs);
    TRY(session_.Write(sql::kEndBackend, one));
  }
  Params take;
  take.Add(machine.value).AddNull().AddNull().Add(reason);
  TRY_ASSIGN(Rows taken, session_.Write(sql::kTakeBackLeases, take));
  if (taken.Int(0, 1) > 0) {
    return Unavailable(fmt::format("{} leases of machine {} are held by backends that will not end",
                                   taken.Int(0, 1), machine.value));
  }
  return static_cast<int>(taken.Int(0, 0));
}

}  // namespace mayfly::postgres
