#pragma once
// A command line as credential_process has it: words, quotes and backslashes, no shell.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mayfly::aws {

// kInvalid: a quote that is not closed.
Result<std::vector<std::string>> SplitCommandLine(std::string_view line);

}  // namespace mayfly::aws
