#pragma once
// The steps of ParsePhase, in the order in which it takes them. Internal to model.

#include <string>
#include <vector>

#include "model/phase_spec.h"
#include "model/toml_reader.h"

namespace mayfly {

// Puts every --set into the tree, in order. What it puts there carries the --set as its place.
void ApplySets(TomlNode& root, const std::vector<std::string>& sets, Problems& problems);

// Makes paths absolute (those of a --set from the working folder, the others from the file's) and
// puts queries in place of their files, so that the text means the same anywhere.
void SettlePaths(TomlNode& root, const ParseContext& context, Problems& problems);

// [machines], [machines.ec2] and [machines.setup].
void ReadMachines(const TomlNode& section, MachinesSpec& machines, Problems& problems);

// A stage as read, and where; `kind_known` is false if its kind could not be read.
struct StageDraft {
  StageSpec spec;
  const TomlNode* node = nullptr;
  bool kind_known = false;
};

StageDraft ReadStage(const TomlNode& node, std::size_t number, Problems& problems);

// [grid]; needs to know if there is a load stage for "from-data" to look into.
std::vector<DimensionSpec> ReadGrid(const TomlNode& root, bool has_load, Problems& problems);

// What can be said only of all stages together: unique names and tables, `after`, dimensions, bars.
// Gives features stages their bars.
void CheckStages(PhaseSpec& spec, std::vector<StageDraft>& drafts, Problems& problems);

// Stages so that each comes after what it needs, else in the order of the file, verify last
// (appended where the phase has none). A cycle is a problem that names its path.
std::vector<StageSpec> OrderStages(const std::vector<StageDraft>& drafts, Problems& problems);

}  // namespace mayfly
