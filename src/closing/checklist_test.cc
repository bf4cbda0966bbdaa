#include "closing/checklist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "closing/testing/ended_run.h"

namespace mayfly::closing {
namespace {

using testing::HasSubstr;

Line Find(const EndedRun& run, const std::string& name) {
  for (Line& line : MakeChecklist(run.evidence())) {
    if (line.name == name) return line;
  }
  ADD_FAILURE() << "no line " << name;
  return {};
}

struct Case {
  const char* name;
  std::function<void(EndedRun&)> change;
  LineState state;
  const char* evidence;
};

void Check(const char* line, const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    EndedRun run;
    one.change(run);
    const Line found = Find(run, line);
    EXPECT_EQ(Name(found.state), Name(one.state)) << one.name << ": " << found.evidence;
    EXPECT_THAT(found.evidence, HasSubstr(one.evidence)) << one.name;
    EXPECT_TRUE(found.state != LineState::kFailed || !found.next_step.empty()) << one.name;
  }
}

void AsItIs(EndedRun&) {}
void Running(EndedRun& run) {
  run.snapshot.run.state = RunState::kRunning;
  run.snapshot.run.published = false;
  run.snapshot.run.verdict.reset();
  run.snapshot.findings_total = 0;
  run.findings.clear();
  run.snapshot.machines[0].state = MachineState::kWorking;
  run.snapshot.machines[0].gone.reset();
}
void Cancelled(EndedRun& run) {
  run.snapshot.run.state = RunState::kCancelled;
  run.snapshot.run.published = false;
  run.snapshot.run.verdict.reset();
  run.snapshot.findings_total = 0;
}
// Verification found a wrong count: the machine ends all the same.
void Failed(EndedRun& run) {
  run.snapshot.run.state = RunState::kFailed;
  run.snapshot.run.verdict = Verdict::kFail;
  run.snapshot.run.published = false;
  run.snapshot.findings_failed = 1;
  run.findings[0].verdict = Verdict::kFail;
}
void OutOfTime(EndedRun& run) {
  Cancelled(run);
  run.snapshot.run.state = RunState::kFailed;
  run.snapshot.run.reason = "the deadline is here";
}

TEST(Checklist, StagesVerified) {
  Check(
      "stages verified",
      {{"pass", AsItIs, LineState::kDone,
        "2 of 2 checks pass, verification of 2026-11-28 01:00:00; 2 of 2 stages complete"},
       {"running", Running, LineState::kOpen, "not verified yet; 2 of 2 stages complete"},
       {"failed", Failed, LineState::kFailed,
        "1 of 2 checks pass, verification of 2026-11-28 01:00:00, the first is load eurusd: rows: "
        "expected 10, found 9"},
       {"a check that could not be made",
        [](EndedRun& run) {
          Failed(run);
          run.findings[0].verdict = Verdict::kCannotTell;
        },
        LineState::kCannotTell, "the first is load eurusd: rows"},
       {"a stage failed",
        [](EndedRun& run) {
          OutOfTime(run);
          run.snapshot.stages[0].state = StageState::kFailed;
          run.snapshot.stages[0].note = "2 of its tasks failed for good";
        },
        LineState::kFailed, "stage load is failed: 2 of its tasks failed for good"},
       {"nothing was checked", OutOfTime, LineState::kFailed,
        "no check was made: the deadline is here"},
       {"a stage was skipped",
        [](EndedRun& run) {
          run.snapshot.stages[1].state = StageState::kSkipped;
          run.snapshot.stages[1].note = "its input is absent";
        },
        LineState::kDone, "1 of 1 stages complete; skipped bqx: its input is absent"},
       {"its checks are not kept", [](EndedRun& run) { run.snapshot.findings_total = 0; },
        LineState::kCannotTell, "the verdict is pass, and its checks are not in the ledger"},
       {"cancelled", Cancelled, LineState::kNotNeeded, "the run was cancelled before"}});
}

TEST(Checklist, Published) {
  Check(
      "published",
      {{"it is", AsItIs, LineState::kDone, "schema bqx__7 published as bqx at 2026-11-28 01:00:10"},
       {"not yet", Running, LineState::kOpen, "readers of schema bqx see what they saw before"},
       {"the verdict is fail", Failed, LineState::kFailed,
        "not published, for the verdict is fail"},
       {"there is none", OutOfTime, LineState::kFailed, "for there is no verdict"},
       {"cancelled", Cancelled, LineState::kNotNeeded, "the run was cancelled"}});
}

TEST(Checklist, ExportValidated) {
  auto exports = [](StageState state, Verdict verdict) {
    return [=](EndedRun& run) {
      run.snapshot.stages.push_back({.name = "out", .kind = "export", .state = state});
      run.findings.push_back({.stage = "out", .check = "sizes", .verdict = verdict});
    };
  };
  Check(
      "export validated",
      {{"none", AsItIs, LineState::kNotNeeded, "no export stage in this phase"},
       {"valid", exports(StageState::kComplete, Verdict::kPass), LineState::kDone,
        "stage out is complete, 1 of 1 of its checks pass"},
       {"not valid", exports(StageState::kComplete, Verdict::kFail), LineState::kFailed, "0 of 1"},
       {"not yet",
        [](EndedRun& run) {
          Running(run);
          run.snapshot.stages.push_back(
              {.name = "out", .kind = "export", .state = StageState::kBlocked});
        },
        LineState::kOpen, "stage out is blocked"},
       {"nobody looked",
        [](EndedRun& run) {
          run.snapshot.stages.push_back(
              {.name = "out", .kind = "export", .state = StageState::kComplete});
        },
        LineState::kCannotTell, "0 of 0"}});
}

TEST(Checklist, LogsKept) {
  Check("logs kept",
        {{"all said good-bye", AsItIs, LineState::kDone,
          "12 log entries of 1 machine, the last of machine 1 at 2026-11-28 01:00:20"},
         {"one was taken without a word",
          [](EndedRun& run) {
            run.facts.machines[0].left.reset();
            run.snapshot.machines[0].money.billed.reclaimed = true;
          },
          LineState::kDone,
          "machine 1 took no leave (it was taken back): what it printed after "
          "2026-11-28 01:00:19, when it was last heard, may be lost"},
         {"it was taken before its first words",
          [](EndedRun& run) {
            run.facts.machines[0].lines = 0;
            run.facts.machines[0].left.reset();
            run.snapshot.machines[0].money.billed.reclaimed = true;
          },
          LineState::kDone,
          "machine 1 took no leave (it was taken back): nothing of it was heard before"},
         {"it ended before such things were recorded",
          [](EndedRun& run) {
            run.facts.machines[0].left.reset();
            run.snapshot.machines[0].reason = "";
          },
          LineState::kDone,
          "machine 1 took no leave (why it ended is not recorded): what it printed after "
          "2026-11-28 01:00:19, when it was last heard, may be lost"},
         {"nothing was recorded of it",
          [](EndedRun& run) {
            run.facts.machines[0].lines = 0;
            run.facts.machines[0].left.reset();
            run.snapshot.machines[0].reason = "";
          },
          LineState::kCannotTell, "nothing is kept of machine 1"},
         {"it lives", Running, LineState::kOpen, "12 log entries of 1 machine"},
         {"nothing came", [](EndedRun& run) { run.facts.machines[0].lines = 0; },
          LineState::kCannotTell, "nothing is kept of machine 1"},
         {"nobody ever reported", [](EndedRun& run) { run.snapshot.machines[0].born.reset(); },
          LineState::kNotNeeded, "no machine ever reported"}});
}

TEST(Checklist, CapacityRestored) {
  auto raised = [](RunState state, FloorState floor) {
    return [=](EndedRun& run) {
      run.snapshot.run.state = state;
      run.snapshot.floors = {{.cluster = "prod",
                              .state = floor,
                              .before_milli = 500,
                              .floor_milli = 8000,
                              .over = At(25),
                              .note = "somebody set it"}};
    };
  };
  Check("capacity restored",
        {{"none", AsItIs, LineState::kNotNeeded, "no database floor was raised"},
         {"restored", raised(RunState::kClosed, FloorState::kRestored), LineState::kDone,
          "prod raised from 0.5 to 8 ACU, restored at 2026-11-28 01:00:25"},
         {"somebody else's by now", raised(RunState::kClosed, FloorState::kLeft), LineState::kDone,
          "left as it is: somebody set it"},
         {"not yet", raised(RunState::kRunning, FloorState::kRaised), LineState::kOpen,
          "not restored"},
         {"not at all", raised(RunState::kClosed, FloorState::kRestoring), LineState::kFailed,
          "not restored"}});
}

TEST(Checklist, NothingRunningAndTerminated) {
  auto lingers = [](EndedRun& run) {
    run.snapshot.machines[0].state = MachineState::kEnding;
    run.snapshot.machines[0].gone.reset();
  };
  Check("nothing running",
        {{"nothing", AsItIs, LineState::kDone, "0 leases, 0 machines alive"},
         {"a failed run too", Failed, LineState::kDone, "0 leases, 0 machines alive"},
         {"work", Running, LineState::kOpen, "0 leases, 1 machine alive"},
         {"a lease of a dead one", [](EndedRun& run) { run.snapshot.stages[0].tasks.leased = 1; },
          LineState::kOpen, "1 lease, 0 machines alive"}});
  Check(
      "terminated",
      {{"by the run", AsItIs, LineState::kDone,
        "1 of 1 machine ended, by: the run needs it no more (1); the provider shows 1 ended and 0 "
        "no more"},
       {"a failed run too", Failed, LineState::kDone, "1 of 1 machine ended"},
       {"by the cloud",
        [](EndedRun& run) { run.snapshot.machines[0].money.billed.reclaimed = true; },
        LineState::kDone, "by: reclaimed (1)"},
       {"one lingers", lingers, LineState::kOpen, "0 of 1 machine ended"},
       {"one was never had",
        [](EndedRun& run) {
          run.snapshot.machines.push_back(
              {.id = MachineId{2}, .state = MachineState::kGone, .was_refused = true});
        },
        LineState::kDone, "1 machine more asked for and never had"},
       {"none was had", [](EndedRun& run) { run.snapshot.machines.clear(); }, LineState::kNotNeeded,
        "no machine was had"}});
}

TEST(Checklist, Proved) {
  Check("proved",
        {{"twice", AsItIs, LineState::kDone,
          "two empty looks at 2026-11-28 01:00:31 and 2026-11-28 01:00:41, window 10 s, looked "
          "for instance, volume"},
         {"once", [](EndedRun& run) { run.snapshot.passes.pop_back(); }, LineState::kOpen,
          "nothing was left at 2026-11-28 01:00:31, window 10 s, looked for instance, volume; the "
          "look that proves it is due 2026-11-28 01:00:41"},
         {"something is left",
          [](EndedRun& run) { run.snapshot.passes[1].look.found = {{"volume", "vol-1"}}; },
          LineState::kFailed, "volume vol-1 is left at 2026-11-28 01:00:41"},
         {"never looked",
          [](EndedRun& run) {
            run.snapshot.run.state = RunState::kFinishing;
            run.snapshot.passes.clear();
          },
          LineState::kOpen, "nobody has looked"},
         {"of before", [](EndedRun& run) { run.snapshot.passes.clear(); }, LineState::kCannotTell,
          "closed before looks were written down"}});
}

TEST(Checklist, HasAllItsLinesInTheirOrderWhateverTheVerdict) {
  for (const auto& change : {AsItIs, Running, Cancelled, Failed, OutOfTime}) {
    EndedRun run;
    change(run);
    std::vector<std::string> names;
    for (const Line& line : MakeChecklist(run.evidence())) names.push_back(line.name);
    EXPECT_THAT(names, testing::ElementsAre("stages verified", "published", "export validated",
                                            "logs kept", "capacity restored", "nothing running",
                                            "terminated", "proved"));
  }
}

TEST(Checklist, IsSummedUpTheWorstFirst) {
  EndedRun run;
  EXPECT_EQ(Summarise(MakeChecklist(run.evidence())), "6 done, 2 not needed");
  EXPECT_TRUE(IsComplete(MakeChecklist(run.evidence())));
  Failed(run);
  EXPECT_EQ(Summarise(MakeChecklist(run.evidence())), "2 failed, 4 done, 2 not needed");
  EXPECT_FALSE(IsComplete(MakeChecklist(run.evidence())));
}

}  // namespace
}  // namespace mayfly::closing
