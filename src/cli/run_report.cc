#include "cli/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/kept_text.h"
#include "cli/money_text.h"
#include "closing/report.h"

namespace mayfly::cli {
namespace {

Duration Lived(const MachineView& machine) {
  if (!machine.intended || !machine.gone) return Duration(0);
  return *machine.gone - *machine.intended;
}

Duration MachineTime(const RunSnapshot& snapshot) {
  Duration total{0};
  for (const MachineView& machine : snapshot.machines) total += Lived(machine);
  return total;
}

std::string VerdictLine(const RunSnapshot& s) {
  std::string verdict = s.run.verdict ? std::string(Name(*s.run.verdict)) : "none";
  std::string text = fmt::format("verdict   {}", verdict);
  if (s.findings_total > 0) {
    text += fmt::format(": {} of {} checks pass", s.findings_total - s.findings_failed,
                        s.findings_total);
  }
  return text;
}

std::string LooksText(const RunSnapshot& s) {
  const ProofStanding proof = JudgeProof(s);
  if (!proof.is_complete) return "";
  const Duration window = proof.last->look.shown_within;
  return window == Duration(0)
             ? ", two empty looks in a row"
             : fmt::format(", two empty looks more than {} apart", HumanDuration(window));
}

std::string MachineLines(const RunSnapshot& s) {
  std::string text;
  std::int64_t gone = 0;
  for (const MachineView& machine : s.machines) {
    gone += machine.state == MachineState::kGone ? 1 : 0;
    const Pool& pool = machine.money.offer.pool;
    const bool is_rented = pool.market != Market::kLocal && !machine.external_id.empty();
    text += fmt::format("  machine {}  {:<8}  lived {:>10}  {}{}\n", machine.id.value,
                        Name(machine.state), HumanDuration(Lived(machine)),
                        is_rented ? Describe(pool) + ": " : "", machine.reason);
  }
  return text + fmt::format("residue   {}: {} of {} machines gone{}\n",
                            JudgeProof(s).is_complete ? "none" : "not proved", gone,
                            s.machines.size(), LooksText(s));
}

// What of its termination is not so, and what to do about it.
std::string ChecklistLines(const std::vector<closing::Line>& checklist) {
  std::string text = fmt::format("ending    {}\n", closing::Summarise(checklist));
  for (const closing::Line& line : checklist) {
    if (line.state == closing::LineState::kDone || line.state == closing::LineState::kNotNeeded) {
      continue;
    }
    text += fmt::format("  {} {}: {}\n", closing::Name(line.state), line.name, line.evidence);
  }
  return text;
}

std::string Failures(const std::vector<Finding>& findings) {
  std::string text;
  int told = 0;
  for (const Finding& finding : findings) {
    if (finding.verdict == Verdict::kPass || ++told > 10) continue;
    text +=
        fmt::format("  {}: {} {}: {}: expected {}, found {}\n", Name(finding.verdict),
                    finding.stage, finding.where, finding.check, finding.expected, finding.found);
  }
  if (told > 10) text += fmt::format("  and {} more: mayfly verify\n", told - 10);
  return text;
}

// Why tasks failed for good: the same words of many tasks once.
std::string FailedTasks(const std::vector<TaskView>& failed, const std::string& database) {
  constexpr std::size_t kTold = 5;
  std::map<std::string, std::vector<const TaskView*>> by_error;
  for (const TaskView& task : failed) by_error[task.last_error].push_back(&task);
  std::string text;
  std::size_t told = 0;
  for (const auto& [error, tasks] : by_error) {
    if (++told > kTold) break;
    text +=
        fmt::format("failed    {}@{}{}: {}\n", tasks.front()->stage, tasks.front()->point.Key(),
                    tasks.size() > 1 ? fmt::format(" and {} more", tasks.size() - 1) : "", error);
  }
  if (by_error.size() > kTold) text += fmt::format("  and {} more\n", by_error.size() - kTold);
  if (!text.empty()) text += fmt::format("database  {}\n", database);
  return text;
}

std::string MoneyLine(const RunMoney& money) {
  std::string text = "cost      " + MoneyInALine(money) + "\n";
  if (money.account.lost > Money{}) {
    text += fmt::format("lost      {}, of attempts that were not accepted\n",
                        FormatMoney(money.account.lost));
  }
  return text;
}

std::string ForPeople(const RunSnapshot& s, const std::vector<Finding>& findings,
                      const std::string& failed, const RunMoney& money,
                      const std::vector<closing::Line>& checklist) {
  std::string text =
      fmt::format("\nrun {} of {} is {}{}\n", s.run.id.value, s.run.phase, Name(s.run.state),
                  s.run.reason.empty() ? "" : ": " + s.run.reason);
  std::size_t width = 5;
  for (const StageView& stage : s.stages) width = std::max(width, stage.name.size());
  text += fmt::format("  {:<{}}  {:<9}  {:>13}  {:>14}  {}\n", "stage", width, "state", "tasks",
                      "rows", "");
  std::int64_t rows = 0;
  for (const StageView& stage : s.stages) {
    rows += stage.rows;
    text += fmt::format("  {:<{}}  {:<9}  {:>6}/{:<6}  {:>14}  {}\n", stage.name, width,
                        Name(stage.state), stage.tasks.done, stage.tasks.total(),
                        Thousands(stage.rows), stage.note);
  }
  Duration busy = MachineTime(s);
  double rate = Seconds(busy) > 0 ? static_cast<double>(rows) / Seconds(busy) : 0;
  text += fmt::format("rows      {} in {} of machine time: {} rows/s\n", Thousands(rows),
                      HumanDuration(busy), Thousands(static_cast<std::int64_t>(rate)));
  text += MoneyLine(money);
  for (const auto& [name, fact] : KeptFacts(s)) text += fmt::format("{:<9} {}\n", name, fact);
  text += VerdictLine(s) + "\n" + failed + Failures(findings) + MachineLines(s) +
          ChecklistLines(checklist);
  if (s.run.published) {
    text += fmt::format("published as schema {} (from {})\n", s.run.reader_schema, s.run.schema);
  } else {
    text += fmt::format("not published: readers of schema {} see what they saw before\n",
                        s.run.reader_schema);
  }
  return text;
}

std::string ForPrograms(const RunSnapshot& s, const std::vector<Finding>& findings,
                        const RunMoney& money, const std::vector<closing::Line>& checklist) {
  nlohmann::ordered_json json;
  json["run"] = s.run.id.value;
  json["phase"] = s.run.phase;
  json["state"] = Name(s.run.state);
  json["verdict"] = s.run.verdict ? nlohmann::ordered_json(Name(*s.run.verdict)) : nullptr;
  json["reason"] = s.run.reason;
  json["published"] = s.run.published;
  json["checks"] = {{"total", s.findings_total}, {"failed", s.findings_failed}};
  json["machine_seconds"] = Seconds(MachineTime(s));
  json["money"] = JsonOfMoney(money);
  json["kept"] = JsonOfKept(s);
  json["checklist"] = closing::ChecklistToJson(checklist);
  json["stages"] = nlohmann::ordered_json::array();
  for (const StageView& stage : s.stages) {
    json["stages"].push_back({{"name", stage.name},
                              {"state", Name(stage.state)},
                              {"done", stage.tasks.done},
                              {"total", stage.tasks.total()},
                              {"rows", stage.rows}});
  }
  json["failures"] = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    if (finding.verdict == Verdict::kPass) continue;
    json["failures"].push_back({{"stage", finding.stage},
                                {"check", finding.check},
                                {"where", finding.where},
                                {"verdict", Name(finding.verdict)},
                                {"expected", finding.expected},
                                {"found", finding.found}});
  }
  return json.dump(2) + "\n";
}

}  // namespace

Result<std::string> RenderRunReport(Ledger& ledger, const RunSnapshot& snapshot,
                                    const std::vector<closing::Line>& checklist, bool json) {
  TRY_ASSIGN(std::vector<Finding> findings, ledger.reads().ReadFindings(snapshot.run.id));
  TRY_ASSIGN(RunMoney money, LoadMoney(ledger, snapshot));
  if (json) return ForPrograms(snapshot, findings, money, checklist);
  TRY_ASSIGN(std::vector<TaskView> failed,
             ledger.reads().ListTasks(snapshot.run.id, TaskState::kQuarantined));
  return ForPeople(snapshot, findings, FailedTasks(failed, ledger.whereabouts()), money, checklist);
}

}  // namespace mayfly::cli
