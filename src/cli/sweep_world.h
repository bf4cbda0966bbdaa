#pragma once
// What a sweep needs of the real world, wired; see world.h.

#include <memory>
#include <string>

#include "cli/world.h"
#include "seams/estate.h"
#include "seams/register_store.h"

namespace mayfly::cli {

// All runs and machines of a ledger; a session of its own.
std::unique_ptr<RegisterStore> MakeRegisterStore(const Ledger& ledger);

// What the machines of a state folder left on this computer. The register outlives it.
std::unique_ptr<Estate> MakeLocalEstate(const Place& place, const std::string& program,
                                        RegisterStore& ledger);

}  // namespace mayfly::cli
