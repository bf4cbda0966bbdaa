#include "cli/sweep_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "sweep/monthly.h"

namespace mayfly::cli {
namespace {

using nlohmann::ordered_json;
using sweep::Action;
using sweep::Finding;
using sweep::Whose;

bool IsShown(const Finding& finding) {
  return finding.is_left || finding.whose == Whose::kNobodys || finding.action != Action::kNone;
}

// "8.00 USD"; "~" before it: at another region's prices. "at most": by its full size.
std::string MonthlyText(const Thing& thing, const cost::PriceBook& book) {
  const std::optional<sweep::Monthly> monthly = sweep::MonthlyOf(thing, book);
  if (!monthly) return "not known";
  if (monthly->money == Money{}) return "-";
  return fmt::format("{}{}{}", monthly->is_at_most ? "at most " : "",
                     monthly->is_elsewhere ? "~" : "", FormatMoney(monthly->money));
}

Tone ToneOf(const Finding& finding) {
  if (finding.is_left) return Tone::kBad;
  return finding.whose == Whose::kNobodys ? Tone::kWarn : Tone::kPlain;
}

std::string AboutOf(const Thing& thing) {
  std::string text = thing.about;
  if (!thing.state.empty()) text += (text.empty() ? "" : ", ") + thing.state;
  return text;
}

std::string ThingTable(const SweepReport& report, const Paint& paint) {
  Table table({{"where"},
               {"kind"},
               {"id"},
               {"what it is"},
               {"whose"},
               {"a month", Table::Align::kRight},
               {"why"},
               {"what to do"}});
  for (const Finding& one : report.last.findings) {
    if (!IsShown(one)) continue;
    table.Add({{one.thing.place},
               {std::string(Name(one.thing.kind))},
               {WithoutControls(one.thing.id)},
               {WithoutControls(AboutOf(one.thing))},
               {std::string(Name(one.whose)), ToneOf(one)},
               {MonthlyText(one.thing, report.prices)},
               {WithoutControls(one.why)},
               {one.next}});
  }
  return table.empty() ? "" : table.Render(paint);
}

std::size_t CountUnshown(const SweepReport& report, Whose whose) {
  const auto& findings = report.last.findings;
  return static_cast<std::size_t>(std::ranges::count_if(
      findings, [&](const Finding& one) { return one.whose == whose && !IsShown(one); }));
}

// "1 thing is", "3 things are".
std::string Things(std::size_t count, std::string_view is, std::string_view are) {
  return count == 1 ? fmt::format("1 thing {}", is) : fmt::format("{} things {}", count, are);
}

std::string Summary(const SweepReport& report) {
  std::string text;
  const std::size_t needed = CountUnshown(report, Whose::kOurs);
  const std::size_t theirs = CountUnshown(report, Whose::kAnotherLedgers);
  if (needed > 0)
    text += Things(needed, "is needed", "are needed") + ", or kept until a day to come\n";
  if (theirs > 0) text += Things(theirs, "is", "are") + " another ledger's, and left alone\n";
  const SweepTotals totals = SumUp(report);
  if (totals.ours > Money{}) {
    text += fmt::format("ours, and left: {}{} a month\n", totals.ours_is_at_most ? "at most " : "",
                        FormatMoney(totals.ours));
  }
  if (totals.nobodys > Money{}) {
    text += fmt::format("nobody's, for you to judge: {}{} a month\n",
                        totals.nobodys_is_at_most ? "at most " : "", FormatMoney(totals.nobodys));
  }
  if (totals.unpriced > 0)
    text += Things(static_cast<std::size_t>(totals.unpriced), "has", "have") + " no known price\n";
  return text;
}

std::string Conclusion(const SweepReport& report) {
  const auto left =
      std::ranges::count_if(report.last.findings, [](const Finding& one) { return one.is_left; });
  if (report.is_proved) {
    return fmt::format(
        "nothing of ours is left{}: {} looks, {} apart, and the last two found nothing\n",
        report.not_asked.empty() ? "" : " here", report.passes, HumanDuration(report.window));
  }
  if (left > 0)
    return Things(static_cast<std::size_t>(left), "of ours is left\n", "of ours are left\n");
  if (!report.last.missing.empty()) return "the ledger counts on machines that are not there\n";
  return "nobody can tell whether anything is left: not every place answered\n";
}

ordered_json JsonOf(const Finding& finding, const cost::PriceBook& book) {
  const Thing& thing = finding.thing;
  const std::optional<sweep::Monthly> monthly = sweep::MonthlyOf(thing, book);
  ordered_json json;
  json["place"] = thing.place;
  json["kind"] = Name(thing.kind);
  json["id"] = thing.id;
  json["about"] = thing.about;
  json["state"] = thing.state;
  json["whose"] = Name(finding.whose);
  json["ledger"] = thing.claim.ledger;
  json["run"] = thing.claim.run ? ordered_json(thing.claim.run->value) : ordered_json();
  json["machine"] = thing.claim.machine ? ordered_json(thing.claim.machine->value) : ordered_json();
  json["held_by"] = thing.held_by;
  json["left"] = finding.is_left;
  json["action"] = Name(finding.action);
  json["why"] = finding.why;
  json["next"] = finding.next;
  json["monthly_micro_usd"] = monthly ? ordered_json(monthly->money.micro_usd) : ordered_json();
  json["at_another_regions_prices"] = monthly && monthly->is_elsewhere;
  json["monthly_is_at_most"] = monthly && monthly->is_at_most;
  return json;
}

}  // namespace

SweepTotals SumUp(const SweepReport& report) {
  SweepTotals totals;
  for (const Finding& one : report.last.findings) {
    if (!IsShown(one)) continue;
    const std::optional<sweep::Monthly> monthly = sweep::MonthlyOf(one.thing, report.prices);
    if (!monthly) {
      ++totals.unpriced;
    } else if (one.is_left) {
      totals.ours += monthly->money;
      totals.ours_is_at_most |= monthly->is_at_most;
    } else if (one.whose == Whose::kNobodys) {
      totals.nobodys += monthly->money;
      totals.nobodys_is_at_most |= monthly->is_at_most;
    }
  }
  return totals;
}

int ExitCodeOf(const SweepReport& report) {
  if (report.last.has_left()) return ExitCode(ErrorKind::kCorrupt);
  return report.is_proved ? 0 : ExitCode(ErrorKind::kUnavailable);
}

std::string RenderSweep(const SweepReport& report, const Paint& paint) {
  std::string text = ThingTable(report, paint);
  for (const sweep::Missing& one : report.last.missing) {
    text += fmt::format("{}; {}\n", paint(Tone::kBad, one.why), one.next);
  }
  for (const sweep::Unasked& one : report.last.unasked) {
    text += paint(Tone::kBad, fmt::format("{} cannot be asked: {}", one.place, one.why.message())) +
            "\n";
  }
  std::vector<std::string> whole = report.last.places;
  std::erase_if(whole, [&](const std::string& one) {
    return std::ranges::find(report.by_tag, one) != report.by_tag.end();
  });
  text += "looked through: " + Join(whole, ", ");
  if (!report.by_tag.empty()) {
    text += fmt::format("; asked for our tag: {}", Join(report.by_tag, ", "));
  }
  text += "\n";
  if (!report.not_asked.empty()) {
    text += fmt::format("no cloud was asked: {}\n", WithoutControls(report.not_asked));
  }
  return text + Summary(report) + Conclusion(report);
}

std::string SweepToJson(const SweepReport& report) {
  ordered_json json;
  json["proved"] = report.is_proved;
  json["passes"] = report.passes;
  json["window_s"] = Seconds(report.window);
  json["things"] = ordered_json::array();
  for (const Finding& one : report.last.findings) {
    json["things"].push_back(JsonOf(one, report.prices));
  }
  json["missing"] = ordered_json::array();
  for (const sweep::Missing& one : report.last.missing) {
    json["missing"].push_back({{"machine", one.machine.value},
                               {"run", one.run.value},
                               {"state", Name(one.state)},
                               {"why", one.why},
                               {"next", one.next}});
  }
  json["unasked"] = ordered_json::array();
  for (const sweep::Unasked& one : report.last.unasked) {
    json["unasked"].push_back({{"place", one.place}, {"why", one.why.message()}});
  }
  json["places"] = report.last.places;
  json["asked_by_tag_only"] = report.by_tag;
  json["cloud_not_asked"] =
      report.not_asked.empty() ? ordered_json() : ordered_json(report.not_asked);
  const SweepTotals totals = SumUp(report);
  json["monthly_ours_micro_usd"] = totals.ours.micro_usd;
  json["monthly_nobodys_micro_usd"] = totals.nobodys.micro_usd;
  json["unpriced"] = totals.unpriced;
  return DumpJson(json);
}

std::string Describe(const sweep::Deed& deed) {
  const Thing& thing = deed.thing;
  std::string what = fmt::format("{} {} in {}", Name(thing.kind), thing.id, thing.place);
  if (deed.error) {
    return fmt::format("could not {} {}: {}", Name(deed.action), what, deed.error->message());
  }
  switch (deed.action) {
    case Action::kMark:
      return fmt::format("marked {} as an orphan", what);
    case Action::kUnmark:
      return fmt::format("took the mark off {}: it is needed or in use", what);
    case Action::kRemove:
      return "removed " + what;
    case Action::kRestore:
      return fmt::format("restored {} to {} ACU", what, thing.restore.value_or(0));
    case Action::kNone:
    case Action::kJudge:
    case Action::kWait:
      break;
  }
  return what;
}

}  // namespace mayfly::cli
