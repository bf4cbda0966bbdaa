#pragma once
// This computer as a place where things can be left over: what the machines of a state folder left,
// folders and processes, also processes whose folder somebody has removed.
//
// Run and machine numbers are a ledger's own, and two ledgers may have used one state folder: a
// machine's folder is ours only where the ledger knows its process by the very id that Launch wrote
// there. The rest is nobody's, and left alone.

#include <string>
#include <vector>

#include "adapters/local/local_machines.h"
#include "seams/estate.h"
#include "seams/register_store.h"

namespace mayfly::local {

class LocalEstate final : public Estate {
 public:
  // The ledger outlives it.
  LocalEstate(const LocalOptions& options, RegisterStore& ledger);

  const std::string& place() const override { return place_; }
  Result<std::vector<Thing>> Look() override;
  // Nothing is marked here: the ledger's word that a machine is gone is the first phase.
  Status Mark(const Thing& thing, Instant at) override;
  Status Unmark(const Thing& thing) override;
  Status Remove(const Thing& thing) override;
  Status Restore(const Thing& thing) override;

 private:
  Status AddFolders(std::vector<Thing>& things);
  void AddProcesses(std::vector<Thing>& things);
  void Add(const MachineSighting& seen, const std::string& scratch, std::vector<Thing>& things);

  LocalMachines machines_;
  std::string folder_;
  RegisterStore& ledger_;
  std::string place_;
  LedgerRegister known_;  // as it was read in this look
};

}  // namespace mayfly::local
