#include "sim/world/slot_table.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "worker/slot_protocol.h"

namespace mayfly::sim {
namespace {

constexpr double kCallInFlightSurvives = 0.5;
constexpr std::int64_t kFirstCommand = 1'000'000;  // the handles of commands begin there

}  // namespace

// One slot process and all it holds. The process comes last: it is unwound while the rest is there.
struct SlotTable::Slot : SlotReporter {
  Slot(SlotTable& slot_table, const SlotIdentity& identity, ProcessHandle process_handle,
       OutputSink output)
      : table(slot_table),
        who(identity),
        handle(process_handle),
        sink(std::move(output)),
        clock(table.scene_.time),
        queue(table.scene_.ledger, who),
        gated(queue, process),
        executor({.scene = table.scene_,
                  .process = process,
                  .queue = queue,
                  .phase = table.setup_.phase,
                  .seed = table.setup_.seed,
                  .crash = [this] { table.KillSlot(*this, Goodbye::kClosed); }}),
        loop(Options(), clock, gated, executor, *this),
        process(table.scene_,
                fmt::format("slot {} of machine {}, process {}", who.slot, who.machine.value,
                            handle.pid),
                [this](SimProcess::Ending how) { table.OnEnd(*this, how); }) {}

  SlotOptions Options() const {
    // Tasks take seconds here: so long a stretch has groups of them, as hundredths have in one.
    SlotOptions options{.who = who, .group = table.setup_.group, .stretch = seconds(20)};
    options.timeout_of = [](const LeasedTask&) { return Duration(seconds(20)); };
    return options;
  }

  void OnBegin(const LeasedTask& task, Duration left) override {
    lines.push_back(EncodeSignal(SignalOf(task, left)));
  }
  void OnCommit(Duration timeout) override {
    lines.push_back(EncodeSignal(SignalOfCommit(timeout)));
  }
  void OnIdle() override { lines.push_back(EncodeSignal({})); }
  void OnNote(const std::string& text) override {
    lines.push_back(text);
    if (process.is_dead()) return;
    table.scene_.Tell([&] {
      return fmt::format("Slot {} of machine {} notes: {}.", who.slot, who.machine.value, text);
    });
  }

  SlotTable& table;
  SlotIdentity who;
  ProcessHandle handle;
  OutputSink sink;
  std::vector<std::string> lines;  // written, and not read by the supervisor yet
  bool asked_to_stop = false;      // SIGTERM
  bool reaped = false;             // its end was told or waited for
  SimClock clock;
  MemoryTaskQueue queue;
  FaultyTaskQueue gated;
  SimExecutor executor;
  mayfly::Slot loop;
  SimProcess process;
};

void LoseClient(Scene& scene, Connection& connection, Goodbye how) {
  connection.Cut();
  Duration longest = how == Goodbye::kClosed ? milliseconds(50) : seconds(9);
  scene.queue.At(scene.time.now + scene.Between(Duration{0}, longest),
                 [&scene, backend = connection.backend()] {
                   scene.ledger.server.End(backend);
                   scene.changed = true;
                 });
}

SlotTable::SlotTable(Scene& scene, const MachineSetup& setup, MachineId machine,
                     std::function<void()> wake_parent)
    : scene_(scene), setup_(setup), machine_(machine), wake_parent_(std::move(wake_parent)) {}

SlotTable::~SlotTable() = default;

Result<ProcessHandle> SlotTable::Start(const ProcessSpec& spec, OutputSink on_output) {
  if (spec.argv.front() == "command") return StartCommand(std::move(on_output));
  int number = 0;
  const std::string& text = spec.argv.back();
  std::from_chars(text.data(), text.data() + text.size(), number);
  ProcessHandle handle{std::ssize(slots_) + 1};
  SlotIdentity who{setup_.run, machine_, number};
  slots_.push_back(std::make_unique<Slot>(*this, who, handle, std::move(on_output)));
  Slot& slot = *slots_.back();
  slot.process.Start([this, &slot] { return StepSlot(slot); },
                     scene_.time.now + scene_.Between(milliseconds(10), milliseconds(200)));
  return handle;
}

// A command of an operator says a word and ends, after a moment or after a while.
ProcessHandle SlotTable::StartCommand(OutputSink on_output) {
  ProcessHandle handle{kFirstCommand + ++commands_begun_};
  commands_[handle.pid].sink = std::move(on_output);
  Duration longest = scene_.rng.Chance(0.7) ? milliseconds(500) : Duration(minutes(2));
  scene_.queue.At(scene_.time.now + scene_.Between(milliseconds(1), longest), [this, handle] {
    auto found = commands_.find(handle.pid);
    if (found == commands_.end()) return;
    found->second.has_ended = true;
    wake_parent_();
  });
  return handle;
}

// The driver of a slot process: a signal is looked at between two steps.
std::optional<Duration> SlotTable::StepSlot(Slot& slot) {
  if (slot.asked_to_stop) slot.loop.Drain();
  Duration next = slot.loop.Step();
  if (!slot.lines.empty()) wake_parent_();
  if (slot.loop.done()) return std::nullopt;
  return next;
}

void SlotTable::OnEnd(Slot& slot, SimProcess::Ending how) {
  if (how == SimProcess::Ending::kByItself) slot.queue.connection().Close();
  if (slot.reaped) return;
  bool killed = how == SimProcess::Ending::kKilled;
  changes_.push_back({slot.handle,
                      killed ? ProcessChange::What::kSignalled : ProcessChange::What::kExited,
                      killed ? 9 : 0});
  wake_parent_();
}

Result<std::vector<ProcessChange>> SlotTable::Poll() {
  for (std::unique_ptr<Slot>& slot : slots_) {
    for (const std::string& line : std::exchange(slot->lines, {})) slot->sink(slot->handle, line);
  }
  for (auto command = commands_.begin(); command != commands_.end();) {
    auto& [pid, running] = *command;
    if (!running.has_ended) {
      ++command;
      continue;
    }
    running.sink(ProcessHandle{pid}, "done\n");
    changes_.push_back({ProcessHandle{pid}, ProcessChange::What::kExited, 0});
    command = commands_.erase(command);
  }
  return std::exchange(changes_, {});
}

SlotTable::Slot* SlotTable::Find(ProcessHandle process) {
  for (std::unique_ptr<Slot>& slot : slots_) {
    if (slot->handle == process) return slot.get();
  }
  return nullptr;
}

void SlotTable::KillSlot(Slot& slot, Goodbye how) {
  if (slot.process.is_dead()) return;
  LoseClient(scene_, slot.queue.connection(), how);
  slot.process.Kill(scene_.rng.Chance(kCallInFlightSurvives));
}

Status SlotTable::Kill(ProcessHandle process) {
  if (commands_.erase(process.pid) > 0) return {};
  Slot* slot = Find(process);
  if (slot == nullptr) return NotFound(fmt::format("there is no process {}", process.pid));
  slot->reaped = true;
  KillSlot(*slot, Goodbye::kClosed);
  return {};
}

Status SlotTable::Terminate(ProcessHandle process) {
  Slot* slot = Find(process);
  if (slot == nullptr) return NotFound(fmt::format("there is no process {}", process.pid));
  slot->asked_to_stop = true;
  slot->process.Wake();
  return {};
}

Result<CommandExit> SlotTable::Run(const ProcessSpec&, Duration,
                                   const std::function<void(std::string_view)>&,
                                   const std::function<bool()>&) {
  return Invalid("a simulated machine runs no commands");
}

std::vector<std::size_t> SlotTable::ListLiving() const {
  std::vector<std::size_t> living;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i]->process.is_dead()) living.push_back(i);
  }
  return living;
}

void SlotTable::KillAt(std::size_t index, Goodbye how) { KillSlot(*slots_[index], how); }

void SlotTable::StopAt(std::size_t index) {
  slots_[index]->process.Stall(Duration::max());
  changes_.push_back({slots_[index]->handle, ProcessChange::What::kStopped, 19});
  wake_parent_();
}

SimProcess& SlotTable::ProcessAt(std::size_t index) { return slots_[index]->process; }

bool SlotTable::is_quiet() const { return ListLiving().empty(); }

}  // namespace mayfly::sim
