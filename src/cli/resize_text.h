#pragma once
// A resize for people and for programs: the plan before, how it ended, advice. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/render.h"
#include "model/host.h"
#include "model/preflight.h"
#include "resize/advice.h"
#include "resize/journal.h"
#include "resize/monthly.h"

namespace mayfly::cli {

// The ledger whose sweep removes what is kept; empty: none is named.
struct LedgerName {
  std::string name;
  bool is_found = false;
};

struct ResizePlan {
  mayfly::Host host;
  std::string to;
  std::vector<PreflightCheck> checks;
  std::optional<resize::Monthly> monthly;  // absent: one of the types is not known
  std::vector<std::string> services, sockets;
  bool is_seen = false;
  Instant snapshots_expire;
  LedgerName ledger;
  Duration patience{};
};

std::string RenderResizePlan(const ResizePlan& plan, const Paint& paint);
nlohmann::ordered_json JsonOfResizePlan(const ResizePlan& plan);

std::string RenderResizeEnd(const resize::Journal& journal, const Paint& paint);
nlohmann::ordered_json JsonOfResizeEnd(const resize::Journal& journal);

std::string RenderAdvice(const resize::Advice& advice, const mayfly::Host& host,
                         const Paint& paint);
nlohmann::ordered_json JsonOfAdvice(const resize::Advice& advice, const mayfly::Host& host);

}  // namespace mayfly::cli
