#pragma once
// Machines that are process groups of this computer: the same command line, life cycle, deadline,
// interruption and proof as a rented machine.
//
// A machine lives in a scratch folder STATE/machines/run-R/machine-M. Every process of it carries
// that folder in its environment (MAYFLY_SCRATCH), by which it is found however it was re-parented;
// a pid alone names nothing. Its launch record is a file there, so that a repeated Launch finds it.

#include <string>

#include "seams/machine_provider.h"

namespace mayfly::local {

inline constexpr const char* kScratchVariable = "MAYFLY_SCRATCH";

struct LocalOptions {
  std::string program;    // the mayfly binary
  std::string state_dir;  // absolute
  bool embedded = false;  // machines keep the embedded database of state_dir alive
};

class LocalMachines final : public MachineProvider {
 public:
  explicit LocalMachines(LocalOptions options);

  Status Preflight() override;
  Result<std::string> Launch(const LaunchIntent& intent) override;
  Result<std::vector<MachineSighting>> List(RunId run) override;

  // What a machine printed beyond the ledger is kept as STATE/logs/run-R-machine-M.log.
  Status Terminate(MachineId machine, const std::string& external_id) override;
  Result<std::vector<Residue>> FindResidue(RunId run) override;

 private:
  std::string RunFolder(RunId run) const;
  Result<std::string> FindScratch(MachineId machine) const;
  Result<std::string> Start(const LaunchIntent& intent, const std::string& scratch);

  LocalOptions options_;
};

// The rehearsed interruption: what Launch wrote into the scratch folder, read as a machine of a
// cloud reads its metadata service.
class FileNotice final : public NoticeSource {
 public:
  explicit FileNotice(std::string scratch) : scratch_(std::move(scratch)) {}
  Result<std::optional<Notice>> Poll() override;

 private:
  std::string scratch_;
};

}  // namespace mayfly::local
