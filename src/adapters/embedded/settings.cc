#include "adapters/embedded/settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "adapters/embedded/places.h"

namespace mayfly::embedded {
namespace {

// An eighth of the memory, between 32 and 256 MiB: leaves are written once and read in order, so
// more would hold nothing that is asked for again.
std::int64_t SharedBuffersMib() {
  const std::int64_t mib = sysconf(_SC_PHYS_PAGES) / (1 << 20) * sysconf(_SC_PAGESIZE);
  return std::clamp<std::int64_t>(mib / 8, 32, 256);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> MakeSettings(
    int version, const std::string& socket_dir,
    const std::vector<std::pair<std::string, std::string>>& overrides) {
  std::vector<std::pair<std::string, std::string>> settings = {
      {"listen_addresses", ""},
      {"unix_socket_directories", socket_dir},
      {"unix_socket_permissions", "0700"},
      {"port", std::to_string(kPort)},
      {"max_connections", "200"},
      // A run creates and drops thousands of leaves in one transaction.
      {"max_locks_per_transaction", "1024"},
      {"shared_buffers", fmt::format("{}MB", SharedBuffersMib())},
      {"fsync", "on"},
      {"synchronous_commit", "on"},
      // Nobody replicates from here, so TRUNCATE and COPY in one transaction need no log.
      {"wal_level", "minimal"},
      {"max_wal_senders", "0"},
      {"max_wal_size", "4GB"},
      {"checkpoint_timeout", "15min"},
      {"checkpoint_completion_target", "0.9"},
      {"autovacuum", "on"},
      {"jit", "off"},
      {"timezone", "UTC"},
      {"log_timezone", "UTC"},
      {"log_line_prefix", "%m [%p] %q%u@%d "},
      {"log_checkpoints", "off"},
  };
  if (version >= 14) {
    // A backend whose client is gone ends in the middle of its statement, not after it.
    settings.emplace_back("client_connection_check_interval", "1s");
    // After a crash, one call for the disk instead of one for each of thousands of leaves.
    settings.emplace_back("recovery_init_sync_method", "syncfs");
  }
  for (const auto& [name, value] : overrides) {
    const auto same = [&](const auto& setting) { return setting.first == name; };
    std::erase_if(settings, same);
    settings.emplace_back(name, value);
  }
  return settings;
}

}  // namespace mayfly::embedded
