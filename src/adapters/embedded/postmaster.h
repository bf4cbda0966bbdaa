#pragma once
// What a data folder and /proc say of the server that runs over it.

#include <optional>
#include <string>
#include <vector>

#include "adapters/posix/process_table.h"

namespace mayfly::embedded {

struct Postmaster {
  posix::ProcessId id;
  std::string status;  // "starting", "ready", "stopping", "standby"
};

// The living postmaster of this folder. postmaster.pid alone is not believed: the process must be a
// postgres that works in the folder, because pids are used again.
std::optional<Postmaster> FindPostmaster(const std::string& data_dir);

// Every process of a server over this folder: postmaster, backends (orphans of a killed postmaster
// too), and tools that were started with kDataMarker=data_dir.
std::vector<posix::ProcessRecord> FindServerProcesses(const std::string& data_dir);

inline constexpr char kDataMarker[] = "MAYFLY_EMBEDDED_DATA";

}  // namespace mayfly::embedded
