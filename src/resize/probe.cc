#include "resize/probe.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "resize/generated/probe_script.h"

namespace mayfly::resize {
namespace {

constexpr std::string_view kBegin = "mayfly-probe 1";
constexpr std::string_view kEnd = "mayfly-probe end";

using Words = std::vector<std::string>;

Words WordsOf(std::string_view line) {
  Words words = Split(line, ' ');
  std::erase_if(words, [](const std::string& word) { return Trim(word).empty(); });
  return words;
}

Result<std::int64_t> Number(const Words& words, std::size_t index) {
  std::int64_t number = 0;
  const std::string text = index < words.size() ? words[index] : "";
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && number >= 0) return number;
  return Corrupt("what the host says of itself has no number where one belongs: " +
                 Join(words, " "));
}

// Figures that are only complete together.
struct Memory {
  std::int64_t total = 0, available = -1, swap_total = 0, swap_free = 0, least = -1;
};

Status TakeMemory(const Words& words, Memory& memory) {
  TRY_ASSIGN(const std::int64_t kib, Number(words, 2));
  if (words[1] == "MemTotal:") memory.total = kib;
  if (words[1] == "MemAvailable:") memory.available = kib;
  if (words[1] == "SwapTotal:") memory.swap_total = kib;
  if (words[1] == "SwapFree:") memory.swap_free = kib;
  return {};
}

Status TakeMount(const Words& words, HostUse& use) {
  if (words.size() < 5) return Corrupt("a file system without a place");
  MountUse mount{.mount = Join(std::span(words).subspan(4), " "), .device = words[3]};
  TRY_ASSIGN(mount.size_kib, Number(words, 1));
  TRY_ASSIGN(mount.used_kib, Number(words, 2));
  use.mounts.push_back(std::move(mount));
  return {};
}

// By what systemd says of the unit.
bool StartsAtBoot(std::string_view state) {
  return state == "enabled" || state == "enabled-runtime" || state == "generated";
}

void TakeService(const Words& words, HostUse& use) {
  if (words.size() < 2) return;
  use.services.push_back({words.back(), words.size() > 2 && StartsAtBoot(words[1])});
}

void TakeSocket(const Words& words, HostUse& use) {
  if (words.size() < 2) return;
  HostSocket socket{.address = words[1]};
  if (words.size() > 3) {
    socket.unit = words[3];
    socket.starts_at_boot = StartsAtBoot(words[2]);
  }
  use.sockets.push_back(std::move(socket));
}

Status TakeTenant(const Words& words, HostUse& use) {
  if (words.size() < 4) return {};  // a process without a name
  TRY_ASSIGN(const std::int64_t rss, Number(words, 1));
  use.tenants.push_back({Join(std::span(words).subspan(3), " "), words[2], rss});
  return {};
}

Status TakeLine(const Words& words, HostUse& use, Memory& memory) {
  const std::string& what = words[0];
  if (what == "memory") return words.size() < 2 ? Status() : TakeMemory(words, memory);
  if (what == "mount") return TakeMount(words, use);
  if (what == "tenant") return TakeTenant(words, use);
  if (what == "service") TakeService(words, use);
  if (what == "socket") TakeSocket(words, use);
  if (what == "store" && words.size() > 1) use.stores.push_back(words[1]);
  if (what == "unseen" && words.size() > 1) use.unseen.push_back(words[1]);
  if (what == "load15" && words.size() > 1) use.load15 = std::atof(words[1].c_str());
  if (what == "vcpus") {
    TRY_ASSIGN(use.vcpus, Number(words, 1));
  }
  if (what == "least-available") {
    TRY_ASSIGN(memory.least, Number(words, 1));
  }
  return {};
}

Status TakeFigures(const Memory& memory, HostUse& use) {
  const bool is_whole = use.vcpus > 0 && memory.total > 0 && memory.available >= 0;
  if (!is_whole) return Corrupt("the host does not tell its processors or its memory");
  use.memory_kib = memory.total;
  use.used_kib = std::max<std::int64_t>(0, memory.total - memory.available);
  use.swap_used_kib = std::max<std::int64_t>(0, memory.swap_total - memory.swap_free);
  // What sysstat kept can be of a time when the host had another size.
  const bool is_of_this_size = memory.least >= 0 && memory.least <= memory.total;
  if (is_of_this_size) use.high_water_kib = memory.total - memory.least;
  return {};
}

}  // namespace

std::string_view ProbeScript() { return kProbeScript; }

Result<HostUse> ParseUse(std::string_view text) {
  HostUse use;
  Memory memory;
  const std::vector<std::string> lines = Split(Trim(text), '\n');
  if (lines.front() != kBegin) return Corrupt("the host answers something else than was asked");
  if (lines.back() != kEnd) return Corrupt("what the host says of itself is cut off");
  for (const std::string& line : lines) {
    const Words words = WordsOf(line);
    if (!words.empty()) TRY(TakeLine(words, use, memory));
  }
  TRY(TakeFigures(memory, use));
  return use;
}

std::int64_t PeakKib(const HostUse& use) {
  return std::max(use.used_kib, use.high_water_kib.value_or(0)) + use.swap_used_kib;
}

}  // namespace mayfly::resize
