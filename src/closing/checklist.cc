#include "closing/checklist.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"

namespace mayfly::closing {
namespace {

// Nothing more happens to it by itself.
bool IsSettled(const RunView& run) { return IsOver(run.state) || run.state == RunState::kFailed; }

bool WasCancelled(const RunView& run) { return run.state == RunState::kCancelled; }

// "2026-11-28 01:00:31": as screens show times.
std::string Show(Instant at) {
  std::string text = FormatInstant(at);
  text[10] = ' ';
  text.pop_back();
  return text;
}

std::string When(const std::optional<Instant>& at) {
  return at ? Show(std::chrono::floor<std::chrono::seconds>(*at)) : "a time not recorded";
}

std::string Count(std::int64_t count, std::string_view one) {
  return fmt::format("{} {}{}", Thousands(count), one, count == 1 ? "" : "s");
}

// --- stages verified

std::string StagesText(const RunSnapshot& s) {
  std::int64_t complete = 0, skipped = 0;
  std::string which;
  for (const StageView& stage : s.stages) {
    complete += stage.state == StageState::kComplete ? 1 : 0;
    if (stage.state != StageState::kSkipped) continue;
    ++skipped;
    which += fmt::format("; skipped {}: {}", stage.name, stage.note);
  }
  return fmt::format("{} of {} stages complete{}", complete, std::ssize(s.stages) - skipped, which);
}

const StageView* FindFailed(const RunSnapshot& s) {
  auto failed = std::ranges::find(s.stages, StageState::kFailed, &StageView::state);
  return failed == s.stages.end() ? nullptr : &*failed;
}

std::string FirstFailure(const std::vector<Finding>& findings, Verdict verdict) {
  auto first = std::ranges::find(findings, verdict, &Finding::verdict);
  if (first == findings.end()) return "";
  return fmt::format(", the first is {} {}: {}: expected {}, found {}", first->stage, first->where,
                     first->check, first->expected, first->found);
}

Line NotVerified(const RunSnapshot& s) {
  Line line{.name = "stages verified"};
  const StageView* failed = FindFailed(s);
  if (WasCancelled(s.run)) {
    line.state = LineState::kNotNeeded;
    line.evidence = "the run was cancelled before its verification; " + StagesText(s);
  } else if (s.run.verdict == Verdict::kPass) {
    line.state = LineState::kCannotTell;
    line.evidence = "the verdict is pass, and its checks are not in the ledger; " + StagesText(s);
    line.next_step = "mayfly verify makes every check again, from the data";
  } else if (failed != nullptr) {
    line.state = LineState::kFailed;
    line.evidence =
        fmt::format("stage {} is failed: {}; {}", failed->name, failed->note, StagesText(s));
    line.next_step = "mayfly explain a task of it, mend the cause, mayfly run again";
  } else if (IsSettled(s.run)) {
    line.state = LineState::kFailed;
    line.evidence = fmt::format("no check was made: {}; {}", s.run.reason, StagesText(s));
    line.next_step = "mend the cause, then mayfly run again";
  } else {
    line.evidence = "not verified yet; " + StagesText(s);
  }
  return line;
}

Line StagesVerified(const Evidence& e) {
  const RunSnapshot& s = e.run;
  if (s.findings_total == 0) return NotVerified(s);
  Line line{.name = "stages verified"};
  const std::string checks = fmt::format("{} of {} checks pass, verification of {}",
                                         Thousands(s.findings_total - s.findings_failed),
                                         Thousands(s.findings_total), When(e.facts.verified));
  const bool has_failure =
      std::ranges::any_of(e.findings, [](const Finding& f) { return f.verdict == Verdict::kFail; });
  if (s.findings_failed > 0) {
    line.state = has_failure ? LineState::kFailed : LineState::kCannotTell;
    line.evidence =
        checks + FirstFailure(e.findings, has_failure ? Verdict::kFail : Verdict::kCannotTell);
    line.next_step = "mayfly verify shows every check; mend the cause, then mayfly run again";
  } else if (s.run.verdict == Verdict::kPass) {
    line.state = LineState::kDone;
    line.evidence = fmt::format("{}; {}", checks, StagesText(s));
  } else {
    line.evidence = fmt::format("{}, and there is no verdict yet; {}", checks, StagesText(s));
  }
  return line;
}

// --- published, export

Line Published(const Evidence& e) {
  const RunView& run = e.run.run;
  Line line{.name = "published"};
  if (run.published) {
    line.state = LineState::kDone;
    line.evidence = fmt::format("schema {} published as {} at {}", run.schema, run.reader_schema,
                                When(e.facts.published));
    return line;
  }
  const std::string readers =
      fmt::format("readers of schema {} see what they saw before", run.reader_schema);
  if (WasCancelled(run)) {
    line.state = LineState::kNotNeeded;
    line.evidence = "the run was cancelled; " + readers;
  } else if (IsSettled(run)) {
    line.state = LineState::kFailed;
    line.evidence =
        run.verdict
            ? fmt::format("not published, for the verdict is {}; {}", Name(*run.verdict), readers)
            : fmt::format("not published, for there is no verdict; {}", readers);
    line.next_step = "mend the cause, then mayfly run again";
  } else {
    line.evidence = "not published yet; " + readers;
  }
  return line;
}

Line ExportValidated(const Evidence& e) {
  Line line{.name = "export validated"};
  auto stage = std::ranges::find(e.run.stages, "export", &StageView::kind);
  if (stage == e.run.stages.end()) {
    line.state = LineState::kNotNeeded;
    line.evidence = "no export stage in this phase";
    return line;
  }
  std::int64_t checks = 0, failed = 0;
  for (const Finding& finding : e.findings) {
    if (finding.stage != stage->name) continue;
    ++checks;
    failed += finding.verdict == Verdict::kPass ? 0 : 1;
  }
  const std::string text = fmt::format("stage {} is {}, {} of {} of its checks pass", stage->name,
                                       Name(stage->state), checks - failed, checks);
  line.evidence = text;
  if (stage->state == StageState::kComplete && checks > 0 && failed == 0) {
    line.state = LineState::kDone;
  } else if (failed > 0 || stage->state == StageState::kFailed) {
    line.state = LineState::kFailed;
    line.next_step = "mayfly verify shows every check of it";
  } else if (WasCancelled(e.run.run) || stage->state == StageState::kSkipped) {
    line.state = LineState::kNotNeeded;
  } else if (stage->state == StageState::kComplete) {
    line.state = LineState::kCannotTell;
  }
  return line;
}

// --- logs

const MachineTrail* FindTrail(const ClosingFacts& facts, MachineId machine) {
  auto trail = std::ranges::find(facts.machines, machine, &MachineTrail::machine);
  return trail == facts.machines.end() ? nullptr : &*trail;
}

// What became of the last words of a machine: empty where they are all kept, and where neither a
// line nor a reason for its end was written down.
std::string LostWords(const MachineView& machine, const MachineTrail& trail) {
  if (trail.left || IsAlive(machine.state)) return "";
  std::string why = machine.money.billed.reclaimed ? "it was taken back" : machine.reason;
  if (why.empty() && trail.lines == 0) return "";
  if (why.empty()) why = "why it ended is not recorded";
  const std::string what =
      trail.lines == 0
          ? "nothing of it was heard before"
          : fmt::format("what it printed after {}, when it was last heard, may be lost",
                        When(trail.heard));
  return fmt::format("; machine {} took no leave ({}): {}", machine.id.value, why, what);
}

Line LogsKept(const Evidence& e) {
  Line line{.name = "logs kept", .state = LineState::kDone};
  std::int64_t talked = 0, entries = 0, living = 0;
  std::string lost, silent, last;
  for (const MachineView& machine : e.run.machines) {
    const MachineTrail* trail = FindTrail(e.facts, machine.id);
    if (!machine.born) continue;
    ++talked;
    living += IsAlive(machine.state) ? 1 : 0;
    const std::string words = trail == nullptr ? "" : LostWords(machine, *trail);
    lost += words;
    const bool said_nothing = trail == nullptr || trail->lines == 0;
    if (said_nothing && words.empty()) {
      silent += fmt::format("; nothing is kept of machine {}", machine.id.value);
    }
    if (said_nothing) continue;
    entries += trail->lines;
    last = fmt::format(", the last of machine {} at {}", machine.id.value, When(trail->last_line));
  }
  line.evidence =
      fmt::format("{} log {} of {}{}{}{}", Thousands(entries), entries == 1 ? "entry" : "entries",
                  Count(talked, "machine"), last, lost, silent);
  if (talked == 0) {
    line.state = LineState::kNotNeeded;
    line.evidence = "no machine ever reported";
  } else if (living > 0 || !IsEnding(e.run.run)) {
    line.state = LineState::kOpen;
  } else if (!silent.empty()) {
    line.state = LineState::kCannotTell;
    line.next_step = "look at the machine's own log: on this computer logs/ in the state folder";
  }
  return line;
}

// --- capacity, machines

std::string WhatBecameOf(const RaisedFloor& floor) {
  if (floor.state == FloorState::kRestored) return "restored at " + When(floor.over);
  if (floor.state == FloorState::kLeft) return "left as it is: " + floor.note;
  return "not restored";
}

// One that is left is somebody else's to judge: it was set meanwhile, or its cluster is gone.
Line CapacityRestored(const Evidence& e) {
  Line line{.name = "capacity restored", .state = LineState::kNotNeeded};
  line.evidence = "no database floor was raised";
  if (e.run.floors.empty()) return line;
  line.evidence.clear();
  line.state = LineState::kDone;
  for (const RaisedFloor& floor : e.run.floors) {
    if (!line.evidence.empty()) line.evidence += "; ";
    line.evidence += fmt::format("{} raised from {} to {} ACU, {}", floor.cluster,
                                 FormatUnits(floor.before_milli), FormatUnits(floor.floor_milli),
                                 WhatBecameOf(floor));
    if (!IsOpen(floor.state)) continue;
    line.state = IsSettled(e.run.run) ? LineState::kFailed : LineState::kOpen;
    line.next_step = fmt::format("set the floor of {} back to {} ACU; until then it bills",
                                 floor.cluster, FormatUnits(floor.before_milli));
  }
  return line;
}

Line NothingRunning(const Evidence& e) {
  Line line{.name = "nothing running"};
  const std::int64_t leases = e.run.Totals().leased;
  const std::int64_t alive =
      std::ranges::count_if(e.run.machines, [](const MachineView& m) { return IsAlive(m.state); });
  line.evidence = fmt::format("{}, {} alive", Count(leases, "lease"), Count(alive, "machine"));
  const bool is_quiet = leases == 0 && alive == 0;
  if (is_quiet && IsEnding(e.run.run)) {
    line.state = LineState::kDone;
  } else if (!is_quiet && IsSettled(e.run.run)) {
    line.next_step = "mayfly stop ends what is left, also where no controller lives";
  }
  return line;
}

Line Terminated(const Evidence& e) {
  Line line{.name = "terminated", .state = LineState::kNotNeeded};
  std::map<std::string, std::int64_t> reasons;
  std::int64_t had = 0, gone = 0, refused = 0;
  for (const MachineView& machine : e.run.machines) {
    if (machine.was_refused) {
      ++refused;
      continue;
    }
    ++had;
    if (machine.state != MachineState::kGone) continue;
    ++gone;
    ++reasons[machine.money.billed.reclaimed ? "reclaimed" : machine.reason];
  }
  line.evidence = "no machine was had";
  if (had > 0) {
    line.evidence = fmt::format("{} of {} ended", gone, Count(had, "machine"));
    std::string by;
    for (const auto& [reason, count] : reasons) {
      by += fmt::format("{}{} ({})", by.empty() ? ", by: " : ", ", reason, count);
    }
    line.evidence += by;
    line.state = gone == had && IsEnding(e.run.run) ? LineState::kDone : LineState::kOpen;
  }
  if (refused > 0) {
    line.evidence += fmt::format("; {} more asked for and never had", Count(refused, "machine"));
  }
  const ProofStanding proof = JudgeProof(e.run);
  if (had > 0 && proof.last) {
    line.evidence += fmt::format("; the provider shows {} ended and {} no more",
                                 proof.last->seen_ended, proof.last->not_shown);
  }
  return line;
}

// --- proof

std::string LookedFor(const ProofPass& pass) {
  return fmt::format("window {}, looked for {}", HumanDuration(pass.look.shown_within),
                     Join(pass.look.kinds, ", "));
}

Line Proved(const Evidence& e) {
  Line line{.name = "proved"};
  const RunSnapshot& s = e.run;
  const ProofStanding proof = JudgeProof(s);
  if (proof.is_complete) {
    line.state = LineState::kDone;
    line.evidence = fmt::format("two empty looks at {} and {}, {}", Show(proof.first->began),
                                Show(proof.last->began), LookedFor(*proof.last));
  } else if (proof.first) {
    line.evidence =
        fmt::format("nothing was left at {}, {}; the look that proves it is due {}",
                    When(proof.first->began), LookedFor(*proof.first), When(proof.next));
  } else if (!s.passes.empty() && !s.passes.back().look.found.empty()) {
    const ProofPass& last = s.passes.back();
    line.evidence = fmt::format("{} at {}", Describe(last.look), When(last.began));
    line.next_step = "wait for the next look, or end it by hand; mayfly run again looks on";
    if (IsSettled(s.run)) line.state = LineState::kFailed;
  } else if (s.passes.empty() && s.run.state == RunState::kClosed) {
    line.state = LineState::kCannotTell;
    line.evidence = "the run was closed before looks were written down";
  } else {
    line.evidence = "nobody has looked since the last machine was there";
  }
  if (line.state == LineState::kOpen && IsSettled(s.run)) {
    line.next_step = "while no controller lives: mayfly stop, or mayfly run again, takes the looks";
  }
  return line;
}

}  // namespace

std::string_view Name(LineState state) {
  switch (state) {
    case LineState::kDone:
      return "done";
    case LineState::kOpen:
      return "open";
    case LineState::kFailed:
      return "failed";
    case LineState::kNotNeeded:
      return "not needed";
    case LineState::kCannotTell:
      return "cannot tell";
  }
  return "";
}

bool IsEnding(const RunView& run) {
  return IsSettled(run) || run.state == RunState::kFinishing || run.state == RunState::kPaused;
}

std::vector<Line> MakeChecklist(const Evidence& e) {
  return {StagesVerified(e),   Published(e),      ExportValidated(e), LogsKept(e),
          CapacityRestored(e), NothingRunning(e), Terminated(e),      Proved(e)};
}

std::string Summarise(const std::vector<Line>& lines) {
  constexpr std::array kWorstFirst{LineState::kFailed, LineState::kCannotTell, LineState::kOpen,
                                   LineState::kDone, LineState::kNotNeeded};
  std::vector<std::string> parts;
  for (LineState state : kWorstFirst) {
    const std::int64_t count = std::ranges::count(lines, state, &Line::state);
    if (count > 0) parts.push_back(fmt::format("{} {}", count, Name(state)));
  }
  return Join(parts, ", ");
}

bool IsComplete(const std::vector<Line>& lines) {
  return std::ranges::all_of(lines, [](const Line& line) {
    return line.state == LineState::kDone || line.state == LineState::kNotNeeded;
  });
}

}  // namespace mayfly::closing
