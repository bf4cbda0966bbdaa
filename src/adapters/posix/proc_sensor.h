#pragma once
// Cores and memory as /proc and the control groups tell them.

#include <string>

#include "seams/machine_sensor.h"

namespace mayfly::posix {

// Of the machine; where our control group (or one above it) is allowed less, of that. Both versions
// of control groups are understood, and what cannot be read is taken as "no limit".
class ProcSensor final : public MachineSensor {
 public:
  // The folders can be others in tests.
  explicit ProcSensor(std::string proc = "/proc", std::string groups = "/sys/fs/cgroup");

  Result<MachineReading> Read() override;

 private:
  std::string proc_, groups_;
};

}  // namespace mayfly::posix
