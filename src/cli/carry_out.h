#pragma once
// What a controller of a run would do if one were alive, for commands that find none: stop, hold.

#include "base/result.h"
#include "cli/command.h"
#include "cli/world.h"
#include "model/run.h"

namespace mayfly::cli {

struct CarryOutWorld {
  Host& host;
  Ledger& ledger;
  const Place& place;
  const Session& session;
};

// Becomes the run's controller until it rests: drains, ends, keeps what is held until its countdown
// is over, and proves gone. Ctrl-C cuts it short, again leaves. kConflict: another controller acts.
// kUnavailable: its machines are not to be seen from here.
Result<RunSnapshot> CarryOut(const CarryOutWorld& world, const RunSnapshot& snapshot);

}  // namespace mayfly::cli
