#pragma once
// The grid of a plan: which labels, and which unit the periods have. Internal to compiling.

#include <string>
#include <vector>

#include "base/result.h"
#include "model/plan.h"

namespace mayfly {

// Fills the grid from spec and findings, and completes the findings with the chosen unit and the
// missing pairs. Each choice is one of `notes`.
Result<Grid> ChooseGrid(const PhaseSpec& spec, std::size_t max_leaves, Findings& findings,
                        std::vector<std::string>& notes);

// Leaves that the stages of this phase have over a grid.
std::size_t CountLeaves(const PhaseSpec& spec, const Grid& grid);

}  // namespace mayfly
