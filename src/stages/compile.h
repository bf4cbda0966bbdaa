#pragma once
// Compiling a phase: spec and findings in, every table, leaf and task out. Pure and repeatable: the
// controller compiles once and stores spec and findings; every machine compiles the same plan
// again from them.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/catalogue.h"
#include "model/plan.h"

namespace mayfly {

// Raised whenever a family's numbers change, so that a run of the older numbers is another plan.
inline constexpr std::string_view kEngineVersion = "1";

// Where the phase does not say the period, the finest unit with this many rows a leaf is taken. A
// leaf costs about 3 ms to empty and commit and a few catalog rows, as much as copying some hundred
// rows of 90 columns; with 2,000 that stays below a tenth of the work. One-minute bars give months
// (30,000 rows), four-hourly ones years (1,500).
inline constexpr std::int64_t kRowsPerLeaf = 2'000;

struct CompileOptions {
  std::span<const engine::Family* const> families = engine::Families();
  std::string_view engine_version = kEngineVersion;

  // All leaves are created in one transaction. The embedded server's lock table takes this many;
  // for another server, the caller asks it.
  std::size_t max_leaves = 20'000;
};

// Labels of the period dimension outside of the grid: a load stage keeps the history before and
// after the grid's periods in a leaf each, so that windows can look back and counts are whole.
inline constexpr std::string_view kBefore = "before";
inline constexpr std::string_view kAfter = "after";

// A family that offers derived columns is stored under its table's name with this behind it; the
// view that shows them all has the name itself.
inline constexpr std::string_view kStoredSuffix = "_stored";

// The plan. Its findings say the period unit that was chosen and the pairs that are missing;
// compiling again from parsed and plan.findings gives the same plan and hash, whatever the limits
// are there.
//
// - Pairs that the phase lists and the data lacks get no tasks and are told in the notes; a pair
//   with a file and no rows stays.
// - A features stage whose inputs are all absent is skipped, and so is a sql or command stage after
//   it: their tasks write and need nothing, and nothing needs them.
// - Tasks stand in the order of claiming: by stage, the canary first, else the points of one pair
//   together. A task needs the tasks of its `after` stages that agree with it on every shared
//   dimension, and those of `lookback` earlier periods, and its stage's canary: the first that has
//   at least half of the bars that any task of the stage has. The first verify task needs
//   everything, the others need the first.
//
// kInvalid: unknown family, no data for a dimension "from-data", all pairs missing, what
// CheckFindings refuses, labels or table names that collide, more leaves than `max_leaves`.
Result<PhasePlan> CompilePhase(const ParsedPhase& parsed, const Findings& findings,
                               const CompileOptions& options = {});

}  // namespace mayfly
