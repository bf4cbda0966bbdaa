#pragma once
// A temporary machine, or the one that is there anyway? The same hours three ways, as what each
// adds to a bill on which the host stands already.

#include "base/result.h"
#include "base/time.h"
#include "model/quote.h"

namespace mayfly::cost {

struct Alternatives {
  Duration length{};
  Rate spot, on_demand;  // of the machine that the work needs
  Rate host;             // of the host that idles meanwhile, and would be resized to that machine
  int disk_gb = 0;       // of the temporary machine
  Rate disk, address;
};

// Staying: the host becomes that machine, On-Demand because a running instance cannot turn Spot,
// and what it costs anyway is taken off. Temporary: machine, disk and address beside the idle host.
Result<ThreeWay> CompareThreeWays(const Alternatives& ways);

}  // namespace mayfly::cost
