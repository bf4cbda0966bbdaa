#include "postgres_world.h"

namespace mayfly::contract_test {

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, ::testing::Values(&MakePostgresWorld));

}  // namespace mayfly::contract_test
