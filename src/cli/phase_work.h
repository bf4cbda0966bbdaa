#pragma once
// From a phase file to a plan: what `plan` and `run` have in common.

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "cli/world.h"
#include "model/phase_spec.h"
#include "model/plan.h"

namespace mayfly::cli {

struct PhaseFlags {
  std::string file;
  std::vector<std::string> sets;
  std::string state_dir;
  std::string bars_instead;  // of a rehearsal, never typed
};
void AddPhaseFlags(CLI::App& command, PhaseFlags& flags);

struct Phase {
  ParsedPhase parsed;
  Place place;
  std::string folder;  // absolute; where the phase file is
};

// Reads and parses; touches nothing.
Result<Phase> LoadPhase(Host& host, const PhaseFlags& flags);

// Reads the data the phase names, compiles, and checks statements against the catalog. Progress
// goes to stderr.
Result<PhasePlan> MakePlan(Host& host, Ledger& ledger, const Phase& phase, const Session& session);

// The plan that the ledger keeps, compiled again from its text and findings.
Result<PhasePlan> CompileText(const std::string& canonical_toml, const std::string& findings_json);

// The plan for people: grid, stages, leaves, notes.
std::string RenderPlan(const PhasePlan& plan);

// The plan for programs.
std::string PlanToJson(const PhasePlan& plan);

// Slots of a machine: as stated, else one per core; of a rented one 0, which means the same there.
int SlotsOf(const PhaseSpec& spec, const Host& host);

}  // namespace mayfly::cli
