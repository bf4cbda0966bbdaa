// TaskQueue: claim, complete, fail, release.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "adapters/postgres/queries.gen.h"
#include "adapters/postgres/slot_session.h"
#include "adapters/postgres/snapshot.h"

namespace mayfly::postgres::internal {
namespace {

constexpr std::size_t kMostPendingLogs = 10000;  // I10

Error MayNotWork(const Rows& rows, const SlotIdentity& who) {
  if (rows.size() == 0) {
    return Conflict(fmt::format("machine {} is not in the ledger any more", who.machine.value));
  }
  return Conflict(fmt::format("machine {} is {}{} and the run is {}: it claims nothing",
                              who.machine.value, rows.Text(0, 0),
                              rows.Bool(0, 1) ? ", ordered to drain" : "", rows.Text(0, 2)));
}

// Nothing is leased in these states, and nothing is wrong either: the run only just began or ends.
bool IsQuiet(const Rows& rows) {
  std::string_view run = rows.Text(0, 2);
  bool allowed = (rows.Text(0, 0) == "booting" || rows.Text(0, 0) == "working") && !rows.Bool(0, 1);
  return allowed &&
         (run == "approved" || run == "running" || run == "verifying" || run == "finishing");
}

class PgTaskQueue final : public TaskQueue {
 public:
  explicit PgTaskQueue(SlotState& state) : state_(state) {}

  Result<std::vector<LeasedTask>> Claim(const ClaimRequest& request) override {
    if (state_.in_transaction) TRY(state_.Rollback());
    TRY_ASSIGN(Connection * db, state_.session.Get());
    Result<std::vector<LeasedTask>> leased = Lease(*db, request);
    if (!leased) return Unanswered(leased.error(), *db);
    Remember(*leased);
    return leased;
  }

  Result<std::vector<LeasedTask>> Complete(std::span<const Completion> done,
                                           const std::optional<ClaimRequest>& next) override {
    if (!state_.in_transaction) TRY(state_.Begin());
    Result<std::vector<LeasedTask>> leased = Accept(done, next);
    if (!leased) {
      Status rolled = state_.Rollback();
      return rolled ? leased.error() : leased.error().Within(rolled.error().message());
    }
    Remember(*leased);  // if the answer to COMMIT is lost, both the old and the new may be ours
    return Commit(done, std::move(*leased));
  }

  Status Fail(TaskId task, Fence fence, const Error& error, std::string_view output) override {
    TRY(state_.Rollback());
    Params params;
    params.Add(task.value).Add(fence.value).Add(IsOwnFault(error.kind()));
    params.Add(KindName(error.kind())).Add(Storable(error.message())).Add(Storable(output));
    TRY_ASSIGN(Rows rows, state_.session.Write(sql::kFailTask, params));
    if (rows.size() == 0) TRY(RequireOutcome(task, fence, "failed"));
    Forget(fence);
    return {};
  }

  Status Release(std::span<const LeasedTask> tasks, std::string_view reason) override {
    TRY(state_.Rollback());
    std::vector<std::int64_t> ids, fences;
    for (const LeasedTask& task : tasks) {
      ids.push_back(task.id.value);
      fences.push_back(task.fence.value);
    }
    Params params;
    params.Add(std::span<const std::int64_t>(ids)).Add(std::span<const std::int64_t>(fences));
    params.Add(reason);
    TRY(state_.session.Write(sql::kReleaseTasks, params));
    for (const LeasedTask& task : tasks) Forget(task.fence);
    return {};
  }

  // A line must outlive the transaction in which it is said, whatever becomes of that.
  Status Log(const SlotIdentity& /*who*/, TaskId task, std::string_view text) override {
    SlotState::PendingLog line{task.value, std::string(text)};
    if (!state_.in_transaction) return state_.AppendLogs({std::move(line)});
    if (state_.logs.size() >= kMostPendingLogs) state_.logs.erase(state_.logs.begin());
    state_.logs.push_back(std::move(line));
    return {};
  }

 private:
  static std::string Storable(std::string_view text) {
    std::string kept(text);
    std::erase(kept, '\0');
    return kept;
  }

  void Remember(const std::vector<LeasedTask>& leased) {
    for (const LeasedTask& task : leased) state_.leases.push_back({task.id, task.fence});
  }
  void Forget(Fence fence) {
    std::erase_if(state_.leases, [&](const KnownLease& lease) { return lease.fence == fence; });
  }

  static Result<std::vector<LeasedTask>> ParseLeases(const Rows& rows) {
    std::vector<LeasedTask> leased;
    for (int i = 0; i < rows.size(); ++i) {
      if (rows.IsNull(i, 3)) continue;
      LeasedTask task{.id = TaskId{rows.Int(i, 3)},
                      .fence = Fence{rows.Int(i, 4)},
                      .stage = std::string(rows.Text(i, 5)),
                      .attempt = static_cast<int>(rows.Int(i, 7))};
      TRY_ASSIGN(task.point, ParsePointJson(rows.Text(i, 6)));
      TRY_ASSIGN(task.leaves, ParseLeavesJson(rows.Text(i, 8)));
      leased.push_back(std::move(task));
    }
    return leased;
  }

  Result<std::vector<LeasedTask>> Lease(Connection& db, const ClaimRequest& request) {
    Params params;
    params.Add(request.who.machine.value).Add(request.who.run.value).Add(request.who.slot);
    params.Add(request.max_tasks).Add(db.backend().start);
    TRY_ASSIGN(Rows rows, db.Run(sql::kClaimTasks, params));
    TRY_ASSIGN(std::vector<LeasedTask> leased, ParseLeases(rows));
    if (leased.empty() && (rows.size() == 0 || !IsQuiet(rows)))
      return MayNotWork(rows, request.who);
    return leased;
  }

  Params CompletionParams(std::span<const Completion> done) const {
    std::vector<std::int64_t> ids, fences, rows, leaf_rows;
    std::vector<double> seconds;
    std::vector<std::string> figures, leaves;
    for (const Completion& completion : done) {
      ids.push_back(completion.id.value);
      fences.push_back(completion.fence.value);
      rows.push_back(completion.rows);
      seconds.push_back(completion.seconds);
      figures.push_back(completion.figures);
    }
    for (const SlotState::WrittenLeaf& leaf : state_.written) {
      leaves.push_back(leaf.name);
      leaf_rows.push_back(leaf.rows);
    }
    Params params;
    params.Add(state_.who.run.value).Add(std::span<const std::int64_t>(ids));
    params.Add(std::span<const std::int64_t>(fences)).Add(std::span<const std::int64_t>(rows));
    params.Add(std::span<const double>(seconds)).Add(std::span<const std::string>(figures));
    params.Add(std::span<const std::string>(leaves)).Add(std::span<const std::int64_t>(leaf_rows));
    params.Add(state_.schema);
    return params;
  }

  // The last statements of the open transaction, all but COMMIT.
  Result<std::vector<LeasedTask>> Accept(std::span<const Completion> done,
                                         const std::optional<ClaimRequest>& next) {
    TRY_ASSIGN(Connection * db, state_.Db());
    TRY_ASSIGN(Rows rows, db->Run(sql::kCompleteTasks, CompletionParams(done)));
    if (rows.Int(0, 0) != static_cast<std::int64_t>(done.size())) {  // I2, I3
      return Conflict(fmt::format("{} of {} tasks are not leased under their fence any more",
                                  static_cast<std::int64_t>(done.size()) - rows.Int(0, 0),
                                  done.size()));
    }
    if (rows.Int(0, 1) != static_cast<std::int64_t>(state_.written.size())) {
      return Defect("a leaf was written that belongs to none of the completed tasks");
    }
    if (!next) return std::vector<LeasedTask>{};
    Result<std::vector<LeasedTask>> leased = Lease(*db, *next);
    // What is done is done, also when this machine may not go on.
    if (!leased && leased.error().kind() == ErrorKind::kConflict && db->in_good_transaction()) {
      return std::vector<LeasedTask>{};
    }
    return leased;
  }

  Result<std::vector<LeasedTask>> Commit(std::span<const Completion> done,
                                         std::vector<LeasedTask> next) {
    TRY_ASSIGN(Connection * db, state_.Db());
    Result<Rows> committed = db->Script("COMMIT");
    if (committed && committed->tag() == "COMMIT") {
      for (const Completion& completion : done) Forget(completion.fence);
      state_.TransactionEnded();
      return next;
    }
    state_.TransactionEnded();
    if (!db->alive()) return FindOut(done, std::move(next));
    for (const LeasedTask& task : next) Forget(task.fence);
    return committed ? Conflict("the server rolled the transaction back") : committed.error();
  }

  // The connection was lost inside COMMIT. Getting a new one ends the old backend first, so that
  // what the ledger says now is what it will always say.
  Result<std::vector<LeasedTask>> FindOut(std::span<const Completion> done,
                                          std::vector<LeasedTask> next) {
    Result<Connection*> db = state_.session.GetWithin(state_.options.commit_patience);
    if (!db) return Ambiguous("the answer to COMMIT was lost: " + db.error().message());
    std::vector<std::int64_t> fences;
    for (const Completion& completion : done) fences.push_back(completion.fence.value);
    Params params;
    params.Add(std::span<const std::int64_t>(fences));
    Result<Rows> rows = (*db)->Run(sql::kReadOutcomes, params);
    if (!rows) return Ambiguous("the answer to COMMIT was lost: " + rows.error().message());
    bool committed = !fences.empty() && rows->size() == static_cast<int>(fences.size());
    for (int i = 0; i < rows->size(); ++i) committed = committed && rows->Text(i, 1) == "done";
    if (!committed) return Unavailable("the server went away before the commit; nothing was kept");
    std::erase_if(next, [&](const LeasedTask& task) { return !IsStillOurs(task.fence); });
    return next;
  }

  bool IsStillOurs(Fence fence) const {
    return std::any_of(state_.leases.begin(), state_.leases.end(),
                       [&](const KnownLease& lease) { return lease.fence == fence; });
  }

  // A repeated call whose first answer was lost is no conflict.
  Status RequireOutcome(TaskId task, Fence fence, std::string_view outcome) {
    std::array<std::int64_t, 1> fences{fence.value};
    Params params;
    params.Add(std::span<const std::int64_t>(fences));
    TRY_ASSIGN(Rows rows, state_.session.Read(sql::kReadOutcomes, params));
    if (rows.size() == 1 && rows.Text(0, 1) == outcome) return {};
    return Conflict(
        fmt::format("task {} is not leased under fence {} any more", task.value, fence.value));
  }

  SlotState& state_;
};

}  // namespace

std::unique_ptr<TaskQueue> MakeTaskQueue(SlotState& state) {
  return std::make_unique<PgTaskQueue>(state);
}

}  // namespace mayfly::postgres::internal
