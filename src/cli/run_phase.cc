#include "cli/run_phase.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "cli/closing_report.h"
#include "cli/money_text.h"
#include "cli/phase_money.h"
#include "cli/run_report.h"
#include "cli/try_task.h"
#include "cost/quote.h"
#include "sched/decide.h"

namespace mayfly::cli {
namespace {

// Approval holds for what was shown: the plan that was kept under this hash takes the place of
// today's, if it is the same but for its prices and today's do not come to more.
Status TakeApproved(const RunWishes& wishes, Ledger& ledger, PhasePlan& plan) {
  if (wishes.approve.empty()) return {};
  TRY_ASSIGN(std::optional<KeptPlan> kept, ledger.plans().Find(wishes.approve));
  if (!kept || !IsApprovedAs(plan, kept->quote, wishes.approve)) return {};
  TRY(cost::CheckWithin(kept->quote, *plan.quote));
  AttachQuote(plan, std::move(kept->quote), plan.bundle);
  return {};
}

Status Approve(const RunWishes& wishes, const PhasePlan& plan, const Session& session) {
  if (!wishes.approve.empty() && wishes.approve != plan.hash) {
    return Conflict(
        fmt::format("the plan is {} now, not the approved {}; look at it with `mayfly "
                    "plan` and approve it again",
                    plan.hash, wishes.approve));
  }
  if (wishes.yes || !wishes.approve.empty()) return {};
  std::string next_step = fmt::format("approve it with --approve {} or --yes", plan.hash);
  if (!session.terminal.in_is_terminal || !session.terminal.err_is_terminal) {
    return Denied("nobody is here to approve the plan; " + next_step);
  }
  fmt::print(stderr, "Run this plan, {}? [y/N] ", QuoteInALine(*plan.quote));
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "yes") return {};
  return Denied("the plan was not approved; " + next_step);
}

// What differs between the plan that is open and the one that is asked for, the first few lines.
Result<std::string> Difference(Ledger& ledger, RunId open, const PhasePlan& plan) {
  TRY_ASSIGN(StoredPlan stored, ledger.reads().LoadPlan(open));
  std::vector<std::string> before = Split(stored.canonical_toml, '\n');
  std::vector<std::string> after = Split(plan.canonical_toml, '\n');
  std::string text;
  int told = 0;
  auto tell = [&](const std::vector<std::string>& lines, const std::vector<std::string>& others,
                  std::string_view mark) {
    for (const std::string& line : lines) {
      bool both = std::find(others.begin(), others.end(), line) != others.end();
      if (both || Trim(line).empty() || ++told > 6) continue;
      text += fmt::format("\n  {} {}", mark, Trim(line));
    }
  };
  tell(before, after, "-");
  tell(after, before, "+");
  return text.empty() ? std::string("\n  the bars that were found differ") : text;
}

struct Target {
  RunId run;
  bool resume = false;
  bool is_over = false;  // closed already, with this plan
};

Result<Target> StartNew(const Drive& drive, const PhasePlan& plan) {
  TRY_ASSIGN(RunId run, drive.ledger.runs().Create(plan));
  Say(fmt::format("run {} is approved: plan {}", run.value, plan.hash));
  return Target{run};
}

// Is this the plan of that run? Today's prices do not matter: it was approved at its own.
Result<bool> IsPlanOf(Ledger& ledger, const Existing& run, const PhasePlan& plan) {
  if (run.plan_hash == plan.hash) return true;
  TRY_ASSIGN(StoredPlan stored, ledger.reads().LoadPlan(run.run));
  if (stored.quote_json.empty()) return run.plan_hash == plan.core;
  TRY_ASSIGN(Quote approved, QuoteFromJson(stored.quote_json));
  return IsApprovedAs(plan, approved, run.plan_hash);
}

// Run identity: the same plan continues or reports, another one while a run is open is a conflict.
Result<Target> FindTarget(const Drive& drive, const PhasePlan& plan, bool start_over) {
  TRY_ASSIGN(std::optional<Existing> newest, drive.ledger.runs().FindNewest(plan.spec.name));
  if (!newest) return StartNew(drive, plan);
  bool open = !IsOver(newest->state);
  TRY_ASSIGN(bool same, IsPlanOf(drive.ledger, *newest, plan));
  if (start_over) {
    if (open) {
      Say(fmt::format("run {} is open and will be cancelled first", newest->run.value));
      TRY(CancelOpen(drive, newest->run));
    }
    return StartNew(drive, plan);
  }
  if (open && !same) {
    TRY_ASSIGN(std::string difference, Difference(drive.ledger, newest->run, plan));
    return Conflict(
        fmt::format("run {} of phase {} is {} with plan {}; this is plan {}:{}\n"
                    "continue the old one with its own settings, or start over with "
                    "--new",
                    newest->run.value, plan.spec.name, Name(newest->state), newest->plan_hash,
                    plan.hash, difference));
  }
  if (open) {
    Say(fmt::format("run {} is {}: going on with it", newest->run.value, Name(newest->state)));
    return Target{newest->run, /*resume=*/true};
  }
  if (same && newest->state == RunState::kClosed) return Target{newest->run, false, true};
  return StartNew(drive, plan);
}

int ExitCodeOf(const RunSnapshot& snapshot) {
  if (snapshot.run.state == RunState::kClosed) return 0;
  if (snapshot.run.state == RunState::kFailed) {
    bool verdict = snapshot.run.verdict.has_value();
    return ExitCode(verdict ? ErrorKind::kCorrupt : ErrorKind::kExhausted);
  }
  bool waits =
      snapshot.run.state == RunState::kPaused && snapshot.run.reason != sched::kAskedToStop;
  return ExitCode(waits ? ErrorKind::kDenied : ErrorKind::kCancelled);
}

// The files are for people: that they cannot be written does not undo what the run did.
void KeepReport(const Drive& drive, const RunSnapshot& snapshot, const closing::Report& report) {
  const bool is_settled = IsOver(snapshot.run.state) || snapshot.run.state == RunState::kFailed;
  if (drive.reports.empty() || !is_settled) return;
  Result<std::string> kept = KeepClosingReport(drive.host.files(), drive.reports, report);
  if (kept.ok()) return Say("closing report: " + *kept);
  Say(fmt::format("mayfly: the closing report is not kept: {}; `mayfly report {}` makes it again",
                  kept.error().message(), snapshot.run.id.value));
}

Result<int> Report(const Drive& drive, const RunWishes& wishes, const RunSnapshot& snapshot) {
  TRY_ASSIGN(const closing::Report closing, LoadClosingReport(drive.ledger, snapshot));
  TRY_ASSIGN(std::string report,
             RenderRunReport(drive.ledger, snapshot, closing.checklist, wishes.json));
  Print(report);
  KeepReport(drive, snapshot, closing);
  if (snapshot.run.state == RunState::kPaused) {
    Say(IsCapUsedUp(snapshot.run) ? "paused; a larger budget is another plan, which --new starts"
                                  : "paused; the same command continues it");
  } else if (snapshot.run.state == RunState::kFailed) {
    Say("mend the cause, then the same command continues it; mayfly verify, mayfly explain TASK "
        "and "
        "mayfly logs tell more");
  }
  return ExitCodeOf(snapshot);
}

}  // namespace

Result<RunEnd> RunPhase(const Drive& drive, PhasePlan plan, const RunWishes& wishes) {
  TRY(TakeApproved(wishes, drive.ledger, plan));
  if (wishes.dry) {
    TRY_ASSIGN(int code, TryTask(drive, plan, {wishes.only, wishes.json}));
    return RunEnd{code, std::nullopt};
  }
  fmt::print(stderr, "{}", RenderPlan(plan));
  TRY(Approve(wishes, plan, drive.session));
  TRY_ASSIGN(Target target, FindTarget(drive, plan, wishes.start_over));
  if (target.is_over) {
    Say(fmt::format("run {} closed with this plan already; --new starts over", target.run.value));
    TRY_ASSIGN(RunSnapshot closed, drive.ledger.reads().Load(target.run));
    TRY_ASSIGN(int code, Report(drive, wishes, closed));
    return RunEnd{code, std::move(closed)};
  }
  TRY_ASSIGN(RunSnapshot snapshot, DriveRun(drive, target.run, target.resume));
  TRY_ASSIGN(int code, Report(drive, wishes, snapshot));
  return RunEnd{code, std::move(snapshot)};
}

}  // namespace mayfly::cli
