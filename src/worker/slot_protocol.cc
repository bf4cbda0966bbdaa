#include "worker/slot_protocol.h"

#include <fmt/format.h>

#include <charconv>

namespace mayfly {
namespace {

constexpr char kMark = '\x01';
constexpr std::int64_t kNoLease = 0;  // fences begin at 1

// "NUMBER REST": the number, and what is behind it.
struct Numbered {
  std::int64_t number = 0;
  std::string_view rest;
};

std::optional<Numbered> TakeNumber(std::string_view text) {
  std::int64_t number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end == text.data() + text.size() || *end != ' ') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end + 1 - text.data()));
  return Numbered{number, text};
}

std::optional<SlotSignal> DecodeIdle(std::string_view line) {
  std::optional<Numbered> worked = TakeNumber(line);
  std::optional<Numbered> waited = worked ? TakeNumber(worked->rest) : std::nullopt;
  if (!waited || !waited->rest.empty()) return std::nullopt;
  return SlotSignal{.worked = Duration(worked->number), .waited = Duration(waited->number)};
}

std::optional<SlotSignal> DecodeBegin(std::string_view line) {
  std::optional<Numbered> timeout = TakeNumber(line);
  std::optional<Numbered> lease = timeout ? TakeNumber(timeout->rest) : std::nullopt;
  if (!lease) return std::nullopt;
  SlotSignal signal{.begins = true, .timeout = Duration(timeout->number)};
  if (lease->number != kNoLease) signal.lease = Fence{lease->number};
  signal.task = lease->rest;
  return signal;
}

}  // namespace

SlotSignal SignalOf(const LeasedTask& task, Duration left) {
  return {.begins = true,
          .timeout = left,
          .lease = task.fence,
          .task = task.stage + "@" + task.point.Key()};
}

SlotSignal SignalOfCommit(Duration timeout) {
  return {.begins = true, .timeout = timeout, .task = "its commit"};
}

std::string EncodeSignal(const SlotSignal& signal) {
  if (!signal.begins) {
    return fmt::format("{}idle {} {} ", kMark, signal.worked.count(), signal.waited.count());
  }
  return fmt::format("{}begin {} {} {}", kMark, signal.timeout.count(),
                     signal.lease ? signal.lease->value : kNoLease, signal.task);
}

std::optional<SlotSignal> DecodeSignal(std::string_view line) {
  if (line.empty() || line.front() != kMark) return std::nullopt;
  line.remove_prefix(1);
  constexpr std::string_view kIdle = "idle ";
  constexpr std::string_view kBegin = "begin ";
  if (line.starts_with(kIdle)) return DecodeIdle(line.substr(kIdle.size()));
  if (!line.starts_with(kBegin)) return std::nullopt;
  return DecodeBegin(line.substr(kBegin.size()));
}

}  // namespace mayfly
