#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "closing/report.h"

namespace mayfly::closing {
namespace {

// Text of others in a line of ours: nothing of it is markup, and it stays on its line.
std::string Escape(std::string_view text) {
  constexpr std::string_view kMarkup = "\\`*_[]<>|#";
  std::string escaped;
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      escaped += ' ';
      continue;
    }
    if (kMarkup.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// A table whose columns from `numbers` on stand to the right.
class Table {
 public:
  Table(const std::vector<std::string>& head, std::size_t numbers) {
    AddRow(head);
    text_ += "|";
    for (std::size_t i = 0; i < head.size(); ++i) text_ += i < numbers ? "---|" : "---:|";
    text_ += "\n";
  }
  void AddRow(const std::vector<std::string>& cells) {
    text_ += "|";
    for (const std::string& cell : cells) text_ += " " + cell + " |";
    text_ += "\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string When(const std::optional<Instant>& at) {
  if (!at) return "–";
  std::string text = FormatInstant(std::chrono::floor<std::chrono::seconds>(*at));
  text[10] = ' ';
  text.pop_back();
  return text;
}

std::string Length(const std::optional<Duration>& length) {
  return length ? HumanDuration(*length) : "–";
}

std::string Amount(const std::optional<Money>& money) { return money ? FormatMoney(*money) : "–"; }

std::string Head(const Report& report) {
  const RunView& run = report.run;
  std::string text =
      fmt::format("# Run {} of {}: {}, verdict {}\n\n", run.id.value, Escape(run.phase),
                  Name(run.state), run.verdict ? Name(*run.verdict) : "none");
  if (!run.reason.empty()) text += Escape(run.reason) + ".\n\n";
  text += fmt::format("- plan {}, approved {}{}\n", Escape(run.plan_hash), When(run.approved),
                      report.approved_by.empty() ? "" : " by " + Escape(report.approved_by));
  text += fmt::format("- closed {}, this report made of the ledger as of {} (times are UTC)\n",
                      When(run.closed), When(report.as_of));
  text += fmt::format("- {} of {} checks pass\n", Thousands(report.checks - report.checks_failed),
                      Thousands(report.checks));
  if (run.published) {
    text += fmt::format("- published as schema {} (from {})\n", Escape(run.reader_schema),
                        Escape(run.schema));
  } else {
    text += fmt::format("- not published: readers of schema {} see what they saw before\n",
                        Escape(run.reader_schema));
  }
  return text;
}

std::string Checklist(const Report& report) {
  Table table({"line", "state", "evidence"}, 3);
  for (const Line& line : report.checklist) {
    const bool is_bad = line.state == LineState::kFailed || line.state == LineState::kCannotTell;
    const std::string state(Name(line.state));
    table.AddRow({line.name, is_bad ? "**" + state + "**" : state, Escape(line.evidence)});
  }
  return fmt::format("\n## Termination: {}\n\n{}", Summarise(report.checklist), table.text());
}

std::string Comparison(const Report& report) {
  const TimeReport& time = report.time;
  Table table({"", "planned", "at most", "actual"}, 1);
  table.AddRow({fmt::format("machine time ({})", Escape(time.planned_by)), Length(time.planned),
                "–", HumanDuration(time.machines)});
  table.AddRow({"first attempt to last", "–", "–", Length(time.work)});
  table.AddRow({"approval to end", "–", "–", Length(time.approval)});
  for (const MoneyReport& line : report.lines) {
    table.AddRow({line.item, Amount(line.expected), Amount(line.most), FormatMoney(line.actual)});
  }
  const bool is_quoted = report.quote.has_value();
  table.AddRow({is_quoted ? "money, quote " + Escape(report.quote->id) : "money, not quoted",
                is_quoted ? Amount(report.quote->expected) : "–",
                is_quoted ? FormatMoney(report.quote->high) : "–", FormatMoney(report.total)});
  std::string text = "\n## Planned against actual\n\n" + table.text();
  if (!report.reasons.empty()) text += "\nWhy they differ:\n\n";
  for (const std::string& reason : report.reasons) text += "- " + Escape(reason) + "\n";
  return text;
}

std::string Stages(const Report& report) {
  Table table({"stage", "state", "began", "tasks", "rows", "slot time by its first task",
               "slot time", "lost", "lost attempts"},
              3);
  for (const StageReport& stage : report.stages) {
    const TaskCounts& tasks = stage.view.tasks;
    std::string state(Name(stage.view.state));
    const bool needs_words = stage.view.state != StageState::kComplete && !stage.view.note.empty();
    if (needs_words) state += ": " + Escape(stage.view.note);
    table.AddRow({Escape(stage.view.name), state, When(stage.trail.began),
                  fmt::format("{} of {}", Thousands(tasks.done), Thousands(tasks.total())),
                  Thousands(stage.view.rows), Length(stage.planned), HumanDuration(stage.worked),
                  HumanDuration(stage.lost), Thousands(stage.trail.lost)});
  }
  return "\n## Stages\n\n" + table.text();
}

std::string Machines(const Report& report) {
  std::string text = "\n## Machines\n\n";
  if (report.machines.empty()) return text + "None was had.\n";
  Table table({"machine", "pool", "born", "gone", "why it ended", "price", "billed", "amount"}, 5);
  for (const MachineReport& machine : report.machines) {
    const MachineView& view = machine.view;
    const bool was_taken = !machine.interruption.empty();
    table.AddRow({std::to_string(view.id.value), Escape(Describe(view.money.offer.pool)),
                  When(view.born), When(view.gone),
                  (was_taken ? machine.interruption + ": " : "") + Escape(view.reason),
                  FormatRate(view.money.offer.price), HumanDuration(machine.account.billed),
                  FormatMoney(machine.account.total())});
  }
  return text + table.text();
}

std::string Refusals(const Report& report) {
  if (report.refusals.empty()) return "";
  Table table({"at", "pool", "kind", "said"}, 4);
  for (auto seen = report.refusals.rbegin(); seen != report.refusals.rend(); ++seen) {
    const PoolRefusal& refusal = seen->refusal;
    table.AddRow({When(seen->at), Escape(Describe(refusal.pool)), std::string(Name(refusal.kind)),
                  Escape(refusal.code + ": " + refusal.message)});
  }
  return "\n## Refusals\n\nThe newest of each pool and kind.\n\n" + table.text();
}

std::string Kept(const Report& report) {
  std::string text = "\n## Kept\n\n";
  for (const KeptThing& kept : report.kept) {
    text += "- " + Escape(kept.what);
    if (kept.monthly) text += fmt::format(": at most {} a month", FormatMoney(*kept.monthly));
    text += (kept.until ? ", until " + When(kept.until) : "") + "\n";
  }
  return report.kept.empty() ? text + "Nothing that bills by the month.\n" : text;
}

std::string NextSteps(const Report& report) {
  std::string text = "\n## What to do next\n\n";
  if (report.next_steps.empty()) return text + "Nothing.\n";
  for (const std::string& step : report.next_steps) text += "- " + Escape(step) + "\n";
  return text;
}

}  // namespace

std::string ReportToMarkdown(const Report& report) {
  return Head(report) + Checklist(report) + NextSteps(report) + Comparison(report) +
         Stages(report) + Machines(report) + Refusals(report) + Kept(report);
}

}  // namespace mayfly::closing
