#pragma once
// What has to hold before a host is resized: one line a question, with evidence and the next step.
// Pure.

#include <optional>
#include <string>
#include <vector>

#include "model/host.h"
#include "model/preflight.h"

namespace mayfly::resize {

// Is the host the computer that this runs on?
enum class Where { kElsewhere, kHere, kCannotTell };

struct QuotaUse {
  std::string code;
  double limit = 0;
  std::int64_t used = 0;     // vCPU that run now, of the group of the new type
  bool counts_host = false;  // the host's own are among them
};

// What was found; what is absent could not be, and `why` says why not.
struct Findings {
  Host host;
  Where where = Where::kElsewhere;
  std::string to_name;
  std::optional<HostType> from, to;
  std::string why_no_type;
  std::optional<bool> is_offered;  // the new type, in the host's zone
  std::optional<bool> is_stop_protected;
  std::optional<HostUse> use;
  std::string why_no_use;
  bool may_be_unseen = false;  // somebody chose to go on without a look inside
  std::optional<QuotaUse> quota;
  std::string why_no_quota;
};

std::vector<PreflightCheck> Judge(const Findings& found);

// What has to fit into another type: the most that was ever in use, and a fifth more.
std::int64_t NeededMib(const HostUse& use);

}  // namespace mayfly::resize
