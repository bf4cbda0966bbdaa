#include "cli/closing_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/phase_money.h"

namespace mayfly::cli {
namespace {

Tone ToneOf(closing::LineState state) {
  switch (state) {
    case closing::LineState::kDone:
      return Tone::kGood;
    case closing::LineState::kOpen:
      return Tone::kWarn;
    case closing::LineState::kFailed:
    case closing::LineState::kCannotTell:
      return Tone::kBad;
    case closing::LineState::kNotNeeded:
      return Tone::kFaint;
  }
  return Tone::kPlain;
}

}  // namespace

Result<std::vector<closing::Line>> LoadChecklist(Ledger& ledger, const RunSnapshot& snapshot) {
  TRY_ASSIGN(const ClosingFacts facts, ledger.closings().ReadClosing(snapshot.run.id));
  TRY_ASSIGN(const std::vector<Finding> findings, ledger.reads().ReadFindings(snapshot.run.id));
  return closing::MakeChecklist({snapshot, facts, findings});
}

Result<closing::Report> LoadClosingReport(Ledger& ledger, const RunSnapshot& snapshot) {
  const RunId run = snapshot.run.id;
  TRY_ASSIGN(const ClosingFacts facts, ledger.closings().ReadClosing(run));
  TRY_ASSIGN(const std::vector<Finding> findings, ledger.reads().ReadFindings(run));
  TRY_ASSIGN(const std::vector<SlotTime> slots, ledger.reads().ReadSlotTime(run));
  TRY_ASSIGN(const RunMoney money, LoadMoney(ledger, snapshot));
  return closing::MakeReport({.evidence = {snapshot, facts, findings},
                              .account = money.account,
                              .slots = slots,
                              .quote = money.quote});
}

std::string ReportFolder(const Place& place) { return place.state_dir + "/reports"; }

Result<std::string> KeepClosingReport(FileSystem& files, const std::string& folder,
                                      const closing::Report& report) {
  const std::string stem = fmt::format("{}/run-{}", folder, report.run.id.value);
  TRY(files.Write(stem + ".json", DumpJson(closing::ReportToJson(report))));
  TRY(files.Write(stem + ".md", closing::ReportToMarkdown(report)));
  return stem + ".md";
}

std::string RenderChecklist(const std::vector<closing::Line>& lines, const Paint& paint) {
  Table table({{"termination"}, {"state"}, {"evidence"}, {"what to do"}});
  for (const closing::Line& line : lines) {
    table.Add({{line.name},
               {std::string(closing::Name(line.state)), ToneOf(line.state)},
               {WithoutControls(line.evidence)},
               {line.next_step}});
  }
  return table.Render(paint);
}

}  // namespace mayfly::cli
