#include "model/ladder.h"

#include <fmt/format.h>

#include <array>

namespace mayfly {
namespace {

constexpr std::array<std::string_view, 6> kNames{"dry",     "quota", "price",
                                                 "used-up", "wrong", "denied"};

}  // namespace

std::string_view Name(RefusalKind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

Result<RefusalKind> ParseRefusalKind(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames.at(i) == name) return static_cast<RefusalKind>(i);
  }
  return Corrupt(fmt::format("\"{}\" is no kind of refusal", name));
}

}  // namespace mayfly
