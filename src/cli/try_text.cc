#include "cli/try_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace mayfly::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kShownColumns = 48;
constexpr std::size_t kShownFailures = 20;

double SecondsOf(const TaskStory& story) {
  return story.attempts.empty() ? 0 : story.attempts.back().seconds;
}

std::int64_t CountPassing(const std::vector<Finding>& findings) {
  return std::count_if(findings.begin(), findings.end(),
                       [](const Finding& f) { return f.verdict == Verdict::kPass; });
}

std::string OutcomeLines(const TryReport& report, const Paint& paint) {
  const TaskView& task = report.story.task;
  std::string state = paint(ToneOf(task.state), Name(task.state));
  if (report.is_done()) {
    double seconds = SecondsOf(report.story);
    double rate = seconds > 0 ? static_cast<double>(task.rows) / seconds : 0;
    return fmt::format("  {}, {} rows in {:.2f} s: {} rows/s\n", state, Thousands(task.rows),
                       seconds, Thousands(static_cast<std::int64_t>(rate)));
  }
  std::string text =
      fmt::format("  {}: {}\n", state,
                  WithoutControls(task.last_error.empty() ? report.reason : task.last_error));
  for (const TaskView& failed : report.failed) {
    text += fmt::format("  it needs {}, which failed: {}\n", TaskName(failed.stage, failed.point),
                        WithoutControls(failed.last_error));
  }
  return text;
}

// What the task printed, whether it is done or not: it is being written.
std::string OutputLines(const TryReport& report, const Paint& paint) {
  if (report.story.attempts.empty()) return "";
  std::string_view output = Trim(report.story.attempts.back().output);
  if (output.empty()) return "";
  std::string text = "\n  its output\n";
  for (const std::string& line : Split(output, '\n')) {
    text += fmt::format("  {} {}\n", paint(Tone::kFaint, "│"), WithoutControls(line));
  }
  return text;
}

std::string CheckLines(const TryReport& report, const Paint& paint) {
  if (report.findings.empty()) return "";
  std::int64_t pass = CountPassing(report.findings);
  auto all = static_cast<std::int64_t>(report.findings.size());
  std::string score = fmt::format("{} of {} checks pass", Thousands(pass), Thousands(all));
  std::string text = fmt::format("  {}\n", paint(pass == all ? Tone::kGood : Tone::kBad, score));
  std::size_t told = 0;
  for (const Finding& finding : report.findings) {
    if (finding.verdict == Verdict::kPass || ++told > kShownFailures) continue;
    text += fmt::format("    {} {} {}, {}: expected {}, found {}\n",
                        paint(Tone::kBad, Name(finding.verdict)), finding.stage, finding.where,
                        finding.check, WithoutControls(finding.expected),
                        WithoutControls(finding.found));
  }
  return text;
}

// A row is a column here: tables are wider than terminals.
std::string SampleTable(const TryReport& report, const Paint& paint) {
  const RowSample& sample = report.sample;
  if (sample.rows.empty()) return "";
  std::vector<Table::Column> titles{{"column"}};
  for (std::size_t i = 0; i < sample.rows.size(); ++i) {
    std::int64_t place = i < report.places.size() ? report.places[i] + 1 : 0;
    titles.push_back({fmt::format("row {}", Thousands(place)), Table::Align::kRight});
  }
  Table table(std::move(titles));
  std::size_t shown = std::min(sample.columns.size(), kShownColumns);
  for (std::size_t c = 0; c < shown; ++c) {
    std::vector<Cell> cells{{sample.columns[c]}};
    for (const auto& row : sample.rows) {
      cells.push_back(row[c] ? Cell{WithoutControls(*row[c])} : Cell{"NULL", Tone::kFaint});
    }
    table.Add(std::move(cells));
  }
  std::string text = "\n" + table.Render(paint);
  if (shown < sample.columns.size()) {
    text += fmt::format("  and {} more columns: --json\n", sample.columns.size() - shown);
  }
  return text;
}

ordered_json JsonOf(const RowSample& sample) {
  ordered_json rows = ordered_json::array();
  for (const auto& row : sample.rows) {
    ordered_json values = ordered_json::array();
    for (const auto& value : row) values.push_back(value ? ordered_json(*value) : nullptr);
    rows.push_back(std::move(values));
  }
  return {{"columns", sample.columns}, {"rows", rows}};
}

}  // namespace

std::string RenderTry(const TryReport& report, const Paint& paint) {
  std::string text =
      fmt::format("{} of {}{}\n", report.task, report.phase,
                  report.needed == 0 ? std::string()
                                     : fmt::format(", with {} task{} that it needs", report.needed,
                                                   report.needed == 1 ? "" : "s"));
  text += OutcomeLines(report, paint) + CheckLines(report, paint) + OutputLines(report, paint) +
          SampleTable(report, paint);
  return text + fmt::format("\nnothing of it is kept but its story: mayfly explain {} --run {}\n",
                            report.task, report.run.value);
}

std::string TryToJson(const TryReport& report) {
  const TaskView& task = report.story.task;
  auto all = static_cast<std::int64_t>(report.findings.size());
  ordered_json json{
      {"run", report.run.value},
      {"task", report.task},
      {"state", Name(task.state)},
      {"needed", report.needed},
      {"rows", task.rows},
      {"seconds", SecondsOf(report.story)},
      {"error", task.last_error},
      {"output", report.story.attempts.empty() ? "" : report.story.attempts.back().output},
      {"checks", {{"total", all}, {"failed", all - CountPassing(report.findings)}}},
      {"failures", ordered_json::array()},
      {"sample", JsonOf(report.sample)}};
  for (const Finding& finding : report.findings) {
    if (finding.verdict == Verdict::kPass) continue;
    json["failures"].push_back({{"stage", finding.stage},
                                {"check", finding.check},
                                {"where", finding.where},
                                {"verdict", Name(finding.verdict)},
                                {"expected", finding.expected},
                                {"found", finding.found}});
  }
  return DumpJson(json);
}

}  // namespace mayfly::cli
