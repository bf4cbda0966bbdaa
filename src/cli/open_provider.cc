#include "cli/open_provider.h"

#include <fmt/format.h>

#include <algorithm>

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

}  // namespace

Result<Provider> OpenProvider(const ProviderRequest& request) {
  if (request.spec.machines.provider == "local") {
    return MakeLocalProvider(request.place, request.session.program);
  }
  const bool will_launch = !request.phase_folder.empty();
  if (will_launch) TRY(PassPreflight(request));
  return OpenEc2(request);
}

}  // namespace mayfly::cli
