#include "contract/contract.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mayfly::contract {
namespace {

StageContract Contract() {
  return {.stage = "bqx",
          .table = "bqx",
          .columns = {{"w15", {"close"}, 15, false}},
          .rows_of_source = true};
}

// 100 rows, 15 of warm-up: as it should be.
LeafEvidence Good() {
  LeafEvidence leaf{.leaf = "bqx_eurusd_2024_07", .exists = true, .rows = 100};
  leaf.source_rows = 100;
  leaf.accepted_rows = 100;
  leaf.storage_is_accepted = true;
  leaf.foreign_rows = 0;
  leaf.columns = {{.non_null = 85, .min = 1.0, .max = 2.0, .expected_non_null = 85}};
  return leaf;
}

Verdict Judge(const LeafEvidence& leaf, const StageContract& contract = Contract()) {
  std::vector<LeafEvidence> leaves{leaf};
  return Conclude(JudgePlace(contract, "eurusd", leaves));
}

TEST(Contract, GoodEvidencePasses) { EXPECT_EQ(Judge(Good()), Verdict::kPass); }

struct Damage {
  const char* name;
  void (*apply)(LeafEvidence&);
};

TEST(Contract, EveryDamageFails) {
  const Damage damages[] = {
      {"empty",
       [](LeafEvidence& l) {
         l.rows = 0;
         l.source_rows = 0;
         l.accepted_rows = 0;
       }},
      {"a row lost", [](LeafEvidence& l) { l.rows = 99; }},
      {"fewer than the source", [](LeafEvidence& l) { l.source_rows = 101; }},
      {"source not counted", [](LeafEvidence& l) { l.source_rows.reset(); }},
      {"nobody's", [](LeafEvidence& l) { l.accepted_rows.reset(); }},
      {"rewritten", [](LeafEvidence& l) { l.storage_is_accepted = false; }},
      {"others wrote too", [](LeafEvidence& l) { l.foreign_rows = 1; }},
      {"other figures", [](LeafEvidence& l) { l.figures_agree = false; }},
      {"gone", [](LeafEvidence& l) { l.exists = false; }},
      {"NULLs filled", [](LeafEvidence& l) { l.columns[0].non_null = 100; }},
      {"NULLs added", [](LeafEvidence& l) { l.columns[0].non_null = 80; }},
      {"infinite", [](LeafEvidence& l) { l.columns[0].not_finite = 1; }},
      {"constant",
       [](LeafEvidence& l) {
         l.columns[0].max = 1.0;
         l.columns[0].constant = true;
       }},
      {"out of bounds", [](LeafEvidence& l) { l.in_bounds = false; }},
  };
  for (const Damage& damage : damages) {
    LeafEvidence leaf = Good();
    damage.apply(leaf);
    EXPECT_EQ(Judge(leaf), Verdict::kFail) << damage.name;
  }
}

TEST(Contract, WhoWroteIsNotKnownIsNoPassAndHidesNoFailure) {
  std::vector<LeafEvidence> leaves{Good(), Good()};
  leaves[0].foreign_rows.reset();
  auto verdict = [&] { return JudgePlace(Contract(), "eurusd", leaves)[1].verdict; };
  EXPECT_EQ(verdict(), Verdict::kCannotTell);
  leaves[1].foreign_rows = 1;
  EXPECT_EQ(verdict(), Verdict::kFail);
}

TEST(Contract, FiguresThatWereHeldAgainstNothingAreNoPass) {
  std::vector<LeafEvidence> leaves{Good(), Good()};
  leaves[0].is_by_figures = true;
  leaves[1].figures_agree = true;
  auto judged = [&] { return JudgePlace(Contract(), "eurusd", leaves).back(); };
  EXPECT_EQ(judged().check, "figures of the writer");
  EXPECT_EQ(judged().verdict, Verdict::kPass);
  leaves[1].rows = 0;  // agreeing about nothing
  EXPECT_EQ(judged().verdict, Verdict::kCannotTell);
  leaves.pop_back();
  EXPECT_EQ(judged().verdict, Verdict::kCannotTell);
}

TEST(Contract, AnEmptyStagePassesOnlyWhereThePhaseSaysSo) {
  LeafEvidence leaf = Good();
  leaf.rows = 0;
  leaf.source_rows = 0;
  leaf.accepted_rows = 0;
  leaf.columns[0] = {.expected_non_null = 0};
  StageContract contract = Contract();
  EXPECT_EQ(Judge(leaf, contract), Verdict::kFail);
  contract.may_be_empty = true;
  EXPECT_EQ(Judge(leaf, contract), Verdict::kPass);
}

TEST(Contract, AColumnWithoutInputsIsSaidByName) {
  LeafEvidence leaf = Good();
  leaf.columns[0] = {.non_null = 0, .expected_non_null = 0};
  std::vector<LeafEvidence> leaves{leaf};
  auto findings = JudgePlace(Contract(), "eurusd", leaves);
  EXPECT_EQ(Conclude(findings), Verdict::kPass);
  EXPECT_NE(findings.back().found.find("w15"), std::string::npos);
}

TEST(Contract, AColumnOfAUserThatIsAllNullFails) {
  StageContract contract = Contract();
  contract.columns[0].inputs.clear();
  LeafEvidence leaf = Good();
  leaf.columns[0] = {.non_null = 0};
  EXPECT_EQ(Judge(leaf, contract), Verdict::kFail);
}

// A user's column that has one value, or none: what fails says what to do if that is right.
TEST(Contract, AColumnThatMayBeConstantMayAlsoBeAllNull) {
  const ColumnEvidence odd[] = {{.non_null = 100, .min = 0, .max = 0, .constant = true},
                                {.non_null = 0}};
  StageContract contract = Contract();
  contract.declares_constants = true;
  contract.columns[0].inputs.clear();
  for (const ColumnEvidence& column : odd) {
    std::vector<LeafEvidence> leaves{Good()};
    leaves[0].columns[0] = column;
    contract.columns[0].may_be_constant = false;
    std::vector<Finding> findings = JudgePlace(contract, "eurusd", leaves);
    auto failed = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) {
      return finding.verdict == Verdict::kFail;
    });
    ASSERT_NE(failed, findings.end());
    EXPECT_NE(failed->found.find("say may_be_constant = [\"w15\"]"), std::string::npos);
    contract.columns[0].may_be_constant = true;
    EXPECT_EQ(Conclude(JudgePlace(contract, "eurusd", leaves)), Verdict::kPass);
    leaves[0].columns[0].not_finite = 1;
    EXPECT_EQ(Conclude(JudgePlace(contract, "eurusd", leaves)), Verdict::kFail);
  }
}

TEST(Contract, TheSetOfLeavesMustBeExact) {
  std::vector<std::string> expected{"a", "b"};
  std::vector<std::string> fewer{"a"};
  std::vector<std::string> more{"a", "b", "c"};
  EXPECT_EQ(Conclude(JudgeTable(Contract(), expected, expected, true)), Verdict::kPass);
  EXPECT_EQ(Conclude(JudgeTable(Contract(), expected, fewer, true)), Verdict::kFail);
  EXPECT_EQ(Conclude(JudgeTable(Contract(), expected, more, true)), Verdict::kFail);
  EXPECT_EQ(Conclude(JudgeTable(Contract(), expected, expected, false)), Verdict::kFail);
}

TEST(Contract, WhatCannotBeEvaluatedIsNotAPass) {
  EXPECT_EQ(JudgeAssertion("v", "a", std::nullopt, "").verdict, Verdict::kCannotTell);
  EXPECT_EQ(JudgeAssertion("v", "a", std::nullopt, "no such column").found, "no such column");
  EXPECT_EQ(JudgeAssertion("v", "a", false, "").verdict, Verdict::kFail);
  EXPECT_EQ(JudgeAssertion("v", "a", true, "").verdict, Verdict::kPass);
}

}  // namespace
}  // namespace mayfly::contract
