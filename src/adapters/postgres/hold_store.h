#pragma once
// Holds and commands on held machines, in PostgreSQL: an operator's side and a machine's.

#include <string>

#include "adapters/postgres/session.h"
#include "seams/hold_store.h"

namespace mayfly::postgres {

// One session, opened when it is used, as mayfly_controller; not thread-safe. A lost connection is
// kUnavailable, or kAmbiguous for a write.
class PgHoldStore final : public HoldStore {
 public:
  explicit PgHoldStore(std::string conninfo);

  Result<HoldId> RequestHold(RunId run, const HoldWish& wish) override;
  Result<HoldView> ReadHold(HoldId hold) override;
  Result<int> EndHolds(RunId run, std::optional<MachineId> machine) override;
  Result<ExecId> RequestExec(const ExecWish& wish) override;
  Status CancelExec(ExecId exec) override;
  Result<ExecNews> ReadExec(ExecId exec, std::int64_t from_part) override;

 private:
  Session session_;
};

// One session, opened when it is used: a machine that is never held has none. `access` is the
// machine's own login.
class PgExecQueue final : public ExecQueue {
 public:
  PgExecQueue(std::string access, MachineId machine);

  Result<std::vector<ExecOrder>> Take(MachineId machine) override;
  Status AddOutput(ExecId exec, std::int64_t part, std::string_view bytes) override;
  Status End(ExecId exec, const ExecExit& exit) override;

 private:
  Session session_;
};

// A row of read_hold or load_hold.
Result<HoldView> HoldOf(const Rows& rows, int row);

}  // namespace mayfly::postgres
