#pragma once
// What the phase's source says for itself before anything is planned: pairs, rows, time range,
// which bar columns there are. Reads every bar file once, so that a broken one is refused before a
// machine is paid for.

#include <functional>
#include <string>

#include "base/result.h"
#include "model/plan.h"
#include "seams/file_system.h"
#include "seams/run_data.h"

namespace mayfly::stages {

// Told after each pair, for progress: how many of how many.
using DiscoverProgress = std::function<void(std::size_t done, std::size_t of, const std::string&)>;

// `data` is only used for sources that are tables; the tables of "from-data" pairs are those that
// `list_tables` gives for a name pattern with one {pair}. kInvalid and kCorrupt name the file.
Result<Findings> Discover(
    const PhaseSpec& spec, FileSystem& files, RunData* data,
    const std::function<Result<std::vector<std::string>>(const std::string&)>& list_pairs,
    const DiscoverProgress& progress);

}  // namespace mayfly::stages
