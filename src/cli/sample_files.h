#pragma once
// Generated bars as files: one per pair in a folder, each whole or absent.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "bars/sample_fx.h"
#include "base/result.h"
#include "seams/file_system.h"

namespace mayfly::cli {

// A file is put together in memory, so that it is whole or absent; twenty years of minutes fit.
inline constexpr std::size_t kMostBytes = std::size_t{1} << 30;

struct SampleTotals {
  std::size_t files = 0;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;  // on disk
};

// Called before each pair; an error ends the writing.
using SampleStep = std::function<Status(std::size_t done, std::size_t of, std::string_view pair)>;

// Writes `pair.csv`, or `pair.csv.gz`, of every pair of the spec; files of the same names are
// replaced. kConflict: the folder holds bars of one of the pairs under another name, which would be
// read as well. kExhausted: the disk is full, or the bars of one pair are more than a file is put
// together for (kMostBytes). Files that were written before stay.
Result<SampleTotals> WriteSample(FileSystem& files, const bars::SampleSpec& spec,
                                 const std::string& folder, bool gzip, const SampleStep& step);

// The bytes as a gzip file, the same for the same bytes.
Result<std::string> Gzip(std::string_view bytes);

}  // namespace mayfly::cli
