#include <gtest/gtest.h>

#include <deque>

#include "worker/slot.h"
#include "worker/slot_protocol.h"
#include "worker/supervisor.h"
#include "worker/testing.h"

namespace mayfly {
namespace {

LeasedTask Task(std::int64_t id) {
  LeasedTask task;
  task.id = TaskId{id};
  task.fence = Fence{id * 10};
  task.stage = "s";
  return task;
}

class FakeQueue : public TaskQueue {
 public:
  Result<std::vector<LeasedTask>> Claim(const ClaimRequest&) override {
    ++claims;
    if (claim_error) return *claim_error;
    return Next();
  }
  Result<std::vector<LeasedTask>> Complete(std::span<const Completion> done,
                                           const std::optional<ClaimRequest>& next) override {
    if (complete_error) return *complete_error;
    for (const Completion& completion : done) completed.push_back(completion.id);
    if (next) asked.push_back(next->max_tasks);
    return next ? Next() : std::vector<LeasedTask>{};
  }
  Status Fail(TaskId task, Fence, const Error&, std::string_view) override {
    failed.push_back(task);
    return {};
  }
  Status Release(std::span<const LeasedTask> tasks, std::string_view) override {
    for (const LeasedTask& task : tasks) released.push_back(task.id);
    return {};
  }
  Status Log(const SlotIdentity&, TaskId, std::string_view) override { return {}; }

  std::vector<LeasedTask> Next() {
    if (groups.empty()) return {};
    auto group = groups.front();
    groups.pop_front();
    return group;
  }

  std::deque<std::vector<LeasedTask>> groups;
  std::optional<Error> claim_error, complete_error;
  int claims = 0;
  std::vector<int> asked;  // most tasks of each next claim
  std::vector<TaskId> completed, failed, released;
};

class FakeExecutor : public TaskExecutor {
 public:
  explicit FakeExecutor(FixedClock& clock) : clock_(clock) {}
  Result<std::vector<Completion>> Execute(std::span<const LeasedTask> tasks,
                                          const std::function<bool()>&,
                                          ExecutionNotes& notes) override {
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      notes.Begin(i);
      clock_.mono += takes_each;
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) notes.Begin(i);
    notes.failed = fail_index;
    clock_.mono += takes;
    if (error) return *error;
    std::vector<Completion> done;
    for (const LeasedTask& task : tasks) done.push_back({task.id, task.fence});
    return done;
  }
  std::optional<Error> error;
  std::size_t fail_index = 0;
  Duration takes{};
  Duration takes_each{};  // to compute; writing takes no time

 private:
  FixedClock& clock_;
};

class QuietReporter : public SlotReporter {
 public:
  void OnBegin(const LeasedTask& task, Duration left) override {
    begun.emplace_back(task.id.value, left);
  }
  void OnCommit(Duration timeout) override { commits.push_back(timeout); }
  void OnIdle() override {}
  void OnNote(const std::string&) override {}
  std::vector<std::pair<std::int64_t, Duration>> begun;
  std::vector<Duration> commits;
};

struct SlotBench {
  FixedClock clock;
  FakeQueue queue;
  FakeExecutor executor{clock};
  QuietReporter reporter;
  Duration timeout = seconds(9);
  Slot slot{SlotOptions{.who = {RunId{1}, MachineId{1}, 0},
                        .timeout_of = [this](const LeasedTask&) { return timeout; }},
            clock, queue, executor, reporter};
};

TEST(Slot, CompletesAGroupAndTakesTheNextInTheSameCall) {
  SlotBench bench;
  bench.queue.groups = {{Task(1), Task(2)}, {Task(3)}};
  for (int i = 0; i < 5; ++i) bench.slot.Step();
  EXPECT_EQ(bench.queue.completed, (std::vector<TaskId>{{1}, {2}, {3}}));
  EXPECT_EQ(bench.queue.claims, 1);
}

TEST(Slot, OneFailureGivesTheRestOfTheGroupBack) {
  SlotBench bench;
  bench.queue.groups = {{Task(1), Task(2), Task(3)}};
  bench.executor.error = Corrupt("bad figures");
  bench.executor.fail_index = 1;
  bench.slot.Step();
  bench.slot.Step();
  EXPECT_EQ(bench.queue.failed, (std::vector<TaskId>{{2}}));
  EXPECT_EQ(bench.queue.released, (std::vector<TaskId>{{1}, {3}}));
}

TEST(Slot, ALostLeaseIsDroppedAndWorkGoesOn) {
  SlotBench bench;
  bench.queue.groups = {{Task(1)}};
  bench.queue.complete_error = Conflict("fence 10 is not current");
  for (int i = 0; i < 3; ++i) bench.slot.Step();
  EXPECT_FALSE(bench.slot.done());
  EXPECT_TRUE(bench.queue.completed.empty());
}

TEST(Slot, AnUnknownCommitEndsTheSlotSoThatItsLeaseComesBack) {
  SlotBench bench;
  bench.queue.groups = {{Task(1)}};
  bench.queue.complete_error = Ambiguous("the ledger could not be asked");
  for (int i = 0; i < 3; ++i) bench.slot.Step();
  EXPECT_TRUE(bench.slot.done());
}

TEST(Slot, AClaimWithoutAnAnswerEndsTheSlotSoThatItsLeasesComeBack) {
  SlotBench bench;
  bench.queue.claim_error = Ambiguous("the reply was lost");
  bench.slot.Step();
  EXPECT_TRUE(bench.slot.done());
}

TEST(Slot, ARefusedCommitGivesBackWhatMayStillBeOurs) {
  SlotBench bench;
  bench.queue.groups = {{Task(1)}};
  bench.queue.complete_error = Conflict("the server ended our backend");
  for (int i = 0; i < 3; ++i) bench.slot.Step();
  EXPECT_EQ(bench.queue.released.size(), 1U);
}

TEST(Slot, EachTaskOfAGroupHasItsOwnTimeAndNoneOfTheOthers) {
  SlotBench bench;
  bench.queue.groups = {{Task(1), Task(2)}};
  bench.executor.takes_each = seconds(4);
  for (int i = 0; i < 2; ++i) bench.slot.Step();
  using Begun = std::pair<std::int64_t, Duration>;
  EXPECT_EQ(
      bench.reporter.begun,
      (std::vector<Begun>{{1, seconds(9)}, {2, seconds(9)}, {1, seconds(5)}, {2, seconds(5)}}));
}

TEST(Slot, ATaskThatHasUsedUpItsTimeHasNoneLeft) {
  SlotBench bench;
  bench.queue.groups = {{Task(1), Task(2)}};
  bench.executor.takes_each = seconds(20);
  for (int i = 0; i < 2; ++i) bench.slot.Step();
  EXPECT_EQ(bench.reporter.begun.back(), std::pair(std::int64_t{2}, Duration(0)));
}

// Its pieces follow one another: there is nothing new to tell.
TEST(Slot, ATaskAloneBeginsOnce) {
  SlotBench bench;
  bench.queue.groups = {{Task(1)}};
  for (int i = 0; i < 2; ++i) bench.slot.Step();
  EXPECT_EQ(bench.reporter.begun.size(), 1U);
}

TEST(Slot, ACommitHasTimeOfItsOwnAndNeverLessThanAMinute) {
  SlotBench bench;
  bench.queue.groups = {{Task(1), Task(2)}, {Task(3)}};
  for (int i = 0; i < 3; ++i) bench.slot.Step();
  bench.timeout = hours(1);
  for (int i = 0; i < 2; ++i) bench.slot.Step();
  EXPECT_EQ(bench.reporter.commits, (std::vector<Duration>{minutes(1), hours(1)}));
}

TEST(Slot, AFailureThatIsNotTheTasksOwnIsFollowedByAPauseThatGrows) {
  SlotBench bench;
  for (int i = 0; i < 12; ++i) bench.queue.groups.push_back({Task(i + 1)});
  bench.executor.error = Exhausted("the disk is full");
  Duration last{};
  for (int i = 0; i < 12; ++i) {
    bench.slot.Step();
    last = bench.slot.Step() - bench.clock.mono;
  }
  EXPECT_EQ(last, Duration(seconds(2)));
  bench.executor.error = Corrupt("bad figures");
  bench.queue.groups = {{Task(20)}};
  bench.slot.Step();
  EXPECT_EQ(bench.slot.Step(), bench.clock.mono);
}

TEST(Slot, ShortTasksAreClaimedTogetherAndLongOnesAlone) {
  SlotBench bench;
  for (int i = 0; i < 5; ++i) bench.queue.groups.push_back({Task(i + 1)});
  bench.executor.takes = milliseconds(200);
  for (int i = 0; i < 5; ++i) bench.slot.Step();
  bench.executor.takes = seconds(3);
  for (int i = 0; i < 6; ++i) bench.slot.Step();
  EXPECT_EQ(bench.queue.asked, (std::vector<int>{4, 5, 1, 1, 1}));
}

TEST(Slot, DrainingClaimsNothingMore) {
  SlotBench bench;
  bench.queue.groups = {{Task(1)}, {Task(2)}};
  bench.slot.Step();
  bench.slot.Drain();
  for (int i = 0; i < 3; ++i) bench.slot.Step();
  EXPECT_TRUE(bench.slot.done());
  EXPECT_EQ(bench.queue.released, (std::vector<TaskId>{{1}}));
  EXPECT_EQ(bench.queue.groups.size(), 1U);
}

TEST(Slot, IdlingBacksOffToItsBound) {
  SlotBench bench;
  Duration last{};
  for (int i = 0; i < 12; ++i) last = bench.slot.Step() - bench.clock.mono;
  EXPECT_EQ(last, milliseconds(500));
}

TEST(SlotProtocol, SignalsRoundTripAndLogLinesAreNotSignals) {
  SlotSignal begin = SignalOf(Task(7), seconds(3));
  EXPECT_EQ(begin.lease, Fence{70});
  SlotSignal commit = SignalOfCommit(seconds(3));
  EXPECT_EQ(commit.lease, std::nullopt);
  for (const SlotSignal& signal : {begin, commit}) {
    EXPECT_EQ(DecodeSignal(EncodeSignal(signal)), signal);
  }
  EXPECT_EQ(DecodeSignal(EncodeSignal({})), SlotSignal{});
  SlotSignal idle{.worked = seconds(3), .waited = seconds(2)};
  EXPECT_EQ(DecodeSignal(EncodeSignal(idle)), idle);
  EXPECT_EQ(DecodeSignal("begin 3 7 x"), std::nullopt);
  for (const char* unreadable : {"begin x", "begin 3 x", "begin 3 7"}) {
    EXPECT_EQ(DecodeSignal('\x01' + std::string(unreadable)), std::nullopt) << unreadable;
  }
}

class FakeRegistry : public WorkerRegistry {
 public:
  Result<WorkerBrief> Register(RunId, MachineId) override {
    if (refuse) return Conflict("its intent is closed");
    WorkerBrief brief;
    brief.slots = 2;
    brief.orders.deadline_in = hours(1);
    return brief;
  }
  Result<WorkerOrders> Renew(MachineId) override {
    ++beats;
    if (away) return Unavailable("no ledger");
    return orders;
  }
  Result<int> ReleaseSlot(const SlotIdentity& who, std::string_view reason,
                          std::optional<Fence> overdue) override {
    if (away) return Unavailable("no ledger");
    released.push_back({who.slot, overdue});
    released_because = reason;
    return 1;
  }
  Status ReportNotice(MachineId, Duration, std::string_view) override {
    noticed = true;
    return {};
  }
  Status Leave(MachineId, std::string_view reason) override {
    left = true;
    left_because = reason;
    return {};
  }
  Status Log(RunId, MachineId, std::string_view text) override {
    if (away) return Unavailable("no ledger");
    (left ? logged_too_late : logged) += text;
    return {};
  }

  bool refuse = false, away = false, noticed = false, left = false;
  WorkerOrders orders;
  std::string left_because, released_because, logged, logged_too_late;
  int beats = 0;
  std::vector<std::pair<int, std::optional<Fence>>> released;  // slots, and who ran over its time
};

class FakeNotices : public NoticeSource {
 public:
  Result<std::optional<Notice>> Poll() override { return notice; }
  std::optional<Notice> notice;
};

class FakeSensor : public MachineSensor {
 public:
  Result<MachineReading> Read() override {
    ++looks;
    if (silent) return Unavailable("no /proc");
    return MachineReading{.cores = 2, .memory_bytes = 4LL << 30, .used_bytes = 1LL << 30};
  }
  bool silent = false;
  int looks = 0;
};

struct Machine {
  MachineTerms terms{.slots = 2};
  FakeSensor sensor;
  int set_up = 0;
  FixedClock clock;
  FakeRegistry registry;
  FakeProcesses processes;
  FakeNotices notices;
  Duration armed{}, heard_within{};
  Supervisor supervisor{
      SupervisorOptions{.run = RunId{1},
                        .machine = MachineId{1},
                        .terms_of = [this](const WorkerBrief&) { return terms; },
                        .on_set_up =
                            [this] {
                              ++set_up;
                              return Status();
                            },
                        .sensor = &sensor,
                        .slot_process = [](int, const WorkerBrief&) { return ProcessSpec{}; },
                        .arm_deadline = [this](Duration d) { armed = d; },
                        .arm_silence = [this](Duration d) { heard_within = d; }},
      clock, registry, processes, notices};

  void Begin(const SetupSpec& setup) {
    terms.setup = PlanSetup(setup, "/there");
    supervisor.Step();
  }
  void Beat() {
    clock.mono += seconds(2);
    supervisor.Step();
  }
};

TEST(Supervisor, EndsItselfWhenItsIntentIsNotOpen) {
  Machine m;
  m.registry.refuse = true;
  m.supervisor.Step();
  EXPECT_TRUE(m.supervisor.done());
  EXPECT_EQ(m.processes.last_pid, 100);
}

TEST(Supervisor, ArmsItsDeadlineBeforeAnySlotStarts) {
  Machine m;
  m.supervisor.Step();
  EXPECT_EQ(m.armed, Duration(hours(1)));
  EXPECT_EQ(m.processes.last_pid, 102);
}

TEST(Supervisor, ADeadSlotIsGivenBackAtOnceAndStartedAgain) {
  Machine m;
  m.supervisor.Step();
  m.processes.changes = {{ProcessHandle{101}, ProcessChange::What::kSignalled, 9}};
  m.supervisor.Step();
  ASSERT_EQ(m.registry.released.size(), 1U);
  EXPECT_EQ(m.registry.released[0].second, std::nullopt);
  m.clock.mono += seconds(1);
  m.supervisor.Step();
  EXPECT_EQ(m.processes.last_pid, 103);
}

TEST(Supervisor, LeasesOfADeadSlotAreOwedUntilTheLedgerHearsOfIt) {
  Machine m;
  m.supervisor.Step();
  m.registry.away = true;
  m.processes.changes = {{ProcessHandle{101}, ProcessChange::What::kSignalled, 9},
                         {ProcessHandle{102}, ProcessChange::What::kSignalled, 9}};
  m.supervisor.Step();
  EXPECT_EQ(m.processes.last_pid, 102);
  m.registry.away = false;
  m.clock.mono += seconds(1);
  m.supervisor.Step();
  EXPECT_EQ(m.registry.released.size(), 2U);
}

TEST(Supervisor, AStoppedSlotCountsAsDead) {
  Machine m;
  m.supervisor.Step();
  m.processes.changes = {{ProcessHandle{102}, ProcessChange::What::kStopped, 19}};
  m.supervisor.Step();
  EXPECT_EQ(m.processes.killed, (std::vector<std::int64_t>{102}));
  EXPECT_EQ(m.registry.released[0].first, 1);
}

TEST(Supervisor, ATaskOverItsTimeIsItsOwnFailure) {
  Machine m;
  m.supervisor.Step();
  SlotSignal begins = SignalOf(Task(7), seconds(1));
  m.processes.sinks[0]({101}, EncodeSignal(begins));
  m.clock.mono += seconds(7);
  m.supervisor.Step();
  ASSERT_EQ(m.registry.released.size(), 1U);
  EXPECT_EQ(m.registry.released[0].second, Fence{70});
  EXPECT_EQ(m.registry.released_because, "slot 0 ran over the task's timeout at " + begins.task);
}

TEST(Supervisor, OfAGroupTheTaskThatBeganLastIsTimedAndToBlame) {
  Machine m;
  m.supervisor.Step();
  for (int task = 1; task <= 4; ++task) {
    m.processes.sinks[0]({101}, EncodeSignal(SignalOf(Task(task), seconds(1))));
    m.clock.mono += seconds(5);
    m.supervisor.Step();
  }
  EXPECT_TRUE(m.registry.released.empty());  // none of them took more than its second and the grace
  m.clock.mono += seconds(1);
  m.supervisor.Step();
  ASSERT_EQ(m.registry.released.size(), 1U);
  EXPECT_EQ(m.registry.released[0].second, Fence{40});
}

TEST(Supervisor, ACommitThatTakesTooLongIsNoTasksFault) {
  Machine m;
  m.supervisor.Step();
  m.processes.sinks[0]({101}, EncodeSignal(SignalOf(Task(7), seconds(1))));
  m.processes.sinks[0]({101}, EncodeSignal(SignalOfCommit(minutes(1))));
  m.clock.mono += seconds(64);
  m.supervisor.Step();
  EXPECT_TRUE(m.registry.released.empty());
  m.clock.mono += seconds(2);
  m.supervisor.Step();
  ASSERT_EQ(m.registry.released.size(), 1U);
  EXPECT_EQ(m.registry.released[0].second, std::nullopt);
  EXPECT_EQ(m.registry.released_because, "slot 0 took too long at its commit");
}

TEST(Supervisor, ANoticeDrainsAndLeavesInTime) {
  Machine m;
  m.supervisor.Step();
  m.notices.notice = Notice{seconds(120), "spot"};
  for (int i = 0; i < 4; ++i) m.supervisor.Step();
  EXPECT_TRUE(m.registry.noticed);
  EXPECT_TRUE(m.registry.left);
  EXPECT_TRUE(m.supervisor.done());
}

TEST(Supervisor, BeatsOnTimeAndObeysOrders) {
  Machine m;
  m.supervisor.Step();
  m.clock.mono += seconds(2);
  m.registry.orders.stop = true;
  m.supervisor.Step();
  EXPECT_EQ(m.registry.beats, 1);
  EXPECT_EQ(m.processes.killed.size(), 2U);
  EXPECT_TRUE(m.registry.left);
}

// The slot heard first that the machine is wanted no more; it is not started again to hear it
// again.
TEST(Supervisor, ASlotThatEndsMakesItAskForOrdersBeforeItStartsAnother) {
  Machine m;
  m.supervisor.Step();
  m.registry.orders.drain = true;
  m.processes.changes = {{ProcessHandle{101}, ProcessChange::What::kExited, 0}};
  m.supervisor.Step();
  EXPECT_EQ(m.registry.beats, 1);
  m.clock.mono += seconds(1);
  m.supervisor.Step();
  EXPECT_EQ(m.processes.last_pid, 102);
}

// Orders as of a machine that is held for so long from now.
void Hold(Machine& m, Duration left) {
  m.registry.orders.held_for = left;
  m.registry.orders.deadline_in = hours(1);
  m.Beat();
}

TEST(Supervisor, AHeldMachineEndsItsSlotsAndStays) {
  Machine m;
  m.supervisor.Step();
  Hold(m, minutes(5));
  m.supervisor.Step();
  EXPECT_EQ(m.armed, Duration(minutes(5)));  // the kernel ends it, should all else hang
  m.registry.orders.held_for = minutes(4);
  m.clock.mono += seconds(59);
  for (int i = 0; i < 3; ++i) m.Beat();
  EXPECT_EQ(m.processes.last_pid, 102);  // no slot started again
  EXPECT_FALSE(m.registry.left);
  EXPECT_FALSE(m.supervisor.done());
}

TEST(Supervisor, AHeldMachineLeavesWhenItsCountdownIsOver) {
  Machine m;
  m.supervisor.Step();
  Hold(m, seconds(30));
  m.registry.orders.held_for.reset();  // whatever the ledger says: the countdown goes on here
  m.clock.mono += seconds(29);
  m.supervisor.Step();
  EXPECT_FALSE(m.registry.left);
  m.clock.mono += seconds(2);
  for (int i = 0; i < 3; ++i) m.supervisor.Step();
  EXPECT_TRUE(m.registry.left);
  EXPECT_EQ(m.registry.left_because, "its hold is over");
}

TEST(Supervisor, AHeldMachineWithoutItsLedgerEndsAllTheSame) {
  Machine m;
  m.supervisor.Step();
  Hold(m, seconds(30));
  m.registry.away = true;
  m.clock.mono += seconds(31);
  m.supervisor.Step();
  m.clock.mono += seconds(3);
  m.supervisor.Step();
  EXPECT_TRUE(m.supervisor.done());
}

TEST(Supervisor, AHoldThatIsGivenUpEndsTheMachine) {
  Machine m;
  m.supervisor.Step();
  Hold(m, minutes(5));
  m.registry.orders.held_for = seconds(-1);
  m.Beat();
  for (int i = 0; i < 3; ++i) m.supervisor.Step();
  EXPECT_TRUE(m.registry.left);
}

TEST(Supervisor, BeatsAsThePlanSays) {
  Machine m;
  Supervisor quick(
      SupervisorOptions{
          .run = RunId{1},
          .machine = MachineId{1},
          .terms_of = [](const WorkerBrief&) { return MachineTerms{milliseconds(200), 2}; },
          .slot_process = [](int, const WorkerBrief&) { return ProcessSpec{}; },
          .arm_deadline = [](Duration) {}},
      m.clock, m.registry, m.processes, m.notices);
  quick.Step();
  m.clock.mono += milliseconds(200);
  quick.Step();
  EXPECT_EQ(m.registry.beats, 1);
}

TEST(Supervisor, SilenceIsBorneForAWhileThenTheMachineEnds) {
  Machine m;
  m.supervisor.Step();
  m.registry.away = true;
  m.clock.mono += seconds(2);
  m.supervisor.Step();
  EXPECT_FALSE(m.supervisor.done());
  m.clock.mono += minutes(6);
  m.supervisor.Step();
  EXPECT_TRUE(m.supervisor.done());
}

TEST(Supervisor, HowLongSilenceIsBorneIsThePlans) {
  Machine m;
  m.terms.silence = seconds(20);
  m.supervisor.Step();
  m.registry.away = true;
  m.Beat();
  m.clock.mono += seconds(19);
  m.supervisor.Step();
  EXPECT_FALSE(m.supervisor.done());
  m.clock.mono += seconds(2);
  m.supervisor.Step();
  EXPECT_TRUE(m.supervisor.done());
}

// A call that never comes back is silence too: then a timer of the kernel's ends the machine.
TEST(Supervisor, OnlyALedgerThatAnswersPostponesTheTimerOfSilence) {
  Machine m;
  m.terms.silence = seconds(20);
  m.supervisor.Step();
  EXPECT_EQ(m.heard_within, seconds(24));
  m.heard_within = {};
  m.Beat();
  EXPECT_EQ(m.heard_within, seconds(24));
  m.heard_within = {};
  m.registry.away = true;
  m.Beat();
  EXPECT_EQ(m.heard_within, Duration());
}

TEST(Supervisor, LeavesWhenTheRunHasNoTaskLeftAndNobodyEndsIt) {
  Machine m;
  m.supervisor.Step();
  m.registry.orders.is_needed = false;
  for (int beat = 0; beat < 30; ++beat) m.Beat();
  EXPECT_FALSE(m.supervisor.done());
  m.Beat();
  m.supervisor.Step();
  EXPECT_TRUE(m.supervisor.done());
  EXPECT_TRUE(m.supervisor.outcome().ok());
  EXPECT_NE(m.registry.left_because.find("no task left"), std::string::npos);
}

TEST(Supervisor, AWhileWithoutTasksIsNoReasonToLeave) {
  Machine m;
  m.supervisor.Step();
  for (int beat = 0; beat < 100; ++beat) {
    m.registry.orders.is_needed = beat % 25 == 0;
    m.Beat();
  }
  EXPECT_FALSE(m.supervisor.done());
}

TEST(Supervisor, NoSlotStartsBeforeTheSetupHasEndedWellAndItBeatsMeanwhile) {
  Machine m;
  m.Begin({.commands = {"a"}});
  m.Beat();
  m.Beat();
  EXPECT_EQ(m.registry.beats, 2);
  EXPECT_EQ(m.processes.started.size(), 1U);
  m.processes.changes = {m.processes.Exit(0)};
  m.supervisor.Step();
  EXPECT_EQ(m.processes.started.size(), 3U);
  EXPECT_EQ(m.set_up, 1);
}

TEST(Supervisor, ASetupThatFailsEndsTheMachineWithTheReasonAndItsOutput) {
  Machine m;
  m.Begin({.commands = {"a", "b"}});
  m.processes.Say("E: no such package");
  m.processes.changes = {m.processes.Exit(100)};
  m.supervisor.Step();
  EXPECT_TRUE(m.supervisor.done());
  EXPECT_EQ(m.registry.left_because, "setup command 1 failed: exited with 100: E: no such package");
  EXPECT_NE(m.registry.logged.find("setup command 1: E: no such package\n"), std::string::npos);
  EXPECT_EQ(m.processes.started.size(), 1U);
  EXPECT_EQ(m.set_up, 0);
}

TEST(Supervisor, ASetupThatTakesTooLongEndsTheMachine) {
  Machine m;
  m.Begin({.commands = {"a"}, .timeout = minutes(1)});
  m.clock.mono += minutes(1);
  m.supervisor.Step();
  EXPECT_EQ(m.processes.killed, (std::vector<std::int64_t>{101}));
  EXPECT_TRUE(m.registry.left);
}

TEST(Supervisor, ADrainEndsTheSetup) {
  Machine m;
  m.Begin({.commands = {"a"}});
  m.supervisor.Drain("the run is over");
  m.supervisor.Step();
  EXPECT_EQ(m.processes.killed, (std::vector<std::int64_t>{101}));
  EXPECT_EQ(m.registry.left_because, "the run is over");
}

TEST(Supervisor, WhatSlotsSaidLastReachesTheLedgerBeforeTheMachineIsLetGo) {
  Machine m;
  m.supervisor.Step();
  m.processes.sinks[0]({101}, "first words");
  m.Beat();
  m.processes.sinks[1]({102}, "last words");
  m.supervisor.Drain("enough");
  m.supervisor.Step();
  m.supervisor.Step();
  ASSERT_TRUE(m.registry.left);
  EXPECT_NE(m.registry.logged.find("slot 0: first words\n"), std::string::npos);
  EXPECT_NE(m.registry.logged.find("slot 1: last words\n"), std::string::npos);
  EXPECT_EQ(m.registry.logged_too_late, "");
}

TEST(Supervisor, AMachineDoesNotLeaveWhileItsLastWordsAreNotKept) {
  Machine m;
  m.supervisor.Step();
  m.processes.sinks[1]({102}, "last words");
  m.registry.away = true;
  m.supervisor.Drain("enough");
  m.supervisor.Step();
  m.supervisor.Step();
  EXPECT_FALSE(m.registry.left);
  m.registry.away = false;
  m.supervisor.Step();
  EXPECT_TRUE(m.registry.left);
  EXPECT_NE(m.registry.logged.find("slot 1: last words\n"), std::string::npos);
}

TEST(Supervisor, LinesThatDoNotFitAreCounted) {
  Machine m;
  m.supervisor.Step();
  for (int i = 0; i < 70; ++i) m.processes.sinks[0]({101}, std::string(1024, 'x'));
  m.Beat();
  EXPECT_NE(m.registry.logged.find(" lines more came at once and were not kept\n"),
            std::string::npos);
  m.registry.logged.clear();
  m.processes.sinks[0]({101}, "again");
  m.Beat();
  EXPECT_EQ(m.registry.logged, "slot 0: again\n");
}

TEST(Supervisor, LooksAtTheMachineEveryTenSecondsAndSumsUpAtTheEnd) {
  Machine m;
  m.supervisor.Step();
  for (int i = 0; i < 15; ++i) m.Beat();
  EXPECT_EQ(m.sensor.looks, 3);
  m.processes.sinks[0]({101}, EncodeSignal({.worked = seconds(10), .waited = seconds(4)}));
  m.supervisor.Drain("enough");
  m.supervisor.Step();
  m.supervisor.Step();
  EXPECT_NE(m.registry.logged.find("40% of slot time waited for the database"), std::string::npos);
}

TEST(Supervisor, AMachineThatDoesNotTellItsUseWorksAllTheSame) {
  Machine m;
  m.sensor.silent = true;
  m.supervisor.Step();
  for (int i = 0; i < 15; ++i) m.Beat();
  EXPECT_EQ(m.sensor.looks, 1);
  EXPECT_EQ(m.registry.logged, "utilisation is not watched: no /proc\n");
}

}  // namespace
}  // namespace mayfly
