#include "closing/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "closing/testing/ended_run.h"

namespace mayfly::closing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// With the money of the run, as the meter and the quote have it.
struct PaidRun : EndedRun {
  PaidRun() {
    account.total = Money{7'600};
    account.lost = Money{450};
    account.lines = {{"compute", Money{7'500}}, {"disk", Money{100}}};
    account.machines = {{.id = MachineId{1}, .billed = seconds(600), .compute = Money{7'500}}};
    Quote made{.id = "9c0ffee9c0ff"};
    made.lines = {
        {.item = Item::kCompute, .what = "c7i.xlarge spot in us-east-1a", .high = Money{90'000}},
        {.item = Item::kCompute, .what = "c7i.large spot in us-east-1c", .high = Money{45'000}},
        {.item = Item::kDisk, .what = "disk", .high = Money{1'000}}};
    made.lines[0].expected = Money{15'000};
    made.lines[1].expected = Money{7'500};
    made.expected = Money{15'100};
    made.high = Money{91'000};
    made.hours_source = "run 6: 20 min 00 s";
    quote = made;
  }
  Report Make() const {
    return MakeReport({.evidence = evidence(), .account = account, .slots = slots, .quote = quote});
  }

  cost::Account account;
  std::optional<Quote> quote;
};

TEST(ClosingReport, PlannedStandsBesideActualInTime) {
  const Report report = PaidRun().Make();
  EXPECT_EQ(report.time.planned, minutes(20));
  EXPECT_EQ(report.time.machines, minutes(10));
  EXPECT_EQ(report.time.work, seconds(490));
  EXPECT_EQ(report.time.approval, seconds(642));
  ASSERT_EQ(report.stages.size(), 2U);
  EXPECT_EQ(report.stages[0].planned, seconds(8));
  EXPECT_EQ(report.stages[0].worked, seconds(9));
  EXPECT_EQ(report.stages[0].lost, seconds(3));
  EXPECT_EQ(report.stages[0].trail.lost, 1);
  EXPECT_EQ(report.machines.at(0).lost, seconds(3));
}

TEST(ClosingReport, PlannedStandsBesideActualInMoneyLineByLine) {
  const Report report = PaidRun().Make();
  ASSERT_EQ(report.lines.size(), 2U);
  EXPECT_EQ(report.lines[0].item, "compute");
  EXPECT_EQ(report.lines[0].expected, Money{15'000}) << "of alternative pools the first";
  EXPECT_EQ(report.lines[0].most, Money{90'000}) << "the dearest of them";
  EXPECT_EQ(report.lines[0].actual, Money{7'500});
  EXPECT_EQ(report.lines[1].actual, Money{100});
  EXPECT_FALSE(report.lines[1].expected);
}

TEST(ClosingReport, SaysWhyActualAndPlannedDiffer) {
  PaidRun run;
  run.snapshot.machines[0].money.billed.reclaimed = true;
  run.snapshot.machines[0].noticed = true;
  const PriceKey key{Item::kCompute, run.snapshot.machines[0].money.offer.pool};
  run.snapshot.prices = {
      {key, {At(-9000), {90'000}}}, {key, {At(-6000), {45'000}}}, {key, {At(-300), {60'000}}}};
  const Report report = run.Make();
  EXPECT_EQ(report.machines[0].interruption, "taken back after a notice");
  EXPECT_THAT(
      report.reasons,
      ElementsAre(
          HasSubstr(
              "interrupted machines: 1; attempts that were not accepted: 1, 3.0 s of slot time"),
          HasSubstr("moved between 0.045 USD/h and 0.06 USD/h"),
          HasSubstr("bought as c7i.large spot in us-east-1c, quoted as c7i.xlarge")));
}

TEST(ClosingReport, AsksForNothingWhereNothingIsToBeDone) {
  PaidRun run;
  EXPECT_TRUE(run.Make().next_steps.empty());
  run.snapshot.passes[1].look.found = {{"volume", "vol-1"}};
  EXPECT_THAT(run.Make().next_steps, ElementsAre(HasSubstr("proved: ")));
}

TEST(ClosingReport, JsonHasTheSameFiguresExactly) {
  PaidRun run;
  run.snapshot.kept_disk = {.machine = MachineId{1},
                            .state = DiskState::kCompleted,
                            .external_id = "snap-1",
                            .gigabytes = 50,
                            .monthly = Money{2'500'000},
                            .expires = At(86'400)};
  const nlohmann::ordered_json json = ReportToJson(run.Make());
  EXPECT_EQ(json["run"], 7);
  EXPECT_EQ(json["approved_by"], "ada");
  EXPECT_EQ(json["checklist"].size(), 8U);
  EXPECT_EQ(json["checklist"][7]["state"], "done");
  EXPECT_EQ(json["time"]["planned_s"], 1200.0);
  EXPECT_EQ(json["time"]["machines_s"], 600.0);
  EXPECT_EQ(json["money"]["actual"], "0.0076 USD");
  EXPECT_EQ(json["money"]["lines"][0]["most"], "0.09 USD");
  EXPECT_EQ(json["kept"][0]["what"], "snapshot snap-1 of the disk of machine 1, 50 GB, completed");
  EXPECT_EQ(json["kept"][0]["monthly"], "2.50 USD");
  EXPECT_EQ(json["kept"][0]["until"], "2026-11-29T01:00:00Z");
}

TEST(ClosingReport, ADiskThatCouldNotBeKeptIsSaid) {
  PaidRun run;
  run.snapshot.kept_disk = {.state = DiskState::kFailed, .note = "it was not complete in time"};
  EXPECT_THAT(ReportToMarkdown(run.Make()),
              HasSubstr("- no snapshot: it was not complete in time\n"));
  run.snapshot.kept_disk->state = DiskState::kDeleted;
  EXPECT_THAT(ReportToMarkdown(run.Make()), HasSubstr("Nothing that bills by the month."));
}

TEST(ClosingReport, WordsOfOthersAreNoMarkup) {
  PaidRun run;
  run.snapshot.machines[0].reason = "a | b <script>\n# c *d*";
  const std::string text = ReportToMarkdown(run.Make());
  EXPECT_THAT(text, HasSubstr("a \\| b \\<script\\> \\# c \\*d\\*"));
  EXPECT_THAT(text, Not(HasSubstr("<script>")));
}

TEST(ClosingReport, AFailedVerdictIsInItsHeadAndItsChecklist) {
  PaidRun run;
  run.snapshot.run.state = RunState::kFailed;
  run.snapshot.run.verdict = Verdict::kFail;
  run.snapshot.run.published = false;
  run.snapshot.run.reason = "1 of 2 checks do not pass";
  run.snapshot.findings_failed = 1;
  run.findings[0].verdict = Verdict::kFail;
  const std::string text = ReportToMarkdown(run.Make());
  EXPECT_THAT(text, HasSubstr("# Run 7 of bqx-phase2: failed, verdict fail"));
  EXPECT_THAT(text, HasSubstr("| published | **failed** |"));
  EXPECT_THAT(text, HasSubstr("| terminated | done |"));
  EXPECT_THAT(text, HasSubstr("| proved | done |"));
}

}  // namespace
}  // namespace mayfly::closing
