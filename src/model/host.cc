#include "model/host.h"

namespace mayfly {

std::string_view Name(HostState state) {
  switch (state) {
    case HostState::kPending:
      return "pending";
    case HostState::kRunning:
      return "running";
    case HostState::kStopping:
      return "stopping";
    case HostState::kStopped:
      return "stopped";
    case HostState::kShuttingDown:
      return "shutting-down";
    case HostState::kTerminated:
      return "terminated";
  }
  return "";
}

}  // namespace mayfly
