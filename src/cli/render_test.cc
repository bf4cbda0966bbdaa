#include "cli/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/status_text.h"
#include "cli/task_text.h"
#include "cli/verify_text.h"

namespace mayfly::cli {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

const Paint kPlainPaint(false);
const Paint kColours(true);

const Instant kNoon = MakeInstant(2025, 7, 1, hours(12));

RunSnapshot SomeRun() {
  RunSnapshot s;
  s.run = {.id = RunId{7},
           .phase = "bqx-phase2",
           .plan_hash = "3f2a91c04e11",
           .state = RunState::kRunning,
           .schema = "bqx__7",
           .reader_schema = "bqx",
           .approved = kNoon,
           .deadline_in = hours(2)};
  s.stages.push_back({.name = "load",
                      .kind = "load",
                      .state = StageState::kComplete,
                      .tasks = {.done = 28},
                      .rows = 1'700'000});
  s.stages.push_back({.name = "rate-index",
                      .kind = "features",
                      .state = StageState::kOpen,
                      .tasks = {.blocked = 2, .leased = 2, .done = 50, .quarantined = 2}});
  s.machines.push_back({.id = MachineId{1},
                        .state = MachineState::kGone,
                        .external_id = "pid 4711",
                        .slots = 2,
                        .intended = kNoon,
                        .born = kNoon + seconds(1),
                        .gone = kNoon + minutes(4)});
  return s;
}

Finding Of(const std::string& stage, const std::string& check, Verdict verdict) {
  return {stage, check, "eurusd", verdict, "28", verdict == Verdict::kPass ? "28" : "27"};
}

VerifyReport SomeReport(Verdict second) {
  return {.run = RunId{7},
          .phase = "p",
          .assertion_stage = "verify",
          .stages = {"load", "bqx", "verify"},
          .skipped = {{"index-ohlc", "input absent: open, high, low"}},
          .findings = {Of("load", "rows of the source", Verdict::kPass),
                       Of("bqx", "rows of the source", Verdict::kPass),
                       Of("bqx", "rows of the source", second),
                       Of("verify", "index is positive", Verdict::kPass)}};
}

TEST(Table, ColumnsLineUpWithNumbersToTheRight) {
  Table table({{"stage"}, {"rows", Table::Align::kRight}});
  table.Add({{"load"}, {"1,700"}});
  table.Add({{"café"}, {"5"}});
  EXPECT_EQ(table.Render(kPlainPaint),
            "  stage   rows\n"
            "  load   1,700\n"
            "  café       5\n");
}

TEST(Table, AColumnWithoutTextIsLeftOut) {
  Table table({{"a"}, {"note"}, {"b"}});
  table.Add({{"1"}, {}, {"2"}});
  EXPECT_EQ(table.Render(kPlainPaint, 0), "a  b\n1  2\n");
}

TEST(Table, ALongTitleStandsOnSeveralLines) {
  Table table({{"s"}, {WrapTitle("rows of the source", 7), Table::Align::kRight}});
  table.Add({{"x"}, {"28"}});
  EXPECT_EQ(table.Render(kPlainPaint, 0), "   rows of\n       the\ns   source\nx       28\n");
}

TEST(Table, ColourDoesNotMoveColumns) {
  Table table({{"state"}, {"n"}});
  table.Add({{"ok", Tone::kGood}, {"1"}});
  EXPECT_THAT(table.Render(kColours, 0), HasSubstr("\x1b[32mok\x1b[0m     1\n"));
}

TEST(Paint, WithoutColoursThereIsNoEscape) {
  EXPECT_EQ(kPlainPaint(Tone::kBad, "fail"), "fail");
  EXPECT_THAT(RenderStatus(SomeRun(), kPlainPaint), Not(HasSubstr("\x1b")));
}

TEST(WithoutControls, TakesFromForeignTextWhatATerminalWouldObey) {
  EXPECT_EQ(WithoutControls("a\x1b[2Jb\tc\r"), "a?[2Jb\tc?");
}

TEST(DumpJson, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_NO_THROW({ EXPECT_THAT(DumpJson({{"text", "a\xff"}}), HasSubstr("a\xEF\xBF\xBD")); });
}

TEST(Status, SaysWhatItsReadersLookFor) {
  std::string text = RenderStatus(SomeRun(), kPlainPaint);
  EXPECT_THAT(text, HasSubstr("run 7 of bqx-phase2 is running\n"));
  EXPECT_THAT(text, HasSubstr("schema bqx__7, not published"));
  EXPECT_THAT(text, HasSubstr("in 2 h 00 min"));
  EXPECT_THAT(text, HasSubstr("1,700,000"));
  EXPECT_THAT(text, HasSubstr("2025-07-01 12:04:00"));
}

TEST(Status, AClosedRunHasNoDeadline) {
  RunSnapshot s = SomeRun();
  s.run.state = RunState::kClosed;
  s.run.verdict = Verdict::kPass;
  s.findings_total = 840;
  std::string text = RenderStatus(s, kPlainPaint);
  EXPECT_THAT(text, Not(HasSubstr("deadline")));
  EXPECT_THAT(text, HasSubstr("pass, 840 of 840 checks pass"));
}

TEST(StatusJson, HasTheKeysThatAreDocumented) {
  auto json = ordered_json::parse(StatusToJson(SomeRun()));
  EXPECT_EQ(json["run"], 7);
  EXPECT_EQ(json["phase"], "bqx-phase2");
  EXPECT_EQ(json["state"], "running");
  EXPECT_TRUE(json["verdict"].is_null());
  EXPECT_EQ(json["stages"][1]["tasks"],
            ordered_json::parse(R"({"total": 56, "done": 50, "leased": 2, "ready": 0, "blocked": 2,
                                    "quarantined": 2, "skipped": 0})"));
  EXPECT_EQ(json["stages"][0]["rows"], 1'700'000);
  EXPECT_EQ(json["machines"][0]["born"], "2025-07-01T12:00:01Z");
  EXPECT_EQ(json["machines"][0]["gone"], "2025-07-01T12:04:00Z");
}

TEST(Verify, AFailureIsCountedShownAndDecides) {
  std::string text = RenderVerify(SomeReport(Verdict::kFail), kPlainPaint);
  EXPECT_THAT(text, HasSubstr("1/2"));
  EXPECT_THAT(text, HasSubstr("fail bqx eurusd, rows of the source\n    expected 28\n"));
  EXPECT_THAT(text, HasSubstr("verdict fail, 3 of 4 checks pass"));
}

TEST(Verify, WhatCannotBeToldIsNoPass) {
  VerifyReport report = SomeReport(Verdict::kCannotTell);
  EXPECT_NE(report.verdict(), Verdict::kPass);
  EXPECT_THAT(RenderVerify(report, kPlainPaint), HasSubstr("cannot tell bqx eurusd"));
}

TEST(Verify, SkippedStagesAreNamedAndNotAmongThePassing) {
  std::string text = RenderVerify(SomeReport(Verdict::kPass), kPlainPaint);
  EXPECT_THAT(text, HasSubstr("skipped index-ohlc: input absent: open, high, low"));
  EXPECT_THAT(text, HasSubstr("verdict pass, 4 of 4 checks pass"));
}

TEST(Verify, NothingCheckedIsNoPass) {
  VerifyReport report{.run = RunId{7}, .phase = "p"};
  EXPECT_THAT(RenderVerify(report, kPlainPaint),
              HasSubstr("cannot tell, nothing could be checked"));
}

TEST(Verify, ManyFailuresAreCutShortAndCounted) {
  VerifyReport report{.run = RunId{7}, .phase = "p", .stages = {"load"}};
  report.findings.assign(1'040, Of("load", "rows", Verdict::kFail));
  EXPECT_THAT(RenderVerify(report, kPlainPaint), HasSubstr("and 1,000 more: mayfly verify --json"));
}

TEST(VerifyJson, HasTheKeysThatAreDocumented) {
  auto json = ordered_json::parse(VerifyToJson(SomeReport(Verdict::kFail)));
  EXPECT_EQ(json["verdict"], "fail");
  EXPECT_EQ(json["checks"].size(), 4);
  EXPECT_EQ(json["checks"][2]["verdict"], "fail");
  EXPECT_EQ(json["checks"][2]["expected"], "28");
  EXPECT_EQ(json["checks"][2]["found"], "27");
  EXPECT_EQ(json["skipped"][0]["stage"], "index-ohlc");
}

TaskStory SomeStory() {
  TaskStory story;
  story.task = {
      .id = TaskId{12},
      .stage = "streaks",
      .point = Point(std::vector<std::pair<std::string, std::string>>{{"pair", "eurusd"}}),
      .state = TaskState::kQuarantined,
      .failures = 3,
      .last_error = "exit code 1"};
  story.waits_for = {"load at eurusd (leased)"};
  story.attempts.push_back({.fence = Fence{40},
                            .machine = MachineId{1},
                            .slot = 1,
                            .started = kNoon,
                            .ended = kNoon + seconds(3),
                            .outcome = "failed",
                            .error = "exit code 1",
                            .output = "first\nsecond\n"});
  return story;
}

TEST(Story, TellsStateNeedsAttemptsAndOutput) {
  std::string text = RenderStory(SomeRun(), SomeStory(), kPlainPaint);
  EXPECT_THAT(text, HasSubstr("streaks@eurusd (task 12 of run 7) is quarantined"));
  EXPECT_THAT(text, HasSubstr("waits for    load at eurusd (leased)"));
  EXPECT_THAT(text, HasSubstr("3.0 s  failed"));
  EXPECT_THAT(text, HasSubstr("│ first\n  │ second\n"));
}

TEST(Story, TellsWhatItCostAndHowMuchOfThatWasLost) {
  TaskStory story = SomeStory();
  story.task.state = TaskState::kDone;
  story.attempts.push_back({.fence = Fence{41},
                            .machine = MachineId{1},
                            .started = kNoon + seconds(4),
                            .ended = kNoon + seconds(9),
                            .outcome = "done",
                            .seconds = 1.5});
  EXPECT_THAT(RenderStory(SomeRun(), story, kPlainPaint),
              HasSubstr("4.50 s of a slot in 2 attempts, 3.00 s of it lost"));
  auto json = ordered_json::parse(StoryToJson(SomeRun(), story));
  EXPECT_EQ(json["cost"]["slot_seconds"], 4.5);
  EXPECT_EQ(json["cost"]["lost_seconds"], 3.0);
}

TEST(Story, NamesTheMachinesThatHadItAndWhatBecameOfThem) {
  RunSnapshot run = SomeRun();
  run.machines[0].reason = "no heartbeat for 10 s";
  std::string text = RenderStory(run, SomeStory(), kPlainPaint);
  EXPECT_THAT(text, HasSubstr("machine 1    gone: no heartbeat for 10 s"));
}

struct Waiting {
  const char* name;
  TaskState task;
  RunState run;
  MachineState machine;
  const char* says;
};

TEST(Story, SaysWhyNobodyWorksOnIt) {
  const Waiting cases[] = {
      {"the run rests", TaskState::kReady, RunState::kPaused, MachineState::kGone,
       "while the run is paused: the operator asked to stop"},
      {"no machine", TaskState::kReady, RunState::kRunning, MachineState::kGone,
       "no machine works now"},
      {"others first", TaskState::kReady, RunState::kRunning, MachineState::kWorking,
       "slots are at work on 2 tasks and 0 are ready"},
      {"in work", TaskState::kLeased, RunState::kRunning, MachineState::kWorking,
       "slot 1 of machine 1 works on it; the stage's first task took 2.5 s"},
      {"needs", TaskState::kBlocked, RunState::kRunning, MachineState::kWorking,
       "it waits for 1 task"},
  };
  for (const Waiting& row : cases) {
    RunSnapshot run = SomeRun();
    run.run.state = row.run;
    run.run.reason = "the operator asked to stop";
    run.machines[0].state = row.machine;
    run.machines[0].slots = 2;
    run.stages[0].name = "streaks";
    run.stages[0].canary_seconds = 2.5;
    TaskStory story = SomeStory();
    story.task.state = row.task;
    EXPECT_THAT(RenderStory(run, story, kPlainPaint), HasSubstr(row.says)) << row.name;
  }
}

TEST(Story, AnAttemptInWorkHasNoEnd) {
  TaskStory story = SomeStory();
  story.attempts[0].ended.reset();
  story.attempts[0].outcome.clear();
  EXPECT_THAT(RenderStory(SomeRun(), story, kPlainPaint), HasSubstr("in work"));
  EXPECT_TRUE(ordered_json::parse(StoryToJson(SomeRun(), story))["attempts"][0]["ended"].is_null());
}

TEST(Log, ALineNamesItsTaskOrItsSource) {
  TaskNames names{{TaskId{12}, "streaks@eurusd"}};
  LogLine line{.id = 1, .at = kNoon, .machine = MachineId{2}, .task = TaskId{12}, .text = "hello"};
  EXPECT_EQ(RenderLogLine(line, names, kPlainPaint),
            "2025-07-01 12:00:00.000  machine 2  streaks@eurusd  hello\n");
  line = {.id = 2, .at = kNoon, .source = "controller", .text = "x"};
  EXPECT_EQ(RenderLogLine(line, names, kPlainPaint), "2025-07-01 12:00:00.000  -  controller  x\n");
}

TEST(Log, EveryLineOfATextNamesItsTask) {
  LogLine line{.id = 1, .at = kNoon, .task = TaskId{12}, .text = "a\nb\n"};
  EXPECT_THAT(RenderLogLine(line, {{TaskId{12}, "s@p"}}, kPlainPaint),
              testing::EndsWith("s@p  a\n2025-07-01 12:00:00.000  -  s@p  b\n"));
}

TEST(Log, AJsonLineStaysOneLine) {
  LogLine line{.id = 1, .at = kNoon, .task = TaskId{12}, .text = "a\nb"};
  std::string text = LogLineToJson(line, {{TaskId{12}, "s@p"}});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_EQ(ordered_json::parse(text)["name"], "s@p");
}

}  // namespace
}  // namespace mayfly::cli
