// The part of the contract that needs something to go wrong: ghosts, lost answers, restarts.

#include <gmock/gmock.h>

#include "store_contract.h"

namespace mayfly::contract_test {
namespace {

TEST_P(StoreContract, AGhostIsEndedBeforeItsLeaseIsTaken) {
  StartRun();
  IntendedMachine dead = StartMachine("dead");
  IntendedMachine living = StartMachine("living");
  auto ghost = Slot(dead);
  std::vector<LeasedTask> lost = MustClaim(*ghost, dead, 0, 1);
  ASSERT_TRUE(ghost->Begin().ok());
  ASSERT_TRUE(ghost->WriteLeaf(lost[0], 0, 5, 666).ok());  // truncated, locked, uncommitted
  ghost->Freeze();

  auto taken = world_->store().ReapMachine(run_, control_, dead.machine, "no heartbeat");
  ASSERT_TRUE(taken.ok()) << taken.error().message();
  EXPECT_EQ(*taken, 1);
  auto heir = Slot(living);
  std::vector<LeasedTask> again = MustClaim(*heir, living, 0, 1);
  ASSERT_EQ(again.at(0).id, lost[0].id);
  auto done = Finish(*heir, again, 42);
  ASSERT_TRUE(done.ok()) << done.error().message();

  ghost->Thaw();
  std::vector<Completion> late{{lost[0].id, lost[0].fence, 5, 1, "{}"}};
  EXPECT_FALSE(ghost->queue().Complete(late, std::nullopt).ok());
  EXPECT_EQ(world_->ReadLeaf(run_, lost[0].leaves[0].name).content, 42U);
}

TEST_P(StoreContract, AGhostOfASlotIsEndedByItsSupervisor) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto ghost = Slot(machine, 0);
  std::vector<LeasedTask> lost = MustClaim(*ghost, machine, 0, 1);
  ASSERT_TRUE(ghost->Begin().ok());
  ASSERT_TRUE(ghost->WriteLeaf(lost[0], 0, 5, 666).ok());
  ghost->Freeze();
  auto registry = world_->OpenRegistry(machine);
  auto released = registry->ReleaseSlot({run_, machine.machine, 0}, "killed", std::nullopt);
  ASSERT_TRUE(released.ok()) << released.error().message();
  EXPECT_EQ(*released, 1);
  auto heir = Slot(machine, 1);
  ASSERT_TRUE(Finish(*heir, MustClaim(*heir, machine, 1, 1), 43).ok());
  ghost->Thaw();
  EXPECT_EQ(world_->ReadLeaf(run_, lost[0].leaves[0].name).content, 43U);
}

TEST_P(StoreContract, ReleasingOneSlotLeavesTheOthersAlone) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto one = Slot(machine, 0);
  auto two = Slot(machine, 1);
  ASSERT_EQ(MustClaim(*one, machine, 0, 1).size(), 1U);
  std::vector<LeasedTask> kept = MustClaim(*two, machine, 1, 1);
  EXPECT_EQ(*world_->OpenRegistry(machine)->ReleaseSlot({run_, machine.machine, 0}, "killed",
                                                        std::nullopt),
            1);
  EXPECT_TRUE(Finish(*two, kept, 1).ok());
}

TEST_P(StoreContract, ASlotThatRanOverItsTimePaysItself) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto registry = world_->OpenRegistry(machine);
  for (int i = 0; i < 2; ++i) {
    auto slot = Slot(machine);
    Fence overdue = MustClaim(*slot, machine, 0, 1).at(0).fence;
    EXPECT_EQ(*registry->ReleaseSlot({run_, machine.machine, 0}, "over its time", overdue), 1);
  }
  EXPECT_EQ(Counts("load").quarantined, 1);
}

// Charged, one retry and two setbacks would be spent by then.
TEST_P(StoreContract, BesideATaskThatRanOverItsTimeTheOthersGoBackUnharmed) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto registry = world_->OpenRegistry(machine);
  std::optional<Fence> overdue;  // first a lease of this slot, then one that is over
  for (int i = 0; i < 4; ++i) {
    auto slot = Slot(machine);
    std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 2);
    ASSERT_EQ(tasks.size(), 2U);
    if (!overdue) overdue = tasks[1].fence;
    EXPECT_EQ(*registry->ReleaseSlot({run_, machine.machine, 0}, "over its time", overdue), 2);
  }
  EXPECT_EQ(Counts("load").ready, 2);
  TaskView beside = world_->reader().Explain(run_, "load@a")->task;
  TaskView hung = world_->reader().Explain(run_, "load@b")->task;
  EXPECT_EQ(std::pair(beside.failures, beside.last_error), std::pair(0, std::string()));
  EXPECT_EQ(std::pair(hung.failures, hung.last_error), std::pair(1, std::string("over its time")));
  EXPECT_EQ(beside.setbacks + hung.setbacks, 0);
}

TEST_P(StoreContract, AReapedMachineClaimsNothingAndReapingRepeats) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  ASSERT_EQ(MustClaim(*slot, machine, 0, 1).size(), 1U);
  EXPECT_EQ(*world_->store().ReapMachine(run_, control_, machine.machine, "dead"), 1);
  EXPECT_EQ(*world_->store().ReapMachine(run_, control_, machine.machine, "dead"), 0);
  EXPECT_FALSE(slot->queue().Claim(Request(machine, 0, 1)).ok());
  EXPECT_EQ(Load().machines[0].state, MachineState::kEnding);
  EXPECT_EQ(Counts("load").leased, 0);
  EXPECT_EQ(Counts("load").ready, 2);
  ASSERT_TRUE(world_->store().Apply(run_, control_, RecordGone{machine.machine}).ok());
  EXPECT_EQ(*world_->store().ReapMachine(run_, control_, machine.machine, "dead"), 0);
  EXPECT_EQ(Load().leases_of_dead, 0);
}

TEST_P(StoreContract, OnlyTheActingControllerReaps) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 1);
  Fence stale{control_.value - 1};
  EXPECT_EQ(world_->store().ReapMachine(run_, stale, machine.machine, "x").error().kind(),
            ErrorKind::kConflict);
  EXPECT_TRUE(Finish(*slot, tasks, 1).ok());
}

TEST_P(StoreContract, ACommitWhoseAnswerIsLostCountsOnce) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 2);
  slot->FaultNextCommit(CommitFault::kAnswerLost);
  auto next = Finish(*slot, tasks, 9, Request(machine, 0, 10));
  ASSERT_TRUE(next.ok()) << next.error().message();
  EXPECT_EQ(Counts("load").done, 2);
  EXPECT_EQ(world_->ReadLeaf(run_, tasks[0].leaves[0].name).content, 9U);
  ASSERT_EQ(next->size(), 2U);  // what the same transaction leased is still ours
  auto rest = Finish(*slot, *next, 10);
  EXPECT_TRUE(rest.ok()) << rest.error().message();
  EXPECT_EQ(Counts("first").done, 1);
}

TEST_P(StoreContract, ACommitThatWasNeverSentDidNotHappen) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 2);
  slot->FaultNextCommit(CommitFault::kNotSent);
  auto next = Finish(*slot, tasks, 9, Request(machine, 0, 10));
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(Counts("load").done, 0);
  EXPECT_EQ(Counts("first").leased, 0);
  EXPECT_EQ(world_->ReadLeaf(run_, tasks[0].leaves[0].name).rows, 0);
}

TEST_P(StoreContract, ARestartEndsTransactionsAndNothingElse) {
  StartRun();
  IntendedMachine machine = StartMachine();
  auto slot = Slot(machine);
  std::vector<LeasedTask> tasks = MustClaim(*slot, machine, 0, 2);
  ASSERT_TRUE(slot->Begin().ok());
  ASSERT_TRUE(slot->WriteLeaf(tasks[0], 0, 5, 1).ok());
  world_->RestartServer();
  std::vector<Completion> done{{tasks[0].id, tasks[0].fence, 5, 1, "{}"}};
  EXPECT_FALSE(slot->queue().Complete(done, std::nullopt).ok());
  EXPECT_EQ(world_->ReadLeaf(run_, tasks[0].leaves[0].name).rows, 0);
  (void)world_->store().Load(run_);  // notices that its connection is gone
  EXPECT_LT(Load().server_up, minutes(10));
  // The machine may have to give the slot up; the tasks are not lost either way.
  auto registry = world_->OpenRegistry(machine);
  auto released =
      registry->ReleaseSlot({run_, machine.machine, 0}, "its server restarted", std::nullopt);
  ASSERT_TRUE(released.ok()) << released.error().message();
  auto fresh = Slot(machine, 0);
  std::vector<LeasedTask> again = MustClaim(*fresh, machine, 0, 2);
  ASSERT_EQ(again.size(), 2U);
  EXPECT_TRUE(Finish(*fresh, again, 2).ok());
}

}  // namespace
}  // namespace mayfly::contract_test
