#include "worker/slot_protocol.h"

#include <fmt/format.h>

#include <charconv>

namespace mayfly {
namespace {

constexpr char kMark = '\x01';

}  // namespace

std::string EncodeSignal(const SlotSignal& signal) {
  if (!signal.begins) return fmt::format("{}idle", kMark);
  return fmt::format("{}begin {} {}", kMark, signal.timeout.count(), signal.task);
}

std::optional<SlotSignal> DecodeSignal(std::string_view line) {
  if (line.empty() || line.front() != kMark) return std::nullopt;
  line.remove_prefix(1);
  if (line == "idle") return SlotSignal{};
  constexpr std::string_view kBegin = "begin ";
  if (!line.starts_with(kBegin)) return std::nullopt;
  line.remove_prefix(kBegin.size());
  std::int64_t micros = 0;
  auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), micros);
  if (code != std::errc{} || end == line.data() + line.size() || *end != ' ') return std::nullopt;
  std::string task(end + 1, line.data() + line.size());
  return SlotSignal{true, Duration(micros), std::move(task)};
}

}  // namespace mayfly
