#pragma once
// Machines that are process groups of this computer: the same command line, life cycle, deadline,
// interruption and proof as a rented machine.
//
// A machine lives in a scratch folder STATE/machines/run-R/machine-M. Every process of it carries
// that folder in its environment (MAYFLY_SCRATCH), by which it is found however it was re-parented;
// a pid alone names nothing. Its launch record is a file there, so that a repeated Launch finds it:
// alive or dead, there is one machine per token until Terminate has seen it gone.

#include <functional>
#include <string>
#include <vector>

#include "seams/machine_provider.h"

namespace mayfly::local {

inline constexpr const char* kScratchVariable = "MAYFLY_SCRATCH";
// The latest end of the machine, in microseconds of CLOCK_BOOTTIME; see ArmBirthDeadline.
inline constexpr const char* kEndsAtVariable = "MAYFLY_ENDS_AT_US";

struct LocalOptions {
  std::string program;    // the mayfly binary
  std::string state_dir;  // absolute
  bool embedded = false;  // machines keep the embedded database of state_dir alive
  // Variables of ours that a machine must not see, as the one that holds the owner's database.
  std::vector<std::string> unset_env;
};

class LocalMachines final : public MachineProvider {
 public:
  explicit LocalMachines(LocalOptions options);

  Status Preflight() override;
  Result<LaunchAnswer> Launch(const LaunchIntent& intent) override;
  Result<std::vector<MachineSighting>> List(RunId run) override;

  // First everything below the machine, while it is stopped and so still everybody's parent; then
  // the machine, and whoever else carries its mark. The embedded database is not part of it.
  // What a machine printed beyond the ledger is kept as STATE/logs/run-R-machine-M.log.
  Status Terminate(MachineId machine, const std::string& external_id) override;
  Result<ResidueLook> FindResidue(RunId run) override;

 private:
  std::string RunFolder(RunId run) const;
  Result<std::string> FindScratch(MachineId machine) const;
  Result<std::string> Start(const LaunchIntent& intent, const std::string& scratch);

  LocalOptions options_;
};

// The rehearsed interruption: what Launch wrote into the scratch folder, read as a machine of a
// cloud reads its metadata service. And as in a cloud, the machine is taken when the time is up,
// whatever it does: the first Poll arms this process's end by `take`.
class FileNotice final : public NoticeSource {
 public:
  using Take = std::function<Status(Duration in)>;
  explicit FileNotice(std::string scratch);  // takes by posix::ArmTakenTimer
  FileNotice(std::string scratch, Take take);

  Result<std::optional<Notice>> Poll() override;

 private:
  std::string scratch_;
  Take take_;
  bool armed_ = false;
};

// A worker's first act, before it can ask the ledger for its deadline: arms the one it was born
// with. Without kEndsAtVariable, does nothing.
Status ArmBirthDeadline();

}  // namespace mayfly::local
