#include "cli/sweep_world.h"

#include "adapters/local/local_estate.h"
#include "adapters/postgres/register_store.h"

namespace mayfly::cli {

std::unique_ptr<RegisterStore> MakeRegisterStore(const Ledger& ledger) {
  return std::make_unique<postgres::PgRegisterStore>(ledger.conninfo());
}

std::unique_ptr<Estate> MakeLocalEstate(const Place& place, const std::string& program,
                                        RegisterStore& ledger) {
  const local::LocalOptions options{.program = program, .state_dir = place.state_dir};
  return std::make_unique<local::LocalEstate>(options, ledger);
}

}  // namespace mayfly::cli
