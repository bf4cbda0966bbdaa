#pragma once
// What the phase's source says for itself before anything is planned: pairs, rows, time range,
// which bar columns there are. Reads every bar file once, so that a broken one is refused before a
// machine is paid for.

#include <functional>
#include <string>

#include "base/result.h"
#include "model/plan.h"
#include "seams/file_system.h"
#include "stages/bar_source.h"

namespace mayfly::stages {

// Told after each pair, for progress: how many of how many.
using DiscoverProgress = std::function<void(std::size_t done, std::size_t of, const std::string&)>;

// Where the source is tables: how to read one, and which pairs have one by a name pattern with one
// {pair}.
struct SourceTables {
  SeriesReader read;
  std::function<Result<std::vector<std::string>>(const std::string& pattern)> list_pairs;
};

// kInvalid and kCorrupt name the file.
Result<Findings> Discover(const PhaseSpec& spec, FileSystem& files, const SourceTables& tables,
                          const DiscoverProgress& progress);

}  // namespace mayfly::stages
