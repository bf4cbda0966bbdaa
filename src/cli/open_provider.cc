#include "cli/open_provider.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/check_provider.h"

namespace mayfly::cli {
namespace {

Status PassPreflight(const ProviderRequest& request) {
  Place place = request.place;
  if (request.machines_are_here) place.database = request.ledger.conninfo();
  ProviderQuestion question{.spec = &request.spec, .room = MeasureRoom(place)};
  TRY_ASSIGN(question.ledger_name, request.ledger.Identity());
  question.machines_are_here = request.machines_are_here;
  const std::vector<PreflightCheck> checks = CheckProvider(request.host, question);
  const Paint paint(request.session.terminal.err_is_terminal);
  fmt::print(stderr, "{}", RenderPreflight(checks, paint));
  const auto blocking = std::ranges::count_if(checks, Blocks);
  if (blocking == 0) return {};
  return Exhausted(
      fmt::format("the preflight does not pass: {} of {} lines stand in the way, and "
                  "nothing was launched; `mayfly doctor --provider ec2` looks again",
                  blocking, checks.size()));
}

// Commands run on this computer: a program that it lacks is known now. One with a path may be what
// an earlier command makes; a name with braces is another one for each task.
Status CheckPrograms(const PhaseSpec& spec) {
  std::vector<std::string> problems;
  bool may_be_made = false;
  for (const StageSpec& stage : spec.stages) {
    const auto* command = std::get_if<CommandSpec>(&stage.kind);
    if (command == nullptr) continue;
    const std::string& program = command->argv.front();
    const bool has_path = program.find('/') != std::string::npos;
    const bool is_sure = program.find('{') == std::string::npos && !(has_path && may_be_made);
    may_be_made = true;
    if (!is_sure) continue;
    Status found = CheckProgram(program, command->cwd);
    if (found) continue;
    problems.push_back(fmt::format("stage \"{}\": {}", stage.name, found.error().message()));
  }
  return problems.empty() ? Status() : Invalid(Join(problems, "\n"));
}

}  // namespace

Result<Provider> OpenProvider(const ProviderRequest& request) {
  const bool will_launch = !request.phase_folder.empty();
  if (request.spec.machines.provider == "local") {
    if (will_launch) TRY(CheckPrograms(request.spec));
    return MakeLocalProvider(request.place, request.session.program);
  }
  if (will_launch) TRY(PassPreflight(request));
  return OpenEc2(request);
}

}  // namespace mayfly::cli
