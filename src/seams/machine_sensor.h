#pragma once
// What the machine that we run on has, and how much of it is in use.

#include <cstdint>

#include "base/result.h"
#include "base/time.h"

namespace mayfly {

// Within the limits of the group of processes that we are in, where there are some.
struct MachineReading {
  double cores = 1;   // 1.5 where that is the group's share
  Duration worked{};  // by all cores together since some fixed point; never less than before
  std::int64_t memory_bytes = 0;
  std::int64_t used_bytes = 0;  // without what the system would give back at once
};

class MachineSensor {
 public:
  virtual ~MachineSensor() = default;

  // kUnavailable: this system does not tell.
  virtual Result<MachineReading> Read() = 0;
};

}  // namespace mayfly
