#pragma once
// Looking inside a host: one fixed shell script that changes nothing, and its answer read. Pure.

#include <string_view>

#include "base/result.h"
#include "model/host.h"

namespace mayfly::resize {

// For sh, as root or not; needs no tool that is not there, and says which it missed.
std::string_view ProbeScript();

// kCorrupt: it is no such answer, or it was cut off.
Result<HostUse> ParseUse(std::string_view text);

// What a process or a person needs of it: everything that is in use, now or ever seen.
std::int64_t PeakKib(const HostUse& use);

}  // namespace mayfly::resize
