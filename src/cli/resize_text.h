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
#include "resize/judge.h"
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

// What was asked for, so that it can be given on another computer.
struct ResizeElsewhere {
  std::string name, host, region;
  HostState state = HostState::kRunning;
  std::string words;   // beside the host: " t3.small --yes"
  std::string ledger;  // empty: none is known
};
// Why a host may not be touched from here, and how it can be from elsewhere; empty: it may be.
// Where nobody can tell, it may be this computer (docs/adr/0028).
std::string RefuseOwnHost(resize::Where where, const ResizeElsewhere& asked);

std::string RenderResizePlan(const ResizePlan& plan, const Paint& paint);
nlohmann::ordered_json JsonOfResizePlan(const ResizePlan& plan);

std::string RenderResizeEnd(const resize::Journal& journal, const Paint& paint);
nlohmann::ordered_json JsonOfResizeEnd(const resize::Journal& journal);

std::string RenderAdvice(const resize::Advice& advice, const mayfly::Host& host,
                         const Paint& paint);
nlohmann::ordered_json JsonOfAdvice(const resize::Advice& advice, const mayfly::Host& host);

}  // namespace mayfly::cli
