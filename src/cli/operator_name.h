#pragma once
// Who gives a command, as the ledger keeps it: "ann@builder".

#include <string>

namespace mayfly::cli {

std::string OperatorName();

}  // namespace mayfly::cli
