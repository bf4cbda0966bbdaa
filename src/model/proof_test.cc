#include "model/proof.h"

#include <gtest/gtest.h>

#include "model/run.h"

namespace mayfly {
namespace {

Instant At(int second) { return Instant(seconds(second)); }

ProofPass Pass(int began, int found = 0, int window = 60) {
  ProofPass pass{.began = At(began),
                 .look = {.kinds = {"volume"}, .shown_within = seconds(window)}};
  for (int i = 0; i < found; ++i) pass.look.found.push_back({"volume", "v"});
  return pass;
}

// One machine, gone at 100 s.
RunSnapshot Ended(std::vector<ProofPass> passes) {
  RunSnapshot s;
  s.machines = {{.id = MachineId{1}, .state = MachineState::kGone, .gone = At(100)}};
  s.passes = std::move(passes);
  return s;
}

TEST(Proof, OnlyEmptyLooksAWindowApartSinceTheLastEndAreOne) {
  const struct {
    const char* name;
    std::vector<ProofPass> passes;
    bool is_complete;
  } kCases[] = {
      {"no look at all", {}, false},
      {"one look", {Pass(101)}, false},
      {"two that are too close", {Pass(101), Pass(160)}, false},
      {"two, a window apart", {Pass(101), Pass(161)}, true},
      {"a third makes up for the second", {Pass(101), Pass(130), Pass(161)}, true},
      {"the first was before the end", {Pass(99), Pass(161)}, false},
      {"something came to be seen in between", {Pass(101), Pass(130, 1), Pass(161)}, false},
      {"and went away again", {Pass(101, 1), Pass(130), Pass(190)}, true},
      {"something came to be seen after it", {Pass(101), Pass(161), Pass(170, 1)}, false},
      {"the longest window of the row counts", {Pass(101, 0, 90), Pass(161)}, false},
      {"nothing is shown late", {Pass(101, 0, 0), Pass(102, 0, 0)}, true},
      {"one look is not two", {Pass(101, 0, 0)}, false},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(JudgeProof(Ended(one.passes)).is_complete, one.is_complete) << one.name;
  }
}

TEST(Proof, NothingIsProvedWhileAMachineLives) {
  RunSnapshot s = Ended({Pass(101), Pass(200)});
  s.machines.push_back({.id = MachineId{2}, .state = MachineState::kEnding});
  EXPECT_FALSE(JudgeProof(s).is_complete);
  EXPECT_FALSE(JudgeProof(s).first);
}

TEST(Proof, ItSaysWhenTheNextLookIsDue) {
  EXPECT_FALSE(JudgeProof(Ended({})).next);
  EXPECT_EQ(JudgeProof(Ended({Pass(101)})).next, At(161));
  EXPECT_FALSE(JudgeProof(Ended({Pass(101), Pass(140, 1)})).next);
}

TEST(Proof, ARunThatNeverHadAMachineIsProvedToo) {
  RunSnapshot s;
  s.passes = {Pass(1), Pass(61)};
  EXPECT_TRUE(JudgeProof(s).is_complete);
}

}  // namespace
}  // namespace mayfly
