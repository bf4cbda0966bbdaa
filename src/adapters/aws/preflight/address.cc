#include "adapters/aws/preflight/address.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"

namespace mayfly::aws {
namespace {

constexpr int kBits = 32;

std::optional<int> NumberUpTo(std::string_view text, int most) {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (!is_whole || number < 0 || number > most) return std::nullopt;
  return number;
}

struct Range {
  std::uint32_t first = 0;
  int fixed_bits = kBits;
};

std::optional<Range> ParseRange(std::string_view text) {
  Range range;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const std::optional<int> bits = NumberUpTo(text.substr(slash + 1), kBits);
    if (!bits) return std::nullopt;
    range.fixed_bits = *bits;
  }
  const std::vector<std::string> parts = Split(text.substr(0, slash), '.');
  if (parts.size() != 4) return std::nullopt;
  for (const std::string& part : parts) {
    const std::optional<int> byte = NumberUpTo(part, 255);
    if (!byte) return std::nullopt;
    range.first = range.first << 8U | static_cast<std::uint32_t>(*byte);
  }
  return range;
}

}  // namespace

bool IsWithin(std::string_view inner, std::string_view range) {
  const std::optional<Range> small = ParseRange(inner);
  const std::optional<Range> large = ParseRange(range);
  if (!small || !large || small->fixed_bits < large->fixed_bits) return false;
  if (large->fixed_bits == 0) return true;
  const auto free_bits = static_cast<unsigned>(kBits - large->fixed_bits);
  return small->first >> free_bits == large->first >> free_bits;
}

bool IsThisComputer(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with('/') || host.starts_with("127.");
}

}  // namespace mayfly::aws
