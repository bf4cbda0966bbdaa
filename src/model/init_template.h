#pragma once
// The phase file that `mayfly init` writes.

#include <string>

namespace mayfly {

// A commented phase file that runs as it is beside a folder `bars` with one file of bars per pair,
// whatever their period and columns. It parses without a --set.
std::string InitTemplate();

}  // namespace mayfly
