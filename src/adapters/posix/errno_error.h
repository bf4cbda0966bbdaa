#pragma once
// The one place where the operating system's error numbers become our errors.

#include <string_view>

#include "base/error.h"

namespace mayfly::posix {

// "what: No such file or directory", with the kind that says what the receiver does. `what` names
// the action and the thing: "open /data/bars".
Error ErrnoError(int number, std::string_view what);

}  // namespace mayfly::posix
