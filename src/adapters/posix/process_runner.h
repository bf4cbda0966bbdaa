#pragma once
// ProcessRunner on this computer. The process that makes one becomes a subreaper: whatever its
// descendants leave behind is re-parented to it and ended by Poll or Run. Only processes that carry
// the detached marker (spawn.h) are left alone.

#include <map>
#include <set>

#include "adapters/posix/process_table.h"
#include "adapters/posix/unique_fd.h"
#include "seams/process_runner.h"

namespace mayfly::posix {

class PosixProcessRunner final : public ProcessRunner {
 public:
  PosixProcessRunner();
  ~PosixProcessRunner() override;  // ends every child that is left

  Result<ProcessHandle> Start(const ProcessSpec& spec, OutputSink on_output) override;
  Result<std::vector<ProcessChange>> Poll() override;
  Status Kill(ProcessHandle process) override;
  Status Terminate(ProcessHandle process) override;
  Result<CommandExit> Run(const ProcessSpec& spec, Duration timeout,
                          const std::function<void(std::string_view chunk)>& on_output,
                          const std::function<bool()>& cancelled) override;

 private:
  struct Child {
    ProcessId id;
    UniqueFd output;
    OutputSink sink;
    std::string partial;  // a line that has not ended yet
    bool by_lines = true;
  };

  void Deliver(Child& child, bool at_end);
  void EndEnded(ProcessId id);
  std::vector<ProcessRecord> Orphans() const;
  Status EndOrphans();
  Status EndTree(ProcessId root);

  std::map<std::int64_t, Child> children_;  // by pid
};

}  // namespace mayfly::posix
