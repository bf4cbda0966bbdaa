#pragma once
// The families that mayfly knows. Built on first use, never changed, alive until the process ends.

#include <span>
#include <string_view>

#include "engine/family.h"

namespace mayfly::engine {

// All families, in the order in which they are shown.
std::span<const Family* const> Families();

// The family of that name, or nullptr.
const Family* FindFamily(std::string_view name);

}  // namespace mayfly::engine
