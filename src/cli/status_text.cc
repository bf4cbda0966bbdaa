#include "cli/status_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/closing_report.h"
#include "cli/hold_text.h"
#include "cli/kept_text.h"
#include "cli/money_text.h"

namespace mayfly::cli {
namespace {

using nlohmann::ordered_json;
using Align = Table::Align;

bool IsAtRest(const RunView& run) { return IsOver(run.state) || run.state == RunState::kFailed; }

std::string_view WishName(StopWish wish) {
  switch (wish) {
    case StopWish::kNone:
      return "";
    case StopWish::kPause:
      return "pause";
    case StopWish::kCancel:
      return "cancel";
  }
  return "";
}

std::string Fact(std::string_view name, const std::string& text) {
  return text.empty() ? "" : fmt::format("  {:<9} {}\n", name, text);
}

std::string VerdictText(const RunSnapshot& s, const Paint& paint) {
  if (!s.run.verdict) return "none yet";
  std::string text = paint(ToneOf(*s.run.verdict), Name(*s.run.verdict));
  if (s.findings_total == 0) return text;
  return text + fmt::format(", {} of {} checks pass",
                            Thousands(s.findings_total - s.findings_failed),
                            Thousands(s.findings_total));
}

std::string OutputText(const RunView& run) {
  if (run.dropped) {
    return fmt::format("schema {}, dropped {} as one of more than database.keep_runs", run.schema,
                       FormatInstant(*run.dropped));
  }
  if (run.published)
    return fmt::format("schema {}, published as {}", run.schema, run.reader_schema);
  return fmt::format("schema {}, not published", run.schema);
}

std::string DeadlineText(const RunView& run) {
  if (IsAtRest(run)) return "";
  if (run.deadline_in < Duration(0)) return HumanDuration(-run.deadline_in) + " ago";
  return "in " + HumanDuration(run.deadline_in);
}

// Why there is no machine, and when the next is asked for.
std::string WaitingText(const RunView& run) {
  if (!run.waiting || IsAtRest(run)) return "";
  std::string text = WithoutControls(run.waiting->reason);
  if (run.waiting->until) text += "; next try " + FormatInstant(*run.waiting->until);
  return text;
}

// While it is far from its end, a line is enough.
std::string EndingText(const RunView& run, const std::vector<closing::Line>* checklist) {
  if (checklist == nullptr || closing::IsEnding(run)) return "";
  return fmt::format("not yet: {} of {} lines", closing::Summarise(*checklist), checklist->size());
}

std::string HoldFacts(const RunSnapshot& s, const RunMoney* money) {
  std::string text = Fact("hold", WishInALine(s));
  for (const MachineView& machine : s.machines) {
    text +=
        Fact("held", HoldInALine(machine, s, money == nullptr ? std::nullopt : LeftOfCap(*money)));
  }
  return text;
}

std::string Facts(const RunSnapshot& s, const Paint& paint, const StatusBeside& beside) {
  const RunView& run = s.run;
  std::string text = fmt::format("run {} of {} is {}\n", run.id.value, run.phase,
                                 paint(ToneOf(run.state), Name(run.state)));
  text += Fact("why", WithoutControls(run.reason));
  if (!IsOver(run.state) && run.stop_wish != StopWish::kNone) {
    text += Fact("asked to", std::string(WishName(run.stop_wish)));
  }
  text += Fact("waits", WaitingText(run));
  text += HoldFacts(s, beside.money);
  text += Fact("verdict", VerdictText(s, paint));
  text += Fact("output", OutputText(run));
  text += Fact("plan", run.plan_hash);
  if (beside.money != nullptr) text += Fact("cost", MoneyInALine(*beside.money));
  for (const auto& [name, fact] : KeptFacts(s)) text += Fact(name, fact);
  text += Fact("approved", run.approved ? ShowInstant(run.approved) : "");
  text += Fact("deadline", DeadlineText(run));
  text += Fact("closed", run.closed ? ShowInstant(run.closed) : "");
  text += Fact("ending", EndingText(run, beside.checklist));
  return text;
}

ordered_json JsonOf(const std::optional<Waiting>& waiting) {
  if (!waiting) return nullptr;
  return {{"reason", waiting->reason}, {"until", JsonInstant(waiting->until)}};
}

ordered_json JsonOf(const SeenRefusal& seen) {
  const PoolRefusal& refusal = seen.refusal;
  return {{"at", JsonInstant(seen.at)},
          {"machine", seen.machine.value},
          {"market", Name(refusal.pool.market)},
          {"zone", refusal.pool.zone},
          {"instance_type", refusal.pool.instance_type},
          {"kind", Name(refusal.kind)},
          {"code", refusal.code},
          {"message", refusal.message}};
}

Cell Count(std::int64_t count, Tone tone) {
  return count == 0 ? Cell{} : Cell{Thousands(count), tone};
}

// That a complete stage is complete needs no words.
std::string NoteOf(const StageView& stage) {
  return stage.state == StageState::kComplete ? "" : WithoutControls(stage.note);
}

Table StageTable(const RunSnapshot& s) {
  Table table({{"stage"},
               {"kind"},
               {"state"},
               {"done", Align::kRight},
               {"of", Align::kRight},
               {"in work", Align::kRight},
               {"failed", Align::kRight},
               {"skipped", Align::kRight},
               {"rows", Align::kRight},
               {"note"}});
  for (const StageView& stage : s.stages) {
    const TaskCounts& tasks = stage.tasks;
    table.Add({{stage.name},
               {stage.kind, Tone::kFaint},
               {std::string(Name(stage.state)), ToneOf(stage.state)},
               {Thousands(tasks.done)},
               {Thousands(tasks.total())},
               Count(tasks.leased, Tone::kStrong),
               Count(tasks.quarantined, Tone::kBad),
               Count(tasks.skipped, Tone::kWarn),
               {Thousands(stage.rows)},
               {NoteOf(stage), Tone::kFaint}});
  }
  return table;
}

Table MachineTable(const RunSnapshot& s) {
  Table table({{"machine", Align::kRight},
               {"state"},
               {"slots", Align::kRight},
               {"born"},
               {"gone"},
               {"heard of", Align::kRight},
               {"ends in", Align::kRight},
               {"id"},
               {"why"}});
  for (const MachineView& m : s.machines) {
    bool lives = m.state != MachineState::kGone;
    std::string heard =
        lives && m.heartbeat_age ? HumanDuration(*m.heartbeat_age) + " ago" : std::string();
    table.Add({{fmt::format("{}", m.id.value)},
               {std::string(Name(m.state)), ToneOf(m.state)},
               {fmt::format("{}", m.slots)},
               {ShowInstant(m.born)},
               {ShowInstant(m.gone)},
               {heard},
               {lives ? HumanDuration(m.deadline_in) : ""},
               {m.external_id},
               {WithoutControls(m.reason), Tone::kFaint}});
  }
  return table;
}

ordered_json JsonOf(const StageView& stage) {
  const TaskCounts& tasks = stage.tasks;
  return {{"name", stage.name},
          {"kind", stage.kind},
          {"state", Name(stage.state)},
          {"tasks",
           {{"total", tasks.total()},
            {"done", tasks.done},
            {"leased", tasks.leased},
            {"ready", tasks.ready},
            {"blocked", tasks.blocked},
            {"quarantined", tasks.quarantined},
            {"skipped", tasks.skipped}}},
          {"rows", stage.rows},
          {"note", stage.note}};
}

ordered_json JsonOf(const MachineView& machine, const RunSnapshot& snapshot) {
  auto age = machine.heartbeat_age;
  return {{"id", machine.id.value},
          {"state", Name(machine.state)},
          {"born", JsonInstant(machine.born)},
          {"gone", JsonInstant(machine.gone)},
          {"external_id", machine.external_id},
          {"slots", machine.slots},
          {"heartbeat_age_s", age ? ordered_json(Seconds(*age)) : ordered_json(nullptr)},
          {"deadline_in_s", Seconds(machine.deadline_in)},
          {"noticed", machine.noticed},
          {"hold", JsonOfHold(machine, snapshot)},
          {"reason", machine.reason}};
}

}  // namespace

std::string RenderStatus(const RunSnapshot& snapshot, const Paint& paint,
                         const StatusBeside& beside) {
  std::string text = Facts(snapshot, paint, beside) + "\n" + StageTable(snapshot).Render(paint);
  text += snapshot.machines.empty() ? "\n  no machine yet\n"
                                    : "\n" + MachineTable(snapshot).Render(paint);
  const bool is_ending = beside.checklist != nullptr && closing::IsEnding(snapshot.run);
  return is_ending ? text + "\n" + RenderChecklist(*beside.checklist, paint) : text;
}

std::string StatusToJson(const RunSnapshot& snapshot, const StatusBeside& beside) {
  const RunView& run = snapshot.run;
  ordered_json json{
      {"run", run.id.value},
      {"phase", run.phase},
      {"plan", run.plan_hash},
      {"state", Name(run.state)},
      {"reason", run.reason},
      {"asked_to", WishName(run.stop_wish)},
      {"verdict", run.verdict ? ordered_json(Name(*run.verdict)) : ordered_json(nullptr)},
      {"checks", {{"total", snapshot.findings_total}, {"failed", snapshot.findings_failed}}},
      {"published", run.published},
      {"dropped", JsonInstant(run.dropped)},
      {"schema", run.schema},
      {"reader_schema", run.reader_schema},
      {"created", JsonInstant(run.created)},
      {"approved", JsonInstant(run.approved)},
      {"closed", JsonInstant(run.closed)},
      {"deadline_in_s", Seconds(run.deadline_in)},
      {"waiting", JsonOf(run.waiting)},
      {"hold", JsonOfWish(snapshot)},
      {"kept", JsonOfKept(snapshot)},
      {"money", beside.money == nullptr ? ordered_json(nullptr) : JsonOfMoney(*beside.money)},
      {"checklist", beside.checklist == nullptr ? ordered_json(nullptr)
                                                : closing::ChecklistToJson(*beside.checklist)},
      {"stages", ordered_json::array()},
      {"machines", ordered_json::array()},
      {"refusals", ordered_json::array()}};
  for (const SeenRefusal& seen : snapshot.refusals) json["refusals"].push_back(JsonOf(seen));
  for (const StageView& stage : snapshot.stages) json["stages"].push_back(JsonOf(stage));
  for (const MachineView& m : snapshot.machines) json["machines"].push_back(JsonOf(m, snapshot));
  return DumpJson(json);
}

}  // namespace mayfly::cli
