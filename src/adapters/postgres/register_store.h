#pragma once
// The ledger as a sweep reads it, as mayfly_reader in read-only transactions.

#include <string>

#include "adapters/postgres/session.h"
#include "seams/register_store.h"

namespace mayfly::postgres {

// One session; not thread-safe.
class PgRegisterStore final : public RegisterStore {
 public:
  explicit PgRegisterStore(std::string conninfo);

  // Not one snapshot: machines are read before runs, so that one whose run ends meanwhile still
  // counts as alive.
  Result<LedgerRegister> LoadRegister() override;

 private:
  Result<Rows> Read(const Query& query);
  Status AddMachines(LedgerRegister& ledger);
  Status AddRuns(LedgerRegister& ledger);
  Status AddPhases(LedgerRegister& ledger);

  Session session_;
};

}  // namespace mayfly::postgres
