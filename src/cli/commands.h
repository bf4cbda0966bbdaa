#pragma once

#include <span>

#include "cli/command.h"

namespace mayfly::cli {

std::span<const AddCommand> Commands();

}  // namespace mayfly::cli
