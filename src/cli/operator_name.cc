#include "cli/operator_name.h"

#include <pwd.h>
#include <unistd.h>

#include <array>

namespace mayfly::cli {

std::string OperatorName() {
  const passwd* user = getpwuid(geteuid());
  std::string name = user != nullptr ? user->pw_name : std::to_string(geteuid());
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return name;
  return name + "@" + host.data();
}

}  // namespace mayfly::cli
