#pragma once
// What makes a row bad, and how much of that a policy bears. Internal to bars/.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "bars/read_bars.h"
#include "bars/report.h"
#include "base/result.h"

namespace mayfly::bars {

// What is wrong with a row's values, by IndexOf; a NaN is a NULL and contradicts nothing.
std::optional<DefectKind> JudgeValues(const std::array<double, kBarColumnCount>& values);

// kCorrupt: more bad rows than the policy bears.
Status JudgeBadRows(const ReadReport& report, const DefectLog& log, const ReadPolicy& policy);

// Puts the rows in order where they need it (`is_in_order` is what the reader saw, repeats
// included). lines[i] is the line of row i. kCorrupt: the policy bears no disorder, or no repeats.
Status JudgeOrder(Bars& bars, std::span<const std::uint32_t> lines, bool is_in_order,
                  const ReadPolicy& policy, DefectLog& log);

}  // namespace mayfly::bars
