#pragma once
// What the scripts in scripts/ and the simulator agree on. box.sh builds an instance's world,
// init.sh is its process 1, shim.sh stands where the host's shutdown and its like would be; they
// use util-linux alone, which every Debian has.

#include "sim/ec2/host/generated/scripts.h"

namespace mayfly::ec2 {

// How init.sh ends when a shim says so.
inline constexpr int kPowerOff = 64;
inline constexpr int kReboot = 65;

// In shim.sh, for the folder that holds init.pid.
inline constexpr std::string_view kRunFolderMark = "@RUN@";

}  // namespace mayfly::ec2
