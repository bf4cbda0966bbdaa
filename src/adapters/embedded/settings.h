#pragma once
// The settings the embedded server runs with, and why.

#include <string>
#include <utility>
#include <vector>

namespace mayfly::embedded {

// Ours, as far as this major version knows them, then `overrides` in place of or after them.
std::vector<std::pair<std::string, std::string>> MakeSettings(
    int version, const std::string& socket_dir,
    const std::vector<std::pair<std::string, std::string>>& overrides);

// Who may connect how. The socket's folder is 0700, so whoever reaches it is the owner.
inline constexpr char kHostBasedAccess[] =
    "# Written by mayfly. Sockets only; the folder of the socket is closed to others.\n"
    "local all mayfly trust\n"
    "local all all scram-sha-256\n";

}  // namespace mayfly::embedded
