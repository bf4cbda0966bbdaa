#include "closing/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "closing/planned.h"

namespace mayfly::closing {
namespace {

Duration SlotTimeOf(const std::vector<SlotTime>& slots, const std::string& stage, bool lost) {
  Duration sum{};
  for (const SlotTime& time : slots) {
    if (time.stage == stage && time.lost == lost) sum += time.length;
  }
  return sum;
}

StageReport ReportOn(const StageView& stage, const ReportInput& input) {
  StageReport report{.view = stage};
  for (const StageTrail& trail : input.evidence.facts.stages) {
    if (trail.stage == stage.name) report.trail = trail;
  }
  if (stage.canary_seconds) {
    const double total = *stage.canary_seconds * static_cast<double>(stage.tasks.total());
    report.planned = Duration(static_cast<std::int64_t>(total * 1e6));
  }
  report.worked = SlotTimeOf(input.slots, stage.name, /*lost=*/false);
  report.lost = SlotTimeOf(input.slots, stage.name, /*lost=*/true);
  return report;
}

std::string InterruptionOf(const MachineView& machine) {
  if (machine.money.billed.reclaimed) {
    return machine.noticed ? "taken back after a notice" : "taken back without a notice";
  }
  return machine.noticed ? "left after a notice" : "";
}

MachineReport ReportOn(const MachineView& machine, const ReportInput& input) {
  MachineReport report{.view = machine, .interruption = InterruptionOf(machine)};
  for (const cost::MachineAccount& account : input.account.machines) {
    if (account.id == machine.id) report.account = account;
  }
  for (const SlotTime& time : input.slots) {
    if (time.machine == machine.id && time.lost) report.lost += time.length;
  }
  return report;
}

// From when to when a machine stood, by the ledger.
Duration Stood(const MachineView& machine, Instant now) {
  if (!machine.born) return Duration(0);
  return machine.gone.value_or(now) - *machine.born;
}

TimeReport TimesOf(const ReportInput& input) {
  const RunSnapshot& s = input.evidence.run;
  TimeReport time{.planned_by = "not measured"};
  if (input.quote) {
    time.planned = PlannedMachineTime(*input.quote);
    time.planned_by = input.quote->hours_source;
  }
  for (const MachineView& machine : s.machines) time.machines += Stood(machine, s.now);
  std::optional<Instant> end = s.run.closed;
  if (!end && s.run.state == RunState::kFailed && !s.passes.empty()) end = s.passes.back().began;
  if (s.run.approved && end) time.approval = *end - *s.run.approved;
  std::optional<Instant> first, last;
  for (const StageTrail& trail : input.evidence.facts.stages) {
    if (trail.began) first = std::min(first.value_or(*trail.began), *trail.began);
    if (trail.ended) last = std::max(last.value_or(*trail.ended), *trail.ended);
  }
  if (first && last) time.work = *last - *first;
  return time;
}

MoneyReport& LineFor(std::vector<MoneyReport>& lines, const std::string& item) {
  auto line = std::ranges::find(lines, item, &MoneyReport::item);
  if (line != lines.end()) return *line;
  lines.push_back({.item = item});
  return lines.back();
}

// Of alternative pools the quote expects the first, and could have come to the dearest.
std::vector<MoneyReport> LinesOf(const ReportInput& input) {
  std::vector<MoneyReport> lines;
  if (input.quote) {
    for (const QuoteLine& quoted : input.quote->lines) {
      MoneyReport& line = LineFor(lines, std::string(Name(quoted.item)));
      if (!line.most) line.expected = quoted.expected;
      line.most = std::max(line.most.value_or(quoted.high), quoted.high);
    }
  }
  for (const cost::Share& share : input.account.lines) {
    LineFor(lines, share.name).actual += share.money;
  }
  return lines;
}

// --- why it came otherwise

void ExplainInterruptions(const Report& report, std::vector<std::string>& reasons) {
  std::int64_t taken = 0, attempts = 0;
  Duration lost{};
  for (const MachineReport& machine : report.machines) {
    taken += machine.interruption.empty() ? 0 : 1;
    lost += machine.lost;
  }
  for (const StageReport& stage : report.stages) attempts += stage.trail.lost;
  if (taken == 0 && attempts == 0) return;
  reasons.push_back(fmt::format(
      "interrupted machines: {}; attempts that were not accepted: {}, {} of slot time, {}", taken,
      attempts, HumanDuration(lost), FormatMoney(report.lost)));
}

// Prices of before the run are in the books too: what was in force when it was approved counts.
void ExplainPrices(const RunSnapshot& s, std::vector<std::string>& reasons) {
  const Instant begun = s.run.approved.value_or(Instant::min());
  std::map<PriceKey, std::vector<Rate>> in_force;
  for (const PriceChange& change : s.prices) {  // oldest first
    std::vector<Rate>& rates = in_force[change.key];
    if (change.point.from <= begun) rates.clear();
    rates.push_back(change.point.rate);
  }
  for (const auto& [key, rates] : in_force) {
    const auto [lowest, highest] = std::ranges::minmax_element(rates);
    if (*lowest == *highest) continue;
    reasons.push_back(fmt::format("the price of {} moved between {} and {} during the run",
                                  Describe(key), FormatRate(*lowest), FormatRate(*highest)));
  }
}

void ExplainPools(const Report& report, std::vector<std::string>& reasons) {
  if (!report.quote || report.quote->lines.empty()) return;
  const std::string& expected = report.quote->lines.front().what;
  std::set<std::string> others;
  for (const MachineReport& machine : report.machines) {
    const Pool& pool = machine.view.money.offer.pool;
    if (pool.market == Market::kLocal) continue;
    if (Describe(pool) != expected) others.insert(Describe(pool));
  }
  for (const std::string& other : others) {
    reasons.push_back(fmt::format("bought as {}, quoted as {}", other, expected));
  }
}

std::vector<std::string> ReasonsOf(const Report& report, const RunSnapshot& s) {
  std::vector<std::string> reasons;
  if (!report.time.planned) {
    reasons.emplace_back("the length of the run was not measured before it: nothing was expected");
  }
  ExplainInterruptions(report, reasons);
  ExplainPrices(s, reasons);
  ExplainPools(report, reasons);
  if (report.quote) {
    for (const std::string& item : report.quote->unknown) {
      reasons.push_back(fmt::format("no price of {} was known: it is in no sum", item));
    }
  }
  return reasons;
}

std::vector<std::string> NextSteps(const Report& report) {
  std::vector<std::string> steps;
  for (const Line& line : report.checklist) {
    if (line.state == LineState::kDone || line.state == LineState::kNotNeeded) continue;
    if (!line.next_step.empty()) steps.push_back(fmt::format("{}: {}", line.name, line.next_step));
  }
  return steps;
}

std::vector<KeptThing> KeptBy(const RunSnapshot& s) {
  if (!s.kept_disk) return {};
  const KeptDisk& disk = *s.kept_disk;
  const std::string whose = fmt::format("the disk of machine {}", disk.machine.value);
  switch (disk.state) {
    case DiskState::kIntended:
    case DiskState::kPending:
    case DiskState::kCompleted:
      return {{fmt::format("snapshot {} of {}, {} GB, {}", disk.external_id, whose, disk.gigabytes,
                           Name(disk.state)),
               disk.monthly, disk.expires}};
    case DiskState::kFailed:
      return {{fmt::format("no snapshot: {}", disk.note), std::nullopt, std::nullopt}};
    case DiskState::kDeleted:
      return {};
  }
  return {};
}

}  // namespace

Report MakeReport(const ReportInput& input) {
  const RunSnapshot& s = input.evidence.run;
  Report report{.run = s.run,
                .as_of = s.now,
                .approved_by = input.evidence.facts.approved_by,
                .checks = s.findings_total,
                .checks_failed = s.findings_failed,
                .checklist = MakeChecklist(input.evidence),
                .time = TimesOf(input),
                .quote = input.quote,
                .lines = LinesOf(input),
                .total = input.account.total,
                .lost = input.account.lost,
                .refusals = s.refusals,
                .kept = KeptBy(s)};
  for (const StageView& stage : s.stages) report.stages.push_back(ReportOn(stage, input));
  for (const MachineView& machine : s.machines) {
    if (!machine.was_refused) report.machines.push_back(ReportOn(machine, input));
  }
  report.reasons = ReasonsOf(report, s);
  report.next_steps = NextSteps(report);
  return report;
}

}  // namespace mayfly::closing
