#pragma once
// IPv4 addresses and ranges of them, as far as rules of a network are read. Pure.

#include <string_view>

namespace mayfly::aws {

// Whether all of "10.0.16.0/20", or the one address "10.0.16.7", lies within a range. What is no
// address, such as a name or IPv6, lies within none.
bool IsWithin(std::string_view inner, std::string_view range);

// "localhost", "127.0.0.1", "::1", or a folder with a socket in it.
bool IsThisComputer(std::string_view host);

}  // namespace mayfly::aws
