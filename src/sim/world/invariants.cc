#include "sim/world/invariants.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "sim/world/random_phase.h"

namespace mayfly::sim {
namespace {

using Broken = std::optional<std::string>;

// A machine that nobody needs may live this long: it has to boot and to find that out.
constexpr Duration kLongestUnneeded = minutes(6);

// The first of two empty looks far enough apart, with none between them that found something, and
// no machine that was gone later.
const ProofPass* FindProof(const MemoryLedger& ledger, const RunRow& run) {
  for (std::size_t i = 0; i < run.passes.size(); ++i) {
    const ProofPass& first = run.passes[i];
    bool is_late = std::ranges::all_of(run.machines, [&](MachineId id) {
      const MachineRow& machine = ledger.machines[static_cast<std::size_t>(id.value - 1)];
      return machine.gone && *machine.gone <= first.began;
    });
    for (std::size_t k = i; is_late && k < run.passes.size(); ++k) {
      if (!run.passes[k].look.found.empty()) break;
      bool is_second = k > i && run.passes[k].began - first.began >= first.look.shown_within;
      if (is_second) return &first;
    }
  }
  return nullptr;
}

// A held machine may outlive its countdown so long: it hangs, its controller is dead, and the cloud
// takes its time.
constexpr Duration kLongestAfterHold = minutes(3);

bool IsDone(const TaskRow& task) {
  return task.state == TaskState::kDone || task.state == TaskState::kSkipped;
}

}  // namespace

// I1: a task has one live lease, and no backend but the one that it names holds the task's leaves.
Broken Invariants::OneLiveLease() const {
  const MemoryLedger& ledger = scene_.ledger;
  for (std::size_t i = 0; i < ledger.tasks.size(); ++i) {
    const TaskRow& task = ledger.tasks[i];
    bool leased = task.state == TaskState::kLeased;
    const AttemptRow* attempt = leased ? ledger.FindAttempt(task.fence) : nullptr;
    if (leased && (attempt == nullptr || attempt->ended || attempt->task != i)) {
      return fmt::format("task {} is leased under fence {}, which is not a live attempt of it",
                         i + 1, task.fence.value);
    }
    for (std::size_t leaf : task.leaves) {
      BackendId holder = ledger.server.LockHolder(leaf);
      if (!holder || (leased && holder == task.backend)) continue;
      return fmt::format("backend {} holds a leaf of task {}, which is {} and names backend {}",
                         holder.value, i + 1, Name(task.state), task.backend.value);
    }
  }
  return std::nullopt;
}

// I2: every new attempt has a fence greater than any before; no write was let in under another
// fence than the newest of its task.
Broken Invariants::FencesOnlyGrow() {
  const MemoryLedger& ledger = scene_.ledger;
  for (; attempts_seen_ < ledger.attempts.size(); ++attempts_seen_) {
    if (attempts_seen_ == 0) continue;
    if (ledger.attempts[attempts_seen_].fence <= ledger.attempts[attempts_seen_ - 1].fence) {
      return fmt::format("fence {} was given out after fence {}",
                         ledger.attempts[attempts_seen_].fence.value,
                         ledger.attempts[attempts_seen_ - 1].fence.value);
    }
  }
  for (; writes_seen_ < ledger.writes.size(); ++writes_seen_) {
    const AcceptedWrite& write = ledger.writes[writes_seen_];
    if (write.presented == write.newest && write.was_leased) continue;
    return fmt::format("task {}: {} under fence {} was let in when the newest was {}",
                       write.task + 1, write.verb, write.presented.value, write.newest.value);
  }
  return std::nullopt;
}

// I3: a done task has one attempt that is done, the one under its fence, and its leaves are that
// attempt's; a task that is not done has none.
Broken Invariants::OneAcceptedOutput() const {
  const MemoryLedger& ledger = scene_.ledger;
  std::vector<int> accepted(ledger.tasks.size());
  for (const AttemptRow& attempt : ledger.attempts) {
    if (attempt.outcome == "done") ++accepted[attempt.task];
  }
  for (std::size_t i = 0; i < ledger.tasks.size(); ++i) {
    const TaskRow& task = ledger.tasks[i];
    bool done = task.state == TaskState::kDone;
    if (accepted[i] != (done ? 1 : 0)) {
      return fmt::format("task {} is {} and has {} accepted outputs", i + 1, Name(task.state),
                         accepted[i]);
    }
    for (std::size_t leaf : task.leaves) {
      if (ledger.leaves[leaf].accepted == (done ? task.fence : Fence{})) continue;
      return fmt::format("task {} is {} under fence {}, and its leaf {} was accepted under {}",
                         i + 1, Name(task.state), task.fence.value, ledger.leaves[leaf].leaf.name,
                         ledger.leaves[leaf].accepted.value);
    }
  }
  return std::nullopt;
}

// I4: what is leased or done needs only what is done.
Broken Invariants::NeedsAreDone() const {
  const MemoryLedger& ledger = scene_.ledger;
  for (std::size_t i = 0; i < ledger.tasks.size(); ++i) {
    const TaskRow& task = ledger.tasks[i];
    if (task.state == TaskState::kBlocked || task.state == TaskState::kSkipped) continue;
    for (std::size_t need : task.needs) {
      if (IsDone(ledger.tasks[need])) continue;
      return fmt::format("task {} is {}, and task {} that it needs is {}", i + 1, Name(task.state),
                         need + 1, Name(ledger.tasks[need].state));
    }
  }
  return std::nullopt;
}

// I5: a slot that runs over a task's time ran over that of one: its other leases cost their tasks
// nothing.
Broken Invariants::OneTaskIsToBlame() const {
  std::map<std::tuple<MachineId, int, Instant>, std::size_t> blamed;
  for (const AttemptRow& attempt : scene_.ledger.attempts) {
    bool ran_over = attempt.outcome == "failed" && !attempt.failure;
    if (!ran_over) continue;
    auto [found, is_first] =
        blamed.try_emplace({attempt.machine, attempt.slot, *attempt.ended}, attempt.task);
    if (is_first) continue;
    return fmt::format("slot {} of machine {} ran over the time of task {} and of task {} at once",
                       attempt.slot, attempt.machine.value, found->second + 1, attempt.task + 1);
  }
  return std::nullopt;
}

// I5: what a task paid is what its attempts cost, each from the budget of whoever was to blame.
Broken Invariants::BudgetsAreSeparate() const {
  const MemoryLedger& ledger = scene_.ledger;
  struct Paid {
    int own = 0, ours = 0;
  };
  std::vector<Paid> paid(ledger.tasks.size());
  for (const AttemptRow& attempt : ledger.attempts) {
    if (attempt.fence <= ledger.tasks[attempt.task].budget_since) continue;
    Paid& of = paid[attempt.task];
    bool own = attempt.outcome == "failed" &&
               (!attempt.failure || *attempt.failure == ErrorKind::kCorrupt);
    if (own) ++of.own;
    if (!own && (attempt.outcome == "failed" || attempt.outcome == "expired")) ++of.ours;
  }
  for (std::size_t i = 0; i < ledger.tasks.size(); ++i) {
    const TaskRow& task = ledger.tasks[i];
    const StageRow& stage = ledger.stages[task.stage];
    bool spent = task.failures > stage.retries || task.setbacks > stage.setbacks;
    if (task.failures != paid[i].own || task.setbacks != paid[i].ours ||
        spent != (task.state == TaskState::kQuarantined)) {
      return fmt::format(
          "task {} is {} with {} failures and {} setbacks; its attempts cost {} and {}", i + 1,
          Name(task.state), task.failures, task.setbacks, paid[i].own, paid[i].ours);
    }
  }
  return std::nullopt;
}

// I6: every machine was written down before it was asked for, none outlives its deadline or the
// ledger's word that it is gone (but one whose launch arrived late, for a while).
Broken Invariants::MachinesAreRecorded() const {
  const MemoryLedger& ledger = scene_.ledger;
  for (const CloudMachine& m : scene_.cloud.machines()) {
    auto index = static_cast<std::size_t>(m.machine.value - 1);
    if (index >= ledger.machines.size()) {
      return fmt::format("{} exists and no intent says why", m.external_id);
    }
    const MachineRow& row = ledger.machines[index];
    Duration now = scene_.time.now;
    if (!scene_.cloud.IsAlive(m)) continue;
    const bool has_timer = m.has_booted && !m.timer_dead;
    const Duration must_end = has_timer ? m.deadline : m.last_end.value_or(Duration::max());
    if (now > m.deadline && now - seconds(1) > must_end) {
      return fmt::format("machine {} lives after its {}", m.machine.value,
                         has_timer ? "deadline" : "last end");
    }
    if (!row.gone) continue;
    bool is_late = scene_.time.Wall() - now + m.appears >= *row.gone;
    if (!is_late || now - m.appears > kLongestUnneeded) {
      return fmt::format("machine {} is gone, says the ledger, and {} lives", m.machine.value,
                         m.external_id);
    }
  }
  return std::nullopt;
}

// I6: no run is closed without two recorded empty looks, the cloud's window apart; and what had
// been asked for before them is gone indeed, with all that it left. (What a controller that was
// replaced asks for later finds its intent closed.)
Broken Invariants::WhatIsClosedIsProved() const {
  const MemoryLedger& ledger = scene_.ledger;
  for (const RunRow& run : ledger.runs) {
    if (run.view.state != RunState::kClosed) continue;
    const ProofPass* proof = FindProof(ledger, run);
    if (proof == nullptr) {
      return fmt::format("run {} is closed, and its {} looks for residue prove nothing",
                         run.view.id.value, run.passes.size());
    }
    for (const CloudMachine& m : scene_.cloud.machines()) {
      bool is_covered = scene_.cloud.WallAt(m.asked) <= proof->began;
      bool is_left = !m.ended || m.residue_until > scene_.time.now;
      if (m.run != run.view.id || !is_covered || !is_left) continue;
      return fmt::format("run {} is closed and proved gone, and {} or its volume is there",
                         run.view.id.value, m.external_id);
    }
  }
  return std::nullopt;
}

// I6: no machine is left after its hold; while it is held it begins no task, and what operators run
// on it runs only then.
Broken Invariants::HoldsEnd() const {
  const MemoryLedger& ledger = scene_.ledger;
  auto row_of = [&](MachineId id) -> const MachineRow& {
    return ledger.machines[static_cast<std::size_t>(id.value - 1)];
  };
  for (const CloudMachine& m : scene_.cloud.machines()) {
    const MachineRow& row = row_of(m.machine);
    if (!row.held_until || !scene_.cloud.IsAlive(m)) continue;
    if (ledger.Now() > *row.held_until + kLongestAfterHold) {
      return fmt::format("machine {} lives long after its hold", m.machine.value);
    }
  }
  for (const AttemptRow& attempt : ledger.attempts) {
    const MachineRow& row = row_of(attempt.machine);
    if (!row.held || attempt.started <= *row.held) continue;
    return fmt::format("machine {} is held and began task {}", attempt.machine.value,
                       attempt.task + 1);
  }
  for (const ExecRow& exec : ledger.execs) {
    const MachineRow& row = row_of(exec.machine);
    bool was_held = !exec.started || (row.held && *exec.started >= *row.held);
    if (was_held) continue;
    return fmt::format("command {} began on machine {}, which was not held", exec.order.id.value,
                       exec.machine.value);
  }
  return std::nullopt;
}

// I7: readers see only a run whose verdict is pass and whose every task is done.
Broken Invariants::OnlyAPassIsVisible() const {
  const MemoryLedger& ledger = scene_.ledger;
  for (const auto& [schema, id] : ledger.publications) {
    const RunRow& run = ledger.runs[static_cast<std::size_t>(id.value - 1)];
    bool all_done =
        std::all_of(ledger.tasks.begin() + static_cast<long>(run.first_task),
                    ledger.tasks.begin() + static_cast<long>(run.first_task + run.tasks), IsDone);
    if (run.view.verdict == Verdict::kPass && all_done) continue;
    return fmt::format("run {} is visible in {} and did not pass", id.value, schema);
  }
  return std::nullopt;
}

// I8: whichever attempt wrote it, an accepted leaf has the bytes that it has in every right run.
Broken Invariants::SameInputSameBytes() const {
  const MemoryLedger& ledger = scene_.ledger;
  for (std::size_t i = 0; i < ledger.tasks.size(); ++i) {
    for (std::size_t k = 0; k < ledger.tasks[i].leaves.size(); ++k) {
      const LeafRow& leaf = ledger.leaves[ledger.tasks[i].leaves[k]];
      if (leaf.accepted && leaf.content != RightContent(i, k)) {
        return fmt::format("leaf {} of task {} was accepted with other bytes", leaf.leaf.name,
                           i + 1);
      }
    }
  }
  return std::nullopt;
}

// I9: no order was carried out under another fence than the newest.
Broken Invariants::OneActingController() {
  const MemoryLedger& ledger = scene_.ledger;
  for (; orders_seen_ < ledger.orders.size(); ++orders_seen_) {
    const AcceptedOrder& order = ledger.orders[orders_seen_];
    if (order.presented == order.newest) continue;
    return fmt::format("a controller under fence {} acted when the newest was {}",
                       order.presented.value, order.newest.value);
  }
  return std::nullopt;
}

// I10: machines and attempts have bounds. (Time has one too: the driver looks at it.)
Broken Invariants::EverythingIsBounded() const {
  const MemoryLedger& ledger = scene_.ledger;
  if (ledger.machines.size() > bounds_.machines) {
    return fmt::format("{} machines were asked for, {} are allowed", ledger.machines.size(),
                       bounds_.machines);
  }
  for (std::size_t i = 0; i < ledger.tasks.size(); ++i) {
    if (ledger.tasks[i].attempts <= bounds_.attempts) continue;
    return fmt::format("task {} was tried {} times", i + 1, ledger.tasks[i].attempts);
  }
  return std::nullopt;
}

std::optional<Violation> Invariants::Check() {
  auto broken = [&](int number, Broken what) -> std::optional<Violation> {
    if (!what) return std::nullopt;
    return Violation{number, scene_.time.now, std::move(*what)};
  };
  if (auto v = broken(1, OneLiveLease())) return v;
  if (auto v = broken(2, FencesOnlyGrow())) return v;
  if (auto v = broken(3, OneAcceptedOutput())) return v;
  if (auto v = broken(4, NeedsAreDone())) return v;
  if (auto v = broken(5, BudgetsAreSeparate())) return v;
  if (auto v = broken(5, OneTaskIsToBlame())) return v;
  if (auto v = broken(6, MachinesAreRecorded())) return v;
  if (auto v = broken(6, WhatIsClosedIsProved())) return v;
  if (auto v = broken(6, HoldsEnd())) return v;
  if (auto v = broken(7, OnlyAPassIsVisible())) return v;
  if (auto v = broken(8, SameInputSameBytes())) return v;
  if (auto v = broken(9, OneActingController())) return v;
  return broken(10, EverythingIsBounded());
}

}  // namespace mayfly::sim
