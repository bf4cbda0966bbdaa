#pragma once
// The shell scripts of an instance: what builds its world, what is its process 1, and what stands
// where the host's shutdown and its like would be. They use util-linux alone, which every Debian
// has.

#include <string_view>

namespace mayfly::ec2 {

// Arguments: the instance's folder, the kind of isolation, the shared folders. Ends by becoming
// init.
std::string_view BoxScript();

// Process 1. Argument: its folder. Ends with kPowerOff or kReboot when a shim says so.
std::string_view InitScript();
inline constexpr int kPowerOff = 64;
inline constexpr int kReboot = 65;

// One script under many names; @RUN@ stands for the folder that holds init.pid.
std::string_view ShimScript();

}  // namespace mayfly::ec2
