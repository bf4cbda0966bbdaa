#include "worker/slot_protocol.h"

#include <fmt/format.h>

#include <charconv>

namespace mayfly {
namespace {

constexpr char kMark = '\x01';

// "MICROS REST": the number, and what is behind it.
struct Numbered {
  Duration length{};
  std::string_view rest;
};

std::optional<Numbered> TakeLength(std::string_view text) {
  std::int64_t micros = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), micros);
  if (code != std::errc{} || end == text.data() + text.size() || *end != ' ') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end + 1 - text.data()));
  return Numbered{Duration(micros), text};
}

std::optional<SlotSignal> DecodeIdle(std::string_view line) {
  std::optional<Numbered> worked = TakeLength(line);
  std::optional<Numbered> waited = worked ? TakeLength(worked->rest) : std::nullopt;
  if (!waited || !waited->rest.empty()) return std::nullopt;
  return SlotSignal{.worked = worked->length, .waited = waited->length};
}

}  // namespace

std::string EncodeSignal(const SlotSignal& signal) {
  if (!signal.begins) {
    return fmt::format("{}idle {} {} ", kMark, signal.worked.count(), signal.waited.count());
  }
  return fmt::format("{}begin {} {}", kMark, signal.timeout.count(), signal.task);
}

std::optional<SlotSignal> DecodeSignal(std::string_view line) {
  if (line.empty() || line.front() != kMark) return std::nullopt;
  line.remove_prefix(1);
  constexpr std::string_view kIdle = "idle ";
  constexpr std::string_view kBegin = "begin ";
  if (line.starts_with(kIdle)) return DecodeIdle(line.substr(kIdle.size()));
  if (!line.starts_with(kBegin)) return std::nullopt;
  std::optional<Numbered> timeout = TakeLength(line.substr(kBegin.size()));
  if (!timeout) return std::nullopt;
  return SlotSignal{.begins = true, .timeout = timeout->length, .task = std::string(timeout->rest)};
}

}  // namespace mayfly
