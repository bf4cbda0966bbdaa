#include "adapters/postgres/snapshot.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "adapters/postgres/hold_store.h"
#include "adapters/postgres/queries.gen.h"
#include "model/offer_json.h"

namespace mayfly::postgres {
namespace {

using Json = nlohmann::json;

Point PointOf(const Json& json) {
  std::vector<std::pair<std::string, std::string>> parts;
  for (const Json& part : json) {
    parts.emplace_back(part.at(0).get<std::string>(), part.at(1).get<std::string>());
  }
  return Point(std::move(parts));
}

std::optional<Instant> InstantOf(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return Instant(Duration(json.get<std::int64_t>()));
}

StopWish WishOf(std::string_view name) {
  if (name == "pause") return StopWish::kPause;
  if (name == "cancel") return StopWish::kCancel;
  return StopWish::kNone;
}

Result<RunSnapshot> ReadRun(Connection& db, RunId run) {
  TRY_ASSIGN(Rows r, db.Run(sql::kLoadRun, Params().Add(run.value)));
  if (r.size() == 0) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  RunSnapshot snapshot;
  RunView& view = snapshot.run;
  view.id = run;
  view.phase = r.Text(0, 0);
  view.plan_hash = r.Text(0, 1);
  TRY_ASSIGN(view.state, ParseRunState(r.Text(0, 2)));
  if (!r.IsNull(0, 3)) {
    TRY_ASSIGN(view.verdict, ParseVerdict(r.Text(0, 3)));
  }
  view.schema = r.Text(0, 4);
  view.reader_schema = r.Text(0, 5);
  view.reason = r.Text(0, 6);
  view.stop_wish = WishOf(r.Text(0, 7));
  view.published = r.Bool(0, 8);
  view.created = r.MaybeTime(0, 9);
  view.approved = r.MaybeTime(0, 10);
  view.closed = r.MaybeTime(0, 11);
  view.deadline_in = Duration(r.Int(0, 12));
  snapshot.server_up = Duration(r.Int(0, 13));
  snapshot.findings_failed = r.Int(0, 14);
  snapshot.findings_total = r.Int(0, 15);
  snapshot.leases_of_dead = r.Int(0, 16);
  view.control = Fence{r.Int(0, 17)};
  view.dropped = r.MaybeTime(0, 18);
  snapshot.now = r.Time(0, 19);
  snapshot.leaves_to_vacuum = r.Int(0, 20);
  if (!r.Text(0, 21).empty()) {
    view.waiting = Waiting{std::string(r.Text(0, 21)), r.MaybeTime(0, 22)};
  }
  return snapshot;
}

Status ReadStages(Connection& db, RunSnapshot& snapshot) {
  TRY_ASSIGN(Rows r, db.Run(sql::kLoadStages, Params().Add(snapshot.run.id.value)));
  for (int i = 0; i < r.size(); ++i) {
    StageView stage;
    stage.id = StageId{r.Int(i, 0)};
    stage.name = r.Text(i, 1);
    stage.kind = r.Text(i, 2);
    TRY_ASSIGN(stage.state, ParseStageState(r.Text(i, 3)));
    stage.note = r.Text(i, 4);
    stage.tasks = {.blocked = r.Int(i, 5),
                   .ready = r.Int(i, 6),
                   .leased = r.Int(i, 7),
                   .done = r.Int(i, 8),
                   .quarantined = r.Int(i, 9),
                   .skipped = r.Int(i, 10)};
    stage.rows = r.Int(i, 11);
    if (!r.IsNull(i, 12)) stage.canary_seconds = r.Double(i, 12);
    if (!r.IsNull(i, 13)) stage.denied = std::string(r.Text(i, 13));
    snapshot.stages.push_back(std::move(stage));
  }
  return {};
}

std::optional<Duration> MaybeDuration(const Rows& r, int row, int column) {
  if (r.IsNull(row, column)) return std::nullopt;
  return Duration(r.Int(row, column));
}

// The columns of a machine's money begin at `column`.
Result<MachineMoney> MoneyOf(const Rows& r, int row, int column) {
  MachineMoney money;
  Offer& offer = money.offer;
  TRY_ASSIGN(offer.pool.market, ParseMarket(r.Text(row, column)));
  offer.pool.region = r.Text(row, column + 1);
  offer.pool.zone = r.Text(row, column + 2);
  offer.pool.instance_type = r.Text(row, column + 3);
  offer.price = {r.Int(row, column + 4), Unit::kHour};
  offer.highest = {r.Int(row, column + 5), Unit::kHour};
  offer.terms = {.minimum = Duration(r.Int(row, column + 6)),
                 .free_if_reclaimed = Duration(r.Int(row, column + 7))};
  offer.disk_gb = static_cast<int>(r.Int(row, column + 8));
  offer.addresses = static_cast<int>(r.Int(row, column + 9));
  money.billed = {.running = r.MaybeTime(row, column + 10),
                  .ended = r.MaybeTime(row, column + 11),
                  .reclaimed = r.Bool(row, column + 12)};
  return money;
}

Status ReadPrices(Connection& db, RunSnapshot& snapshot) {
  TRY_ASSIGN(Rows r, db.Run(sql::kLoadPrices, Params().Add(snapshot.run.id.value)));
  for (int i = 0; i < r.size(); ++i) {
    PriceChange change;
    TRY_ASSIGN(change.key.item, ParseItem(r.Text(i, 0)));
    change.key.pool.region = r.Text(i, 1);
    change.key.pool.zone = r.Text(i, 2);
    change.key.pool.instance_type = r.Text(i, 3);
    TRY_ASSIGN(change.key.pool.market, ParseMarket(r.Text(i, 4)));
    change.point.from = r.Time(i, 5);
    change.point.rate.micro_usd = r.Int(i, 6);
    TRY_ASSIGN(change.point.rate.unit, ParseUnit(r.Text(i, 7)));
    snapshot.prices.push_back(std::move(change));
  }
  return {};
}

Status ReadRefusals(Connection& db, RunSnapshot& snapshot) {
  TRY_ASSIGN(Rows r, db.Run(sql::kLoadRefusals, Params().Add(snapshot.run.id.value)));
  for (int i = 0; i < r.size(); ++i) {
    SeenRefusal seen{.machine = MachineId{r.Int(i, 0)}, .at = r.Time(i, 1)};
    PoolRefusal& refusal = seen.refusal;
    TRY_ASSIGN(refusal.pool.market, ParseMarket(r.Text(i, 2)));
    refusal.pool.region = r.Text(i, 3);
    refusal.pool.zone = r.Text(i, 4);
    refusal.pool.instance_type = r.Text(i, 5);
    TRY_ASSIGN(refusal.kind, ParseRefusalKind(r.Text(i, 6)));
    refusal.code = r.Text(i, 7);
    refusal.message = r.Text(i, 8);
    snapshot.refusals.push_back(std::move(seen));
  }
  return {};
}

Status ReadKeptDisk(Connection& db, RunSnapshot& snapshot) {
  TRY_ASSIGN(Rows r, db.Run(sql::kLoadKeptDisk, Params().Add(snapshot.run.id.value)));
  if (r.size() == 0) return {};
  KeptDisk disk;
  if (!r.IsNull(0, 0)) disk.machine = MachineId{r.Int(0, 0)};
  TRY_ASSIGN(disk.state, ParseDiskState(r.Text(0, 1)));
  disk.external_id = r.Text(0, 2);
  disk.gigabytes = static_cast<int>(r.Int(0, 3));
  if (!r.IsNull(0, 4)) disk.monthly = Money{r.Int(0, 4)};
  disk.expires = r.Time(0, 5);
  disk.note = r.Text(0, 6);
  disk.age = Duration(r.Int(0, 7));
  disk.asked_ago = Duration(r.Int(0, 8));
  snapshot.kept_disk = std::move(disk);
  return {};
}

Status ReadFloors(Connection& db, RunSnapshot& snapshot) {
  TRY_ASSIGN(Rows r, db.Run(sql::kLoadFloors, Params().Add(snapshot.run.id.value)));
  for (int i = 0; i < r.size(); ++i) {
    RaisedFloor floor{.cluster = std::string(r.Text(i, 0))};
    TRY_ASSIGN(floor.state, ParseFloorState(r.Text(i, 1)));
    floor.before_milli = r.Int(i, 2);
    floor.floor_milli = r.Int(i, 3);
    floor.asked = r.MaybeTime(i, 4);
    floor.over = r.MaybeTime(i, 5);
    floor.note = r.Text(i, 6);
    floor.last_set_milli = r.Int(i, 7);
    floor.needed_by = RunId{r.Int(i, 8)};
    snapshot.floors.push_back(std::move(floor));
  }
  return {};
}

Status ReadProof(Connection& db, RunSnapshot& snapshot) {
  TRY_ASSIGN(Rows r, db.Run(sql::kLoadProof, Params().Add(snapshot.run.id.value)));
  for (int i = 0; i < r.size(); ++i) {
    ProofPass pass{.began = r.Time(i, 0)};
    pass.look.shown_within = Duration(r.Int(i, 2));
    try {
      pass.look.kinds = Json::parse(r.Text(i, 1)).get<std::vector<std::string>>();
      for (const Json& thing : Json::parse(r.Text(i, 3))) {
        pass.look.found.push_back({thing.at(0).get<std::string>(), thing.at(1).get<std::string>()});
      }
    } catch (const Json::exception& e) {
      return Corrupt(fmt::format("the ledger holds a look that cannot be read: {}", e.what()));
    }
    pass.seen_ended = static_cast<int>(r.Int(i, 4));
    pass.not_shown = static_cast<int>(r.Int(i, 5));
    snapshot.passes.push_back(std::move(pass));
  }
  return {};
}

Status ReadMachines(Connection& db, RunSnapshot& snapshot) {
  TRY_ASSIGN(Rows r, db.Run(sql::kLoadMachines, Params().Add(snapshot.run.id.value)));
  for (int i = 0; i < r.size(); ++i) {
    MachineView machine;
    machine.id = MachineId{r.Int(i, 0)};
    TRY_ASSIGN(machine.state, ParseMachineState(r.Text(i, 1)));
    machine.token = r.Text(i, 2);
    machine.external_id = r.Text(i, 3);
    machine.slots = static_cast<int>(r.Int(i, 4));
    machine.reason = r.Text(i, 5);
    machine.intended = r.MaybeTime(i, 6);
    machine.born = r.MaybeTime(i, 7);
    machine.gone = r.MaybeTime(i, 8);
    machine.heartbeat_age = MaybeDuration(r, i, 9);
    machine.age = Duration(r.Int(i, 10));
    machine.deadline_in = Duration(r.Int(i, 11));
    machine.noticed = r.Bool(i, 12);
    machine.ordered_to_drain = r.Bool(i, 13);
    machine.drain_age = MaybeDuration(r, i, 14);
    TRY_ASSIGN(machine.money, MoneyOf(r, i, 15));
    TRY_ASSIGN(machine.offers, OffersFromJson(r.Text(i, 28)));
    machine.was_refused = r.Bool(i, 29);
    if (!r.IsNull(i, 30)) machine.countdown = Countdown{r.Time(i, 30), Duration(r.Int(i, 31))};
    snapshot.machines.push_back(std::move(machine));
  }
  return {};
}

Status ReadHold(Connection& db, RunSnapshot& snapshot) {
  TRY_ASSIGN(Rows r, db.Run(sql::kLoadHold, Params().Add(snapshot.run.id.value)));
  if (r.size() == 0) return {};
  TRY_ASSIGN(snapshot.hold, HoldOf(r, 0));
  return {};
}

}  // namespace

Result<RunSnapshot> LoadSnapshot(Connection& db, RunId run) {
  TRY(db.Script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  Result<RunSnapshot> snapshot = ReadRun(db, run);
  Status rest;
  if (snapshot) rest = ReadStages(db, *snapshot);
  if (snapshot && rest) rest = ReadMachines(db, *snapshot);
  if (snapshot && rest) rest = ReadPrices(db, *snapshot);
  if (snapshot && rest) rest = ReadRefusals(db, *snapshot);
  if (snapshot && rest) rest = ReadKeptDisk(db, *snapshot);
  if (snapshot && rest) rest = ReadFloors(db, *snapshot);
  if (snapshot && rest) rest = ReadProof(db, *snapshot);
  if (snapshot && rest) rest = ReadHold(db, *snapshot);
  Result<Rows> ended = db.Script("ROLLBACK");
  if (!snapshot) return snapshot.error();
  TRY(rest);
  TRY(ended);
  return snapshot;
}

std::string FoundToJson(const std::vector<Residue>& found) {
  Json json = Json::array();
  for (const Residue& one : found) json.push_back({one.kind, one.name});
  return json.dump();
}

std::string PointJson(const Point& point) {
  Json json = Json::array();
  for (const auto& [dimension, label] : point.parts()) json.push_back({dimension, label});
  return json.dump();
}

Result<Point> ParsePointJson(std::string_view json) {
  try {
    return PointOf(Json::parse(json));
  } catch (const Json::exception& e) {
    return Corrupt(fmt::format("the ledger holds a point that cannot be read: {}", e.what()));
  }
}

Result<std::vector<Leaf>> ParseLeavesJson(std::string_view json) {
  std::vector<Leaf> leaves;
  if (json.empty()) return leaves;
  try {
    for (const Json& item : Json::parse(json)) {
      leaves.push_back({.name = item.at(0).get<std::string>(),
                        .point = PointOf(item.at(1)),
                        .begin = InstantOf(item.at(2)),
                        .end = InstantOf(item.at(3))});
    }
  } catch (const Json::exception& e) {
    return Corrupt(fmt::format("the ledger holds leaves that cannot be read: {}", e.what()));
  }
  return leaves;
}

}  // namespace mayfly::postgres
