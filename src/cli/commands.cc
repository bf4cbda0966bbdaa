// The table of commands, in the order in which a newcomer meets them.

#include <array>

#include "cli/commands.h"

namespace mayfly::cli {
namespace {

constexpr auto kCommands = std::to_array<AddCommand>({
    AddInit,   AddSample,    AddFeatures, AddDoctor,   AddPlan,     AddRehearse,
    AddRun,    AddStatus,    AddLogs,     AddExplain,  AddCost,     AddReport,
    AddVerify, AddStop,      AddHold,     AddExec,     AddRollback, AddSweep,
    AddResize, AddIamPolicy, AddBundle,   AddSimulate, AddEc2sim,   AddWorker,
});

}  // namespace

std::span<const AddCommand> Commands() { return kCommands; }

}  // namespace mayfly::cli
