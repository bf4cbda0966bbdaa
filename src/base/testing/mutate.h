#pragma once
// For fuzz tests: small damage to a text, the same for the same generator.

#include <span>
#include <string>
#include <string_view>

#include "base/rng.h"

namespace mayfly {

// One to six changes: a byte, a token, a hole, a copy of a part, a digit, or the end cut off.
inline std::string Mutate(std::string text, std::span<const std::string_view> tokens, Rng& rng) {
  for (std::uint64_t left = 1 + rng.Below(6); left > 0; --left) {
    const std::size_t at = text.empty() ? 0 : rng.Below(text.size());
    switch (rng.Below(6)) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(rng.Below(256));
        break;
      case 1:
        text.insert(at, tokens[rng.Below(tokens.size())]);
        break;
      case 2:
        text.erase(at, 1 + rng.Below(8));
        break;
      case 3:
        text.insert(at, text.substr(rng.Below(text.size() + 1), rng.Below(80)));
        break;
      case 4:
        if (!text.empty()) text[at] = static_cast<char>('0' + rng.Below(10));
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

}  // namespace mayfly
