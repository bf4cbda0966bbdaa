#pragma once
// Where a load stage finds the bars of a pair: a file of its folder, or a table.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bars/read_bars.h"
#include "base/result.h"
#include "model/plan.h"
#include "seams/file_system.h"
#include "seams/run_data.h"

namespace mayfly::stages {

struct BarFile {
  std::string pair;  // lower case
  std::string path;
};

// The bar files of a folder by pair: "eurusd.csv", "EURUSD.csv.gz", "eurusd_m1.txt" (what follows
// the first character that is neither letter nor digit is not part of the pair). kInvalid where two
// files are of one pair; kNotFound names the folder.
Result<std::vector<BarFile>> ListBarFiles(FileSystem& files, const std::string& dir);

// The reading policy that the phase file states. kInvalid names the word that is not known.
Result<bars::ReadPolicy> PolicyOf(const LoadSpec& spec);

// Reads a series of a table: RunData::ReadSeries, or a reader that there is before any run.
using SeriesReader = std::function<Result<Series>(const SeriesQuery&)>;

// All bars of a pair, with a report of what was wrong in them. kNotFound: the pair has none.
Result<bars::ReadResult> ReadPair(FileSystem& files, const SeriesReader& read, const LoadSpec& spec,
                                  const std::string& pair);

}  // namespace mayfly::stages
