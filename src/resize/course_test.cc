#include "resize/course.h"

#include <gtest/gtest.h>

#include <functional>

#include "resize/testing/fake_host.h"

namespace mayfly::resize {
namespace {

// Marked, kept in snapshots, running, not stopped yet.
struct Situation {
  testing::FakeHost fake;
  Journal journal = testing::Approved(fake);
  Sight sight;
  Situation() {
    journal.is_marked = journal.has_snapshots = true;
    sight.host = fake.host;
  }
};

struct MoveRow {
  const char* name;
  std::function<void(Situation&)> change;
  What what;
};

void PrintTo(const MoveRow& row, std::ostream* out) { *out << row.name; }

class CourseMoves : public ::testing::TestWithParam<MoveRow> {};

TEST_P(CourseMoves, FollowFromWhatIsSeen) {
  Situation situation;
  GetParam().change(situation);
  EXPECT_EQ(Name(Decide(situation.journal, situation.sight).what), Name(GetParam().what));
}

void Be(Situation& s, HostState state, const char* type) {
  s.journal.stop_asked = true;
  s.sight.host.state = state;
  s.sight.host.type = type;
}
void Back(Situation& s) { s.journal.direction = Direction::kBack; }
void Healthy(Situation& s) { s.sight.health = HostHealth{.is_ok = true}; }

constexpr const char* kOld = "t3.2xlarge";
constexpr const char* kNew = "t3.small";

using enum HostState;
INSTANTIATE_TEST_SUITE_P(
    Each, CourseMoves,
    ::testing::Values(
        MoveRow{"FirstTheMark", [](Situation& s) { s.journal.is_marked = false; }, What::kMark},
        MoveRow{"ThenASnapshot", [](Situation& s) { s.journal.has_snapshots = false; },
                What::kTakeSnapshot},
        MoveRow{"ThatIsWaitedFor",
                [](Situation& s) {
                  s.journal.has_snapshots = false;
                  s.sight.snapshots = {{"snap-1", "vol-1", "pending", "10%"}};
                },
                What::kAwaitSnapshots},
        MoveRow{"ThatFailed",
                [](Situation& s) {
                  s.journal.has_snapshots = false;
                  s.sight.snapshots = {{"snap-1", "vol-1", "error", ""}};
                },
                What::kFail},
        MoveRow{"ThatIsCompleted",
                [](Situation& s) {
                  s.journal.has_snapshots = false;
                  s.sight.snapshots = {{"snap-1", "vol-1", "completed", "100%"}};
                },
                What::kKeepSnapshots},
        MoveRow{"ThenStop", [](Situation&) {}, What::kStop},
        MoveRow{"StopIsSlow", [](Situation& s) { Be(s, kStopping, kOld); }, What::kAwaitStopped},
        MoveRow{"StopDoesNotShowYet", [](Situation& s) { Be(s, kRunning, kOld); }, What::kStop},
        MoveRow{"Change", [](Situation& s) { Be(s, kStopped, kOld); }, What::kChangeType},
        MoveRow{"Start", [](Situation& s) { Be(s, kStopped, kNew); }, What::kStart},
        MoveRow{"StartIsSlow", [](Situation& s) { Be(s, kPending, kNew); }, What::kAwaitRunning},
        MoveRow{"StartDied",
                [](Situation& s) {
                  Be(s, kStopped, kNew);
                  s.journal.start_asked = s.sight.host.died_starting = true;
                },
                What::kFail},
        MoveRow{"SomebodyElsesStartDiedBefore",
                [](Situation& s) {
                  Be(s, kStopped, kNew);
                  s.sight.host.died_starting = true;
                },
                What::kStart},
        MoveRow{"Checks", [](Situation& s) { Be(s, kRunning, kNew); }, What::kAwaitHealth},
        MoveRow{"Inside",
                [](Situation& s) {
                  Be(s, kRunning, kNew);
                  Healthy(s);
                },
                What::kLookInside},
        MoveRow{"Unseen",
                [](Situation& s) {
                  Be(s, kRunning, kNew);
                  Healthy(s);
                  s.journal.was_seen = false;
                },
                What::kFinish},
        MoveRow{"BackStops",
                [](Situation& s) {
                  Be(s, kRunning, kNew);
                  Back(s);
                },
                What::kStop},
        MoveRow{"BackChanges",
                [](Situation& s) {
                  Be(s, kStopped, kNew);
                  Back(s);
                },
                What::kChangeType},
        MoveRow{"BackStarts",
                [](Situation& s) {
                  Be(s, kStopped, kOld);
                  Back(s);
                },
                What::kStart},
        MoveRow{"BackEnds",
                [](Situation& s) {
                  Be(s, kRunning, kOld);
                  Back(s);
                  Healthy(s);
                  s.sight.is_settled_inside = true;
                },
                What::kFinish},
        MoveRow{"SomebodyEndedIt", [](Situation& s) { Be(s, kTerminated, kOld); }, What::kFail}),
    [](const auto& test) { return std::string(test.param.name); });

struct ReactionRow {
  const char* name;
  What what;
  ErrorKind kind;
  bool is_stopped, is_back, is_time_up;
  Reaction reaction;
};

void PrintTo(const ReactionRow& row, std::ostream* out) { *out << row.name; }

class CourseReactions : public ::testing::TestWithParam<ReactionRow> {};

TEST_P(CourseReactions, FollowFromWhatFailedAndWhen) {
  const ReactionRow& row = GetParam();
  Journal journal;
  journal.stop_asked = row.is_stopped;
  if (row.is_back) journal.direction = Direction::kBack;
  EXPECT_EQ(AfterFailure(journal, row.what, Error(row.kind, "no"), row.is_time_up), row.reaction);
}

using enum ErrorKind;
INSTANTIATE_TEST_SUITE_P(
    Each, CourseReactions,
    ::testing::Values(
        ReactionRow{"Passing", What::kStart, kUnavailable, true, false, false, Reaction::kAgain},
        ReactionRow{"Lost", What::kStart, kAmbiguous, true, false, false, Reaction::kAgain},
        ReactionRow{"PassingTooLong", What::kStart, kUnavailable, true, false, true,
                    Reaction::kTurnBack},
        ReactionRow{"BeforeTheStop", What::kTakeSnapshot, kDenied, false, false, false,
                    Reaction::kAbandon},
        ReactionRow{"StopRefused", What::kStop, kInvalid, true, false, false, Reaction::kAbandon},
        ReactionRow{"StopTooSlow", What::kAwaitStopped, kExhausted, true, false, true,
                    Reaction::kTurnBack},
        ReactionRow{"ChangeRefused", What::kChangeType, kInvalid, true, false, false,
                    Reaction::kTurnBack},
        ReactionRow{"NoCapacity", What::kStart, kExhausted, true, false, false,
                    Reaction::kTurnBack},
        ReactionRow{"ServicesMissing", What::kLookInside, kExhausted, true, false, true,
                    Reaction::kTurnBack},
        ReactionRow{"TagStays", What::kFinish, kDenied, true, false, false, Reaction::kEndAnyway},
        ReactionRow{"BackNoCapacity", What::kStart, kExhausted, true, true, false,
                    Reaction::kAgain},
        ReactionRow{"BackNoCapacityForLong", What::kStart, kExhausted, true, true, true,
                    Reaction::kGiveUp},
        ReactionRow{"BackDenied", What::kChangeType, kDenied, true, true, false, Reaction::kGiveUp},
        ReactionRow{"BackServicesMissing", What::kLookInside, kExhausted, true, true, true,
                    Reaction::kEndAnyway}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Course, WhatIsMissingIsNamed) {
  Journal journal;
  journal.to_size = {2, 2048};
  journal.services = {"a.service", "b.service"};
  journal.sockets = {"0.0.0.0:80"};
  HostUse use{.vcpus = 2, .memory_kib = 1950 * 1024, .services = {{"a.service", true}}};
  EXPECT_EQ(WhatDiffers(journal, use),
            (std::vector<std::string>{"b.service does not run", "nothing listens at 0.0.0.0:80"}));
  use.vcpus = 8;
  EXPECT_EQ(WhatDiffers(journal, use).front(), "it has 8 processors, and the type has 2");
}

TEST(Course, AStuckHostIsTold) {
  Situation s;
  Back(s);
  Be(s, HostState::kStopped, kNew);
  EXPECT_NE(ExplainStuck(s.journal, s.sight.host)
                .find("--instance-type t3.2xlarge, then aws ec2 start-instances"),
            std::string::npos);
  Be(s, HostState::kStopping, kOld);
  EXPECT_NE(ExplainStuck(s.journal, s.sight.host).find("--force"), std::string::npos);
}

}  // namespace
}  // namespace mayfly::resize
