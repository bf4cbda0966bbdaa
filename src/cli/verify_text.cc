#include "cli/verify_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace mayfly::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kTitleWidth = 10;
constexpr std::size_t kShownFailures = 40;

struct Score {
  std::int64_t pass = 0;
  std::int64_t all = 0;
};

bool IsAssertion(const VerifyReport& report, const Finding& finding) {
  return finding.stage == report.assertion_stage;
}

std::vector<std::string> ChecksOf(const VerifyReport& report) {
  std::vector<std::string> checks;
  for (const Finding& finding : report.findings) {
    bool known = std::find(checks.begin(), checks.end(), finding.check) != checks.end();
    if (!known && !IsAssertion(report, finding)) checks.push_back(finding.check);
  }
  return checks;
}

Cell ScoreCell(const Score& score) {
  if (score.all == 0) return {"-", Tone::kFaint};
  if (score.pass == score.all) return {fmt::format("{}", score.all), Tone::kGood};
  return {fmt::format("{}/{}", score.pass, score.all), Tone::kBad};
}

Table ScoreTable(const VerifyReport& report) {
  std::map<std::pair<std::string, std::string>, Score> scores;
  for (const Finding& finding : report.findings) {
    Score& score = scores[{finding.stage, finding.check}];
    ++score.all;
    if (finding.verdict == Verdict::kPass) ++score.pass;
  }
  std::vector<std::string> checks = ChecksOf(report);
  std::vector<Table::Column> columns{{"stage"}};
  for (const std::string& check : checks) {
    columns.push_back({WrapTitle(check, kTitleWidth), Table::Align::kRight});
  }
  Table table(std::move(columns));
  for (const std::string& stage : report.stages) {
    if (stage == report.assertion_stage) continue;
    std::vector<Cell> row{{stage}};
    for (const std::string& check : checks) row.push_back(ScoreCell(scores[{stage, check}]));
    table.Add(std::move(row));
  }
  return table;
}

Table AssertionTable(const VerifyReport& report) {
  Table table({{"assertion"}, {"verdict"}});
  for (const Finding& finding : report.findings) {
    if (!IsAssertion(report, finding)) continue;
    table.Add({{finding.check}, {std::string(Name(finding.verdict)), ToneOf(finding.verdict)}});
  }
  return table;
}

std::string Failures(const VerifyReport& report, const Paint& paint) {
  std::string text;
  std::size_t failures = 0;
  for (const Finding& finding : report.findings) {
    if (finding.verdict == Verdict::kPass || ++failures > kShownFailures) continue;
    std::string where = finding.where.empty() ? "" : " " + finding.where;
    text +=
        fmt::format("  {} {}{}, {}\n    expected {}\n    found    {}\n",
                    paint(Tone::kBad, Name(finding.verdict)), finding.stage, where, finding.check,
                    WithoutControls(finding.expected), WithoutControls(finding.found));
  }
  if (failures > kShownFailures) {
    text += fmt::format("  and {} more: mayfly verify --json\n",
                        Thousands(static_cast<std::int64_t>(failures - kShownFailures)));
  }
  return text.empty() ? "" : "\n" + text;
}

std::string LastLine(const VerifyReport& report, const Paint& paint) {
  Verdict verdict = report.verdict();
  auto all = static_cast<std::int64_t>(report.findings.size());
  std::int64_t pass = std::count_if(report.findings.begin(), report.findings.end(),
                                    [](const auto& f) { return f.verdict == Verdict::kPass; });
  std::string checks = all == 0
                           ? "nothing could be checked"
                           : fmt::format("{} of {} checks pass", Thousands(pass), Thousands(all));
  return fmt::format("\nrun {} of {}: verdict {}, {}\n", report.run.value, report.phase,
                     paint(ToneOf(verdict), Name(verdict)), checks);
}

}  // namespace

std::string RenderVerify(const VerifyReport& report, const Paint& paint) {
  std::string text;
  Table scores = ScoreTable(report);
  if (!scores.empty()) text += scores.Render(paint);
  Table assertions = AssertionTable(report);
  if (!assertions.empty()) text += "\n" + assertions.Render(paint);
  if (!report.skipped.empty()) text += "\n";
  for (const auto& [stage, why] : report.skipped) {
    text += fmt::format("  {} {}: {}\n", paint(Tone::kWarn, "skipped"), stage, why);
  }
  return text + Failures(report, paint) + LastLine(report, paint);
}

std::string VerifyToJson(const VerifyReport& report) {
  ordered_json json{{"run", report.run.value},
                    {"phase", report.phase},
                    {"verdict", Name(report.verdict())},
                    {"checks", ordered_json::array()},
                    {"skipped", ordered_json::array()}};
  for (const Finding& finding : report.findings) {
    json["checks"].push_back({{"stage", finding.stage},
                              {"check", finding.check},
                              {"where", finding.where},
                              {"verdict", Name(finding.verdict)},
                              {"expected", finding.expected},
                              {"found", finding.found}});
  }
  for (const auto& [stage, why] : report.skipped) {
    json["skipped"].push_back({{"stage", stage}, {"why", why}});
  }
  return DumpJson(json);
}

}  // namespace mayfly::cli
