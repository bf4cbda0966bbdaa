#pragma once
// Making the time stamps strictly increasing. Internal to bars/.

#include <cstdint>
#include <span>

#include "bars/read_bars.h"
#include "bars/report.h"

namespace mayfly::bars {

// Sorts the rows by time, stably, and keeps one of those with the same time stamp as `duplicates`
// says (kFail: the first; the caller sees the count). lines[i] is the line of row i. Every line
// that repeats an earlier one's time stamp goes into the log, whichever of them is kept.
void PutInOrder(Bars& bars, std::span<const std::uint32_t> lines, Duplicates duplicates,
                DefectLog& log);

}  // namespace mayfly::bars
