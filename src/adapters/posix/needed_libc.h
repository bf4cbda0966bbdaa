#pragma once
// Which C library this program needs, wherever it is taken to.

#include <string>

namespace mayfly::posix {

// "2.34": the newest version of glibc that this program, or a library that it has loaded, names a
// symbol of. The parts of glibc itself are not asked. Empty: none could be found.
std::string NeededLibc();

}  // namespace mayfly::posix
