#pragma once
// The controller's side of the ledger, in PostgreSQL.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/postgres/session.h"
#include "seams/run_store.h"

namespace mayfly::postgres {

// One session; not thread-safe. Statements run as mayfly_controller, DDL as mayfly_owner. A lost
// connection is kUnavailable (or kAmbiguous for a write) and the next call reconnects; control is
// taken again then if nobody took it meanwhile, else that call is kConflict.
class PgRunStore final : public RunStore {
 public:
  // Needs a migrated database (migrate.h). Opens nothing yet.
  explicit PgRunStore(std::string conninfo, std::string application_name = "mayfly controller");
  ~PgRunStore() override;

  Result<std::optional<Existing>> FindNewest(const std::string& phase) override;
  Result<RunId> Create(const PhasePlan& plan) override;
  Result<Fence> TakeControl(RunId run, const std::string& who) override;
  Result<RunSnapshot> Load(RunId run) override;
  Status Apply(RunId run, Fence control, const Change& change) override;
  Result<IntendedMachine> RecordIntent(RunId run, Fence control,
                                       const MachineIntent& intent) override;
  Status RequestStop(RunId run, StopWish wish) override;
  Result<int> ReapMachine(RunId run, Fence control, MachineId machine,
                          const std::string& reason) override;
  Status Publish(RunId run, Fence control) override;
  Status CleanUp(RunId run, Fence control) override;

 private:
  Status Reopened(Connection& db);
  Status ApplyOne(const Query& query, const Params& params, RunId run, Fence control);
  Status VacuumSome(RunId run, Fence control);
  Status RecordGone(RunId run, Fence control, MachineId machine);
  Result<std::optional<std::string>> CloseMachine(RunId run, Fence control, MachineId machine,
                                                  const std::string& reason);
  Error Refusal(Connection& db, RunId run, Fence control);
  struct ChangeVisitor;

  Session session_;
  std::map<RunId, std::string> controlled_;  // who we said we are
};

// Readers of the phase see the previous published run again; answers which. kNotFound: there is
// none. Needs no control: it is the operator's act.
Result<RunId> RollBack(const std::string& conninfo, const std::string& phase);

// Would this plan's output be published? kConflict names all that is in the way in the readers'
// schema, kDenied what its owner has to grant. Leaves nothing behind. What depends on the phase's
// own views of an earlier run, and on columns that change, is not looked at.
Status CheckPublication(const std::string& conninfo, const PhasePlan& plan);

namespace internal {

// As the owner, in the open transaction. kDenied says what an administrator can run.
Status CreateSchema(Connection& db, const std::string& name);

// In the transaction that it opens on `db`: run, stages, tasks, needs, leaves, roles, tables.
Result<RunId> WriteRun(Connection& db, const PhasePlan& plan);

}  // namespace internal

}  // namespace mayfly::postgres
