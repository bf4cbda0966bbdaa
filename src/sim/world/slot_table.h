#pragma once
// The process table of a simulated machine: its slots, each the real loop in a simulated process.

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "seams/process_runner.h"
#include "sim/world/sim_executor.h"
#include "sim/world/sim_process.h"
#include "worker/slot.h"

namespace mayfly::sim {

// What all machines of a life have in common.
struct MachineSetup {
  RunId run;
  const RandomPhase& phase;
  std::uint64_t seed = 0;
  int group = 1;
  Duration silence = minutes(5);
};

// How a server learns that a client is gone: at once, or when its keepalives fail.
enum class Goodbye { kClosed, kSilent };

class SlotTable : public ProcessRunner {
 public:
  // Scene and setup must outlive it. `wake_parent` is the SIGCHLD of the supervisor.
  SlotTable(Scene& scene, const MachineSetup& setup, MachineId machine,
            std::function<void()> wake_parent);
  ~SlotTable() override;

  Result<ProcessHandle> Start(const ProcessSpec& spec, OutputSink on_output) override;
  Result<std::vector<ProcessChange>> Poll() override;
  Status Kill(ProcessHandle process) override;
  Status Terminate(ProcessHandle process) override;

  // Simulated tasks run no commands: kInvalid.
  Result<CommandExit> Run(const ProcessSpec& spec, Duration timeout,
                          const std::function<void(std::string_view)>& on_output,
                          const std::function<bool()>& cancelled) override;

  // The living slots, for whatever happens to them; an index is good until the next Start.
  std::vector<std::size_t> ListLiving() const;
  void KillAt(std::size_t index, Goodbye how);  // nobody asked for it; the supervisor sees it
  void StopAt(std::size_t index);               // SIGSTOP; the supervisor sees it
  SimProcess& ProcessAt(std::size_t index);

  // An operator's commands die with the supervisor.
  void DropCommands() { commands_.clear(); }

  bool is_quiet() const;

 private:
  struct Slot;
  struct Command {
    OutputSink sink;
    bool has_ended = false;  // and was not told yet
  };
  ProcessHandle StartCommand(OutputSink on_output);
  Slot* Find(ProcessHandle process);
  std::optional<Duration> StepSlot(Slot& slot);
  void OnEnd(Slot& slot, SimProcess::Ending how);
  void KillSlot(Slot& slot, Goodbye how);

  Scene& scene_;
  const MachineSetup& setup_;
  MachineId machine_;
  std::function<void()> wake_parent_;
  std::deque<std::unique_ptr<Slot>> slots_;   // all that ever were
  std::map<std::int64_t, Command> commands_;  // that run, by their handles
  std::int64_t commands_begun_ = 0;
  std::vector<ProcessChange> changes_;
};

// The client of this connection is gone. Its backend ends when the server learns of it.
void LoseClient(Scene& scene, Connection& connection, Goodbye how);

}  // namespace mayfly::sim
