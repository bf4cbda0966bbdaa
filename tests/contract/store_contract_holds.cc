// The contract of the hold seams: what an operator may ask, what a controller answers, what a
// machine may take.

#include <gmock/gmock.h>

#include "store_contract.h"

namespace mayfly::contract_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

HoldWish WishFor(Duration length, std::optional<MachineId> machine = std::nullopt) {
  return {machine, length, "ann@here"};
}

ExecWish Command(MachineId machine, std::vector<std::string> argv = {"ls", "-l", "a 'b"}) {
  return {machine, std::move(argv), "ann@here", minutes(1)};
}

}  // namespace

HoldId StoreContract::Ask(const HoldWish& wish) {
  Result<HoldId> hold = world_->holds().RequestHold(run_, wish);
  EXPECT_TRUE(hold.ok()) << hold.error().message();
  return hold.ok() ? *hold : HoldId{};
}

void StoreContract::Hold(const IntendedMachine& machine, Duration length) {
  HoldId hold = Ask(WishFor(length));
  Status held = world_->store().Apply(
      run_, control_, RecordHeld{machine.machine, hold, length, "held, at most 0.26 USD"});
  ASSERT_TRUE(held.ok()) << held.error().message();
}

TEST_P(StoreContract, AWishToHoldIsSeenUntilItIsAnswered) {
  StartRun();
  HoldId first = Ask(WishFor(minutes(30)));
  ASSERT_TRUE(Load().hold);
  EXPECT_EQ(Load().hold->state, HoldState::kAsked);
  EXPECT_EQ(Load().hold->wish.length, Duration(minutes(30)));
  EXPECT_EQ(Load().hold->wish.who, "ann@here");
  auto& store = world_->store();
  ASSERT_TRUE(
      store.Apply(run_, control_, AnswerHold{first, HoldState::kPromised, "0.26 USD"}).ok());
  EXPECT_EQ(world_->holds().ReadHold(first)->note, "0.26 USD");
  HoldId second = Ask(WishFor(minutes(5)));  // in its place
  EXPECT_EQ(world_->holds().ReadHold(first)->state, HoldState::kWithdrawn);
  ASSERT_TRUE(store.Apply(run_, control_, AnswerHold{second, HoldState::kRefused, "no"}).ok());
  EXPECT_FALSE(Load().hold);
  EXPECT_EQ(
      store.Apply(run_, control_, AnswerHold{second, HoldState::kPromised, ""}).error().kind(),
      ErrorKind::kConflict);
}

TEST_P(StoreContract, AHoldIsOfARunThatGoesOnAndOfItsOwnMachine) {
  StartRun();
  auto& holds = world_->holds();
  auto of_another = holds.RequestHold(run_, WishFor(minutes(5), MachineId{987654}));
  EXPECT_EQ(of_another.error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(holds.RequestHold(RunId{987654}, WishFor(minutes(5))).error().kind(),
            ErrorKind::kNotFound);
  Move(RunState::kCancelled);
  EXPECT_EQ(holds.RequestHold(run_, WishFor(minutes(5))).error().kind(), ErrorKind::kConflict);
}

TEST_P(StoreContract, AHeldMachineClaimsNothingAndIsKeptByARunThatRests) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 1);
  Hold(machine, minutes(10));
  Move(RunState::kFailed);
  auto orders = world_->OpenRegistry(machine)->Renew(machine.machine);
  ASSERT_TRUE(orders.ok()) << orders.error().message();
  EXPECT_FALSE(orders->stop);
  ASSERT_TRUE(orders->held_for);
  EXPECT_GT(*orders->held_for, Duration(minutes(9)));
  EXPECT_EQ(slot->queue().Claim(Request(machine, 0, 1)).error().kind(), ErrorKind::kConflict);
  EXPECT_TRUE(slot->queue().Release(tasks, "held").ok());
  MachineView seen = Load().machines[0];
  EXPECT_EQ(seen.state, MachineState::kHeld);
  ASSERT_TRUE(seen.countdown);
  EXPECT_LE(seen.countdown->left, Duration(minutes(10)));
  EXPECT_FALSE(Load().hold);
}

TEST_P(StoreContract, NoHoldOutlivesItsMachinesDeadline) {
  StartRun();
  IntendedMachine machine = StartMachine();
  Hold(machine, hours(10'000));
  MachineView seen = Load().machines[0];
  ASSERT_TRUE(seen.countdown);
  EXPECT_LE(seen.countdown->left, seen.deadline_in);
}

TEST_P(StoreContract, AHoldIsGivenUpEarly) {
  StartRun();
  IntendedMachine machine = StartMachine();
  Hold(machine, minutes(10));
  HoldId open = Ask(WishFor(minutes(20)));
  EXPECT_EQ(*world_->holds().EndHolds(run_, std::nullopt), 2);
  EXPECT_EQ(*world_->holds().EndHolds(run_, std::nullopt), 0);
  EXPECT_EQ(world_->holds().ReadHold(open)->state, HoldState::kWithdrawn);
  EXPECT_LE(Load().machines[0].countdown->left, Duration(0));
  auto registry = world_->OpenRegistry(machine);
  EXPECT_LE(*registry->Renew(machine.machine)->held_for, Duration(0));
  EXPECT_TRUE(registry->Leave(machine.machine, "its hold is over").ok());
  EXPECT_EQ(Load().machines[0].state, MachineState::kEnding);
}

TEST_P(StoreContract, ACommandRunsOnlyOnAHeldMachine) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto refused = world_->holds().RequestExec(Command(machine.machine));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind(), ErrorKind::kConflict);
  EXPECT_THAT(refused.error().message(), HasSubstr("mayfly hold"));
  EXPECT_EQ(world_->holds().RequestExec(Command(MachineId{987654})).error().kind(),
            ErrorKind::kNotFound);
  Hold(machine, minutes(10));
  auto exec = world_->holds().RequestExec(Command(machine.machine));
  ASSERT_TRUE(exec.ok()) << exec.error().message();
  ASSERT_EQ(*world_->holds().EndHolds(run_, machine.machine), 1);
  EXPECT_TRUE(world_->OpenExecs(machine)->Take(machine.machine)->empty());  // too late
  EXPECT_FALSE(world_->holds().RequestExec(Command(machine.machine)).ok());
}

TEST_P(StoreContract, ACommandIsTakenAndItsOutputAndEndAreTold) {
  StartRun();
  IntendedMachine machine = StartMachine();
  Hold(machine, minutes(10));
  auto exec = world_->holds().RequestExec(Command(machine.machine));
  ASSERT_TRUE(exec.ok()) << exec.error().message();
  auto queue = world_->OpenExecs(machine);
  for (int i = 0; i < 2; ++i) {  // the answer may have been lost
    auto orders = queue->Take(machine.machine);
    ASSERT_TRUE(orders.ok()) << orders.error().message();
    ASSERT_EQ(orders->size(), 1U);
    EXPECT_THAT((*orders)[0].argv, ElementsAre("ls", "-l", "a 'b"));
    EXPECT_EQ((*orders)[0].timeout, Duration(minutes(1)));
    EXPECT_FALSE((*orders)[0].is_cancelled);
  }
  std::string bytes("any\0\xff\n", 6);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(queue->AddOutput(*exec, 0, bytes).ok());
  ASSERT_TRUE(queue->AddOutput(*exec, 1, "more").ok());
  EXPECT_THAT(world_->holds().ReadExec(*exec, 0)->parts, ElementsAre(bytes, "more"));
  EXPECT_FALSE(world_->holds().ReadExec(*exec, 0)->exit);
  ASSERT_TRUE(queue->End(*exec, {ExecEnd::kExited, 3, ""}).ok());
  ASSERT_TRUE(queue->End(*exec, {ExecEnd::kSignalled, 9, ""}).ok());  // the first counts
  auto news = world_->holds().ReadExec(*exec, 1);
  ASSERT_TRUE(news.ok() && news->exit);
  EXPECT_THAT(news->parts, ElementsAre("more"));
  EXPECT_EQ(news->exit->how, ExecEnd::kExited);
  EXPECT_EQ(news->exit->code, 3);
  EXPECT_TRUE(queue->Take(machine.machine)->empty());
}

TEST_P(StoreContract, ACancelledCommandIsNotStartedOrIsToldToEnd) {
  StartRun();
  IntendedMachine machine = StartMachine();
  Hold(machine, minutes(10));
  auto queue = world_->OpenExecs(machine);
  auto& holds = world_->holds();
  auto early = holds.RequestExec(Command(machine.machine));
  ASSERT_TRUE(early.ok() && holds.CancelExec(*early).ok());
  EXPECT_TRUE(queue->Take(machine.machine)->empty());
  EXPECT_EQ(holds.ReadExec(*early, 0)->exit->how, ExecEnd::kCancelled);
  auto running = holds.RequestExec(Command(machine.machine));
  ASSERT_EQ(queue->Take(machine.machine)->size(), 1U);
  ASSERT_TRUE(holds.CancelExec(*running).ok());
  EXPECT_TRUE((*queue->Take(machine.machine))[0].is_cancelled);
}

TEST_P(StoreContract, ACommandOfAMachineThatIsGoneEndedWithIt) {
  StartRun();
  IntendedMachine machine = StartMachine();
  Hold(machine, minutes(10));
  auto exec = world_->holds().RequestExec(Command(machine.machine));
  ASSERT_EQ(world_->OpenExecs(machine)->Take(machine.machine)->size(), 1U);
  auto& store = world_->store();
  ASSERT_TRUE(store.Apply(run_, control_, RecordEnding{machine.machine, "silent"}).ok());
  ASSERT_TRUE(store.Apply(run_, control_, RecordGone{machine.machine}).ok());
  ASSERT_TRUE(world_->holds().ReadExec(*exec, 0)->exit);
  EXPECT_EQ(world_->holds().ReadExec(*exec, 0)->exit->how, ExecEnd::kMachineEnded);
}

TEST_P(StoreContract, CommandsThatWaitHaveABound) {
  StartRun();
  IntendedMachine machine = StartMachine();
  Hold(machine, minutes(10));
  for (int i = 0; i < kMostExecsWaiting; ++i) {
    ASSERT_TRUE(world_->holds().RequestExec(Command(machine.machine, {"true"})).ok());
  }
  EXPECT_EQ(world_->holds().RequestExec(Command(machine.machine)).error().kind(),
            ErrorKind::kExhausted);
  EXPECT_EQ(std::ssize(*world_->OpenExecs(machine)->Take(machine.machine)), kMostExecsAtOnce);
}

TEST_P(StoreContract, AMachineTouchesNoCommandOfAnother) {
  StartRun();
  IntendedMachine machine = StartMachine();
  IntendedMachine other = StartMachine("m2");
  Hold(machine, minutes(10));
  auto exec = world_->holds().RequestExec(Command(machine.machine));
  ASSERT_EQ(world_->OpenExecs(machine)->Take(machine.machine)->size(), 1U);
  auto theirs = world_->OpenExecs(other);
  EXPECT_TRUE(theirs->Take(machine.machine)->empty());
  EXPECT_FALSE(theirs->AddOutput(*exec, 0, "mine").ok());
  (void)theirs->End(*exec, {ExecEnd::kExited, 0, ""});  // refused, or nothing is changed by it
  auto news = world_->holds().ReadExec(*exec, 0);
  EXPECT_TRUE(news->parts.empty());
  EXPECT_FALSE(news->exit);
}

}  // namespace mayfly::contract_test
