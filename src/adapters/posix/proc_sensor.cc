#include "adapters/posix/proc_sensor.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/posix/disk.h"
#include "base/text.h"

namespace mayfly::posix {
namespace {

namespace fs = std::filesystem;

std::optional<std::int64_t> ParseNumber(std::string_view text) {
  text = Trim(text);
  std::int64_t number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end == text.data()) return std::nullopt;
  return number;
}

std::string ReadOrNothing(const std::string& path) {
  Result<std::string> text = Disk().Read(path);
  return text.ok() ? std::move(*text) : std::string();  // what cannot be read is no limit
}

std::optional<std::int64_t> NumberIn(const std::string& path) {
  return ParseNumber(ReadOrNothing(path));  // "max" is no number
}

// The number behind a name at the start of a line: "MemTotal:  16384 kB", "usage_usec 42".
std::optional<std::int64_t> NumberAfter(const std::string& text, std::string_view name) {
  for (const std::string& line : Split(text, '\n')) {
    if (!line.starts_with(name)) continue;
    std::string_view rest = std::string_view(line).substr(name.size());
    if (rest.starts_with(':')) rest.remove_prefix(1);
    if (rest.starts_with(' ') || rest.starts_with('\t')) return ParseNumber(rest);
  }
  return std::nullopt;
}

// What a control group may use and does use. Absent: no limit, or not told.
struct Group {
  std::optional<double> cores;
  std::optional<Duration> worked;
  std::optional<std::int64_t> memory, used;
};

std::optional<double> Share(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<std::int64_t> Without(std::optional<std::int64_t> used,
                                    std::optional<std::int64_t> given_back) {
  if (!used) return std::nullopt;
  return std::max<std::int64_t>(0, *used - given_back.value_or(0));
}

Group ReadUnified(const std::string& folder) {
  Group group;
  std::vector<std::string> words = Split(Trim(ReadOrNothing(folder + "/cpu.max")), ' ');
  if (words.size() == 2) group.cores = Share(ParseNumber(words[0]), ParseNumber(words[1]));
  if (auto used = NumberAfter(ReadOrNothing(folder + "/cpu.stat"), "usage_usec")) {
    group.worked = Duration(*used);
  }
  group.memory = NumberIn(folder + "/memory.max");
  group.used = Without(NumberIn(folder + "/memory.current"),
                       NumberAfter(ReadOrNothing(folder + "/memory.stat"), "inactive_file"));
  return group;
}

Group ReadOldCpu(const std::string& folder) {
  Group group;
  group.cores =
      Share(NumberIn(folder + "/cpu.cfs_quota_us"), NumberIn(folder + "/cpu.cfs_period_us"));
  if (auto used = NumberIn(folder + "/cpuacct.usage")) group.worked = Duration(*used / 1000);
  return group;
}

Group ReadOldMemory(const std::string& folder) {
  Group group;
  group.memory = NumberIn(folder + "/memory.limit_in_bytes");
  group.used = Without(NumberIn(folder + "/memory.usage_in_bytes"),
                       NumberAfter(ReadOrNothing(folder + "/memory.stat"), "total_inactive_file"));
  return group;
}

// The tightest of the limits with the use that belongs to it.
void Tighten(MachineReading& reading, const Group& group) {
  if (group.cores && group.worked && *group.cores < reading.cores) {
    reading.cores = *group.cores;
    reading.worked = *group.worked;
  }
  if (group.memory && group.used && *group.memory < reading.memory_bytes) {
    reading.memory_bytes = *group.memory;
    reading.used_bytes = *group.used;
  }
}

// A line of /proc/self/cgroup: "0::/a/b", or "4:cpu,cpuacct:/a/b" of the old kind. The group itself
// and all above it count.
void TightenBy(MachineReading& reading, const std::string& groups, const std::string& line) {
  std::vector<std::string> parts = Split(line, ':');
  if (parts.size() != 3) return;
  const bool unified = parts[0] == "0" && parts[1].empty();
  for (fs::path below = fs::path(parts[2]).relative_path();; below = below.parent_path()) {
    if (unified) {
      Tighten(reading, ReadUnified((fs::path(groups) / below).string()));
    } else {
      for (const std::string& name : Split(parts[1], ',')) {
        const std::string folder = (fs::path(groups) / name / below).string();
        if (name == "cpu") Tighten(reading, ReadOldCpu(folder));
        if (name == "memory") Tighten(reading, ReadOldMemory(folder));
      }
    }
    if (below.empty()) return;
  }
}

// "cpu  user nice system idle iowait irq softirq steal …" in ticks. What the host took for others
// (steal) was not idle time of ours.
std::optional<Duration> WorkedBy(const std::string& stat) {
  constexpr std::size_t kIdle = 3, kWaiting = 4, kCounted = 8;
  if (!stat.starts_with("cpu ")) return std::nullopt;
  std::string line = stat.substr(4, stat.find('\n') - 4);
  std::int64_t ticks = 0;
  std::size_t column = 0;
  for (const std::string& word : Split(Trim(line), ' ')) {
    std::optional<std::int64_t> number = ParseNumber(word);
    if (!number || column == kCounted) break;
    if (column != kIdle && column != kWaiting) ticks += *number;
    ++column;
  }
  if (column <= kWaiting) return std::nullopt;
  const std::int64_t micros = 1'000'000 / std::max<std::int64_t>(1, sysconf(_SC_CLK_TCK));
  return Duration(ticks * micros);
}

double CountCores() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}  // namespace

ProcSensor::ProcSensor(std::string proc, std::string groups)
    : proc_(std::move(proc)), groups_(std::move(groups)) {}

Result<MachineReading> ProcSensor::Read() {
  constexpr std::int64_t kKib = 1024;
  TRY_ASSIGN(std::string stat, Disk().Read(proc_ + "/stat"));
  TRY_ASSIGN(std::string memory, Disk().Read(proc_ + "/meminfo"));
  std::optional<Duration> worked = WorkedBy(stat);
  std::optional<std::int64_t> total = NumberAfter(memory, "MemTotal");
  std::optional<std::int64_t> available = NumberAfter(memory, "MemAvailable");
  if (!worked || !total || !available) {
    return Unavailable(
        fmt::format("{}/stat and {}/meminfo do not tell cores and memory", proc_, proc_));
  }
  MachineReading reading{CountCores(), *worked, *total * kKib, (*total - *available) * kKib};
  for (const std::string& line : Split(ReadOrNothing(proc_ + "/self/cgroup"), '\n')) {
    TightenBy(reading, groups_, line);
  }
  return reading;
}

}  // namespace mayfly::posix
