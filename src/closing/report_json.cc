#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "closing/report.h"

namespace mayfly::closing {
namespace {

using nlohmann::ordered_json;

ordered_json JsonOf(const std::optional<Instant>& at) {
  return at ? ordered_json(FormatInstant(*at)) : ordered_json(nullptr);
}
ordered_json JsonOf(const std::optional<Duration>& length) {
  return length ? ordered_json(Seconds(*length)) : ordered_json(nullptr);
}
ordered_json JsonOf(const std::optional<Money>& money) {
  return money ? ordered_json(FormatExactMoney(*money)) : ordered_json(nullptr);
}

ordered_json JsonOf(const StageReport& stage) {
  return {{"name", stage.view.name},
          {"kind", stage.view.kind},
          {"state", Name(stage.view.state)},
          {"note", stage.view.note},
          {"tasks_done", stage.view.tasks.done},
          {"tasks", stage.view.tasks.total()},
          {"rows", stage.view.rows},
          {"began", JsonOf(stage.trail.began)},
          {"ended", JsonOf(stage.trail.ended)},
          {"planned_slot_s", JsonOf(stage.planned)},
          {"slot_s", Seconds(stage.worked)},
          {"lost_slot_s", Seconds(stage.lost)},
          {"attempts", stage.trail.attempts},
          {"lost_attempts", stage.trail.lost}};
}

ordered_json JsonOf(const MachineReport& machine) {
  const MachineView& view = machine.view;
  const Pool& pool = view.money.offer.pool;
  return {{"id", view.id.value},
          {"state", Name(view.state)},
          {"external_id", view.external_id},
          {"market", Name(pool.market)},
          {"instance_type", pool.instance_type},
          {"zone", pool.zone},
          {"born", JsonOf(view.born)},
          {"gone", JsonOf(view.gone)},
          {"why", view.reason},
          {"interruption", machine.interruption},
          {"price", FormatRate(view.money.offer.price)},
          {"billed_s", Seconds(machine.account.billed)},
          {"amount", FormatExactMoney(machine.account.total())},
          {"lost_slot_s", Seconds(machine.lost)}};
}

ordered_json JsonOfTime(const TimeReport& time) {
  return {{"planned_s", JsonOf(time.planned)},
          {"planned_by", time.planned_by},
          {"machines_s", Seconds(time.machines)},
          {"work_s", JsonOf(time.work)},
          {"approval_to_end_s", JsonOf(time.approval)}};
}

ordered_json JsonOfMoney(const Report& report) {
  ordered_json json{{"quote", nullptr},
                    {"low", nullptr},
                    {"expected", nullptr},
                    {"most", nullptr},
                    {"cap", nullptr},
                    {"actual", FormatExactMoney(report.total)},
                    {"actual_micro_usd", report.total.micro_usd},
                    {"lost", FormatExactMoney(report.lost)},
                    {"lines", ordered_json::array()}};
  if (report.quote) {
    json["quote"] = report.quote->id;
    json["low"] = JsonOf(report.quote->low);
    json["expected"] = JsonOf(report.quote->expected);
    json["most"] = FormatExactMoney(report.quote->high);
    json["cap"] = JsonOf(report.quote->cap);
  }
  for (const MoneyReport& line : report.lines) {
    json["lines"].push_back({{"item", line.item},
                             {"expected", JsonOf(line.expected)},
                             {"most", JsonOf(line.most)},
                             {"actual", FormatExactMoney(line.actual)}});
  }
  return json;
}

ordered_json JsonOf(const SeenRefusal& seen) {
  const PoolRefusal& refusal = seen.refusal;
  return {{"at", FormatInstant(seen.at)},   {"machine", seen.machine.value},
          {"pool", Describe(refusal.pool)}, {"kind", Name(refusal.kind)},
          {"code", refusal.code},           {"message", refusal.message}};
}

ordered_json JsonOf(const KeptThing& kept) {
  return {
      {"what", kept.what},
      {"monthly", kept.monthly ? ordered_json(FormatExactMoney(*kept.monthly)) : ordered_json()},
      {"until", JsonOf(kept.until)}};
}

template <typename Things>
ordered_json ListOf(const Things& things) {
  ordered_json list = ordered_json::array();
  for (const auto& thing : things) list.push_back(JsonOf(thing));
  return list;
}

}  // namespace

ordered_json ChecklistToJson(const std::vector<Line>& lines) {
  ordered_json list = ordered_json::array();
  for (const Line& line : lines) {
    list.push_back({{"name", line.name},
                    {"state", Name(line.state)},
                    {"evidence", line.evidence},
                    {"next_step", line.next_step}});
  }
  return list;
}

ordered_json ReportToJson(const Report& report) {
  const RunView& run = report.run;
  return {{"run", run.id.value},
          {"phase", run.phase},
          {"plan", run.plan_hash},
          {"state", Name(run.state)},
          {"reason", run.reason},
          {"verdict", run.verdict ? ordered_json(Name(*run.verdict)) : ordered_json(nullptr)},
          {"published", run.published},
          {"schema", run.schema},
          {"reader_schema", run.reader_schema},
          {"approved", JsonOf(run.approved)},
          {"approved_by", report.approved_by},
          {"closed", JsonOf(run.closed)},
          {"as_of", FormatInstant(report.as_of)},
          {"checks", {{"total", report.checks}, {"failed", report.checks_failed}}},
          {"checklist", ChecklistToJson(report.checklist)},
          {"stages", ListOf(report.stages)},
          {"machines", ListOf(report.machines)},
          {"time", JsonOfTime(report.time)},
          {"money", JsonOfMoney(report)},
          {"differences", report.reasons},
          {"refusals", ListOf(report.refusals)},
          {"kept", ListOf(report.kept)},
          {"next_steps", report.next_steps}};
}

}  // namespace mayfly::closing
