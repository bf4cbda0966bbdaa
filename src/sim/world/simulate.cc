#include "sim/world/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace mayfly::sim {
namespace {

constexpr std::size_t kViolationsKept = 100;

void Add(LifeFigures& sum, const LifeFigures& one) {
  sum.steps += one.steps;
  sum.calls += one.calls;
  sum.tasks += one.tasks;
  sum.kills += one.kills;
  sum.stalls += one.stalls;
  sum.not_sent += one.not_sent;
  sum.replies_lost += one.replies_lost;
  sum.reclaims += one.reclaims;
  sum.commands += one.commands;
  sum.machines += one.machines;
  sum.restarts += one.restarts;
  sum.disks_kept += one.disks_kept;
  sum.floors_raised += one.floors_raised;
  sum.absences += one.absences;
  sum.rests += one.rests;
  sum.by_timer += one.by_timer;
  sum.by_supervisor += one.by_supervisor;
  sum.by_scheduler += one.by_scheduler;
  sum.by_order += one.by_order;
}

void CountEnd(SimReport& report, const LifeResult& life) {
  RunState state = life.state;
  report.capped += life.is_capped ? 1 : 0;
  report.billed += life.billed;
  report.closed += state == RunState::kClosed ? 1 : 0;
  report.failed += state == RunState::kFailed ? 1 : 0;
  report.cancelled += state == RunState::kCancelled ? 1 : 0;
}

// "4 min 02.150 s" would dance about; a fixed width reads better in a column.
std::string Stamp(Duration at) {
  auto ms = std::chrono::duration_cast<milliseconds>(at).count();
  return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60,
                     ms % 1000);
}

}  // namespace

SimReport RunSeeds(std::uint64_t first_seed, std::int64_t count,
                   const std::function<bool(std::int64_t done)>& go_on) {
  SimReport report;
  for (std::int64_t i = 0; i < count && (!go_on || go_on(i)); ++i) {
    std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
    LifeResult life = Live(seed);
    if (Live(seed).trace != life.trace) report.unrepeatable.push_back(seed);
    ++report.seeds;
    Add(report.figures, life.figures);
    CountEnd(report, life);
    report.virtual_time += life.lasted;
    if (!life.violation) continue;
    ++report.violations_total;
    if (report.violations.size() < kViolationsKept) {
      report.violations.push_back({seed, *life.violation});
    }
  }
  return report;
}

std::string Summarise(const SimReport& report, Duration wall) {
  const LifeFigures& f = report.figures;
  return fmt::format(
      "{} seeds, each twice: {} closed, {} failed, {} cancelled, {} stopped by their cap, all "
      "for their reason; {} steps, "
      "{} "
      "tasks, {} machines, {} kills, {} stalls, {} reclaims, {} database restarts, {} calls not "
      "sent, {} replies lost; {} billed and metered alike; {} violations, {} unrepeatable; {:.1f} "
      "virtual hours in {:.1f} s; ends: {} by their own timer, {} by their supervisor, {} by the "
      "cloud's scheduler, {} by a controller; nobody was there {} times; {} closes and other "
      "rests, "
      "with nothing left at any",
      Thousands(report.seeds), Thousands(report.closed), Thousands(report.failed),
      Thousands(report.cancelled), Thousands(report.capped), Thousands(f.steps), Thousands(f.tasks),
      Thousands(f.machines), Thousands(f.kills), Thousands(f.stalls), Thousands(f.reclaims),
      Thousands(f.restarts), Thousands(f.not_sent), Thousands(f.replies_lost),
      FormatMoney(report.billed), Thousands(report.violations_total), report.unrepeatable.size(),
      Seconds(report.virtual_time) / 3600, Seconds(wall), Thousands(f.by_timer),
      Thousands(f.by_supervisor), Thousands(f.by_scheduler), Thousands(f.by_order),
      Thousands(f.absences), Thousands(f.rests));
}

std::string Narrate(std::uint64_t seed) {
  std::string story = fmt::format("The life of seed {}.\n", seed);
  LifeOptions options;
  options.tell = [&story](Duration at, const std::string& sentence) {
    story += fmt::format("{}  {}\n", Stamp(at), sentence);
  };
  LifeResult life = Live(seed, options);
  story += fmt::format("The run is {} after {} of virtual time: {} tasks done by {} machines.\n",
                       Name(life.state), HumanDuration(life.lasted), life.figures.tasks,
                       life.figures.machines);
  return story;
}

Detection FindMedianSeeds(const LifeOptions& options, std::uint64_t first_seed, int trials,
                          std::uint64_t patience) {
  Detection detection;
  std::vector<std::uint64_t> needed;
  std::uint64_t seed = first_seed;
  for (int trial = 0; trial < trials; ++trial) {
    for (std::uint64_t tried = 1; tried <= patience; ++tried) {
      LifeResult life = Live(seed++, options);
      if (!life.violation) continue;
      needed.push_back(tried);
      detection.found.push_back(*life.violation);
      break;
    }
  }
  std::size_t middle = static_cast<std::size_t>(trials) / 2;
  std::ranges::sort(needed);
  if (middle < needed.size()) detection.median_seeds = needed[middle];
  return detection;
}

}  // namespace mayfly::sim
