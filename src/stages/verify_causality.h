#pragma once
// The causality checks of a run at one pair: reads the pair's bars and the stored rows at the times
// to look at, and has them judged (causality.h).

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/family.h"
#include "model/plan.h"
#include "seams/run_data.h"

namespace mayfly::stages {

// Keeps the bars that it read, for all stages of the pair. The references outlive it.
class CausalityVerifier {
 public:
  CausalityVerifier(const PhasePlan& plan, const Point& point, DataProbe& probe);

  // Findings about a features stage whose leaves exist; none where the phase switched the checks
  // off, for a stage of another kind, or where there is no bar to look at.
  Result<std::vector<Finding>> Judge(const PlannedStage& stage, const std::vector<Leaf>& leaves);

 private:
  struct Bars {
    Series series;
    engine::BarView view;
    std::optional<double> baseline;  // absent: no bar has a close there
  };

  Result<const Bars*> Read(const LoadSpec& load);
  Result<Series> ReadStored(const PlannedStage& stage, const engine::Family& family,
                            const Bars& bars, const std::vector<std::size_t>& rows);

  const PhasePlan& plan_;
  std::string pair_;
  DataProbe& probe_;
  CausalitySpec spec_;
  std::map<std::string, Bars> bars_;  // by table
};

// What the phase's causality checks leave out, by name, with the reason; nothing where it has no
// such checks.
std::vector<std::pair<std::string, std::string>> CausalityLeftOut(const PhasePlan& plan);

}  // namespace mayfly::stages
