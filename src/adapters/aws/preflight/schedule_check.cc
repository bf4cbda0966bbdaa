// The end of machines that AWS's own scheduler carries out: whether there will be one.

#include <fmt/format.h>

#include "adapters/aws/preflight/survey.h"
#include "adapters/aws/scheduler.h"

namespace mayfly::aws {
namespace {

constexpr const char* kLastEnd = "last end";

std::string PrefixOf(const Tags& tags) {
  for (const auto& [key, value] : tags) {
    if (key == "mayfly:ledger") return fmt::format("mayfly-{}-", value);
  }
  return "mayfly-";
}

}  // namespace

// Nothing tries whether one may be made: the scheduler has no dry run. What can be asked is what
// the proof of a run's end asks.
PreflightCheck CheckLastEnd(const Survey& survey) {
  const std::string& role = survey.request.ec2.scheduler_role;
  if (role.empty()) {
    PreflightCheck check = CannotTell(
        kLastEnd,
        "[machines.ec2] names no scheduler_role: three things end a machine, its own timer, its "
        "supervisor and the controller",
        "make the role of `mayfly iam-policy scheduler` and name it as scheduler_role");
    check.excuse = "the three hold without it";
    return check;
  }
  const Result<std::vector<ListedSchedule>> there =
      ListSchedules(survey.caller, PrefixOf(survey.request.tags));
  if (there.ok()) {
    return Pass(kLastEnd,
                fmt::format("AWS's scheduler ends a machine as {}, should nobody else; {} "
                            "schedules of this ledger are there",
                            role, there->size()));
  }
  return FromError(kLastEnd, there.error(),
                   "attach what `mayfly iam-policy controller` prints to who we are");
}

}  // namespace mayfly::aws
