#pragma once
// Verification from the data alone: gathers evidence leaf by leaf and has the contract judge it.
// The `verify` stage runs it on the machine; `mayfly verify` runs the same again from anywhere.

#include <string>
#include <vector>

#include "base/result.h"
#include "contract/contract.h"
#include "model/plan.h"
#include "seams/run_data.h"

namespace mayfly::stages {

// The promises of a stage's columns: by the engine's catalogue for features, close for load; none
// for what users compute themselves.
contract::StageContract ContractOf(const PlannedStage& stage);

// How much of features is read. Sampled: of every leaf all rows are counted, and that they are of
// the accepted attempt's transaction; of one leaf in some, at least one of each point, all values
// are read and held against the figures that the writer took, which stand in for the others' (ADR
// 0018). Whole: every value.
enum class Depth { kSampled, kWhole };

// Findings about every stage at a point of the verify stage (a pair, or everything).
Result<std::vector<Finding>> VerifyPoint(const PhasePlan& plan, const Point& point,
                                         DataProbe& probe, Depth depth = Depth::kWhole);

// What is judged once: the set of leaves, the keys, the phase's own assertions.
Result<std::vector<Finding>> VerifyWhole(const PhasePlan& plan, const StageSpec& verify,
                                         DataProbe& probe);

// The points of the plan's verify stage, in order. The first one also answers for the whole.
std::vector<Point> VerifyPoints(const PhasePlan& plan);

}  // namespace mayfly::stages
