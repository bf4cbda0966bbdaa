#pragma once
// The bundle of a phase: what its rented machines are started from.

#include <string>

#include "adapters/bundle/bundle.h"
#include "base/result.h"
#include "cli/phase_work.h"

namespace mayfly::cli {

// Packs the running program and the phase's files. `out`: a folder, for a file with its immutable
// name, or a file; empty: the current folder.
Result<bundle::Bundle> BundlePhase(const Phase& phase, const std::string& out);

// The same without a phase: the program alone.
Result<bundle::Bundle> BundleProgram(const std::string& out);

}  // namespace mayfly::cli
