#pragma once
// Small text helpers without domain.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly {

// The candidate nearest to `word` by edit distance, if one is near enough to be a slip of the keys.
std::optional<std::string> NearestName(std::string_view word,
                                       std::span<const std::string> candidates);

std::vector<std::string> Split(std::string_view text, char separator);
std::string Join(std::span<const std::string> parts, std::string_view separator);
std::string_view Trim(std::string_view text);
std::string Lower(std::string_view text);

// Replaces every "{name}" that `value_of` knows; an unknown name stays as it is.
std::string FillBraces(std::string_view text,
                       std::span<const std::pair<std::string, std::string>> values);

// 1234567 as "1,234,567".
std::string Thousands(std::int64_t number);

// "812 B", "24.0 MiB": three digits or so.
std::string HumanBytes(std::int64_t bytes);

// FNV-1a, 64 bits; for change detection and naming, never against an adversary.
std::uint64_t Fnv1a(std::string_view bytes, std::uint64_t seed = 0xCBF29CE484222325ULL);

}  // namespace mayfly
