#pragma once
// A run that closed as it should, for tests that then change one thing of it.

#include <vector>

#include "closing/report.h"

namespace mayfly::closing {

// Seconds after one in the morning of a day.
inline Instant At(int second) {
  return MakeInstant(2026, 11, 28, Duration(0)) + hours(1) + seconds(second);
}

struct EndedRun {
  EndedRun() {
    RunView& run = snapshot.run;
    run = {.id = RunId{7}, .phase = "bqx-phase2", .plan_hash = "3f2a91c04e11"};
    run.state = RunState::kClosed;
    run.verdict = Verdict::kPass;
    run.schema = "bqx__7";
    run.reader_schema = "bqx";
    run.reason = "published, and proved gone";
    run.published = true;
    run.approved = At(-600);
    run.closed = At(42);
    snapshot.now = At(60);
    snapshot.findings_total = 2;
    for (const char* name : {"load", "bqx"}) {
      StageView stage{.name = name, .kind = name, .state = StageState::kComplete};
      stage.tasks.done = 4;
      stage.rows = 100;
      stage.canary_seconds = 2;
      snapshot.stages.push_back(stage);
    }
    AddMachine();
    for (int began : {31, 41}) {
      ProofPass pass{.began = At(began), .seen_ended = 1};
      pass.look.kinds = {"instance", "volume"};
      pass.look.shown_within = seconds(10);
      snapshot.passes.push_back(pass);
    }
    facts.approved_by = "ada";
    facts.verified = At(0);
    facts.published = At(10);
    facts.stages = {{"load", At(-500), At(-400), 5, 1}, {"bqx", At(-400), At(-10), 4, 0}};
    facts.machines = {{MachineId{1}, 12, At(20), At(19), At(21)}};
    findings = {{.stage = "load", .check = "rows", .where = "eurusd", .verdict = Verdict::kPass},
                {.stage = "bqx", .check = "rows", .verdict = Verdict::kPass}};
    findings[0].expected = "10";
    findings[0].found = "9";
    slots = {{MachineId{1}, "load", seconds(9), false},
             {MachineId{1}, "load", seconds(3), true},
             {MachineId{1}, "bqx", seconds(8), false}};
  }

  void AddMachine() {
    MachineView machine{.id = MachineId{1}, .state = MachineState::kGone};
    machine.external_id = "i-1";
    machine.slots = 2;
    machine.reason = "the run needs it no more";
    machine.intended = At(-590);
    machine.born = At(-570);
    machine.gone = At(30);
    machine.money.offer.pool = {"us-east-1", "us-east-1c", "c7i.large", Market::kSpot};
    machine.money.offer.price = {45'000, Unit::kHour};
    snapshot.machines = {machine};
  }

  Evidence evidence() const { return {snapshot, facts, findings}; }

  RunSnapshot snapshot;
  ClosingFacts facts;
  std::vector<Finding> findings;
  std::vector<SlotTime> slots;
};

}  // namespace mayfly::closing
