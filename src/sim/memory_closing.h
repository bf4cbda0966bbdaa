#pragma once
// What is read for the account of a run's end, from the ledger in memory.

#include "seams/closing_reads.h"
#include "sim/memory_ledger.h"

namespace mayfly::sim {

class MemoryClosingReads : public ClosingReads {
 public:
  // The ledger must outlive it.
  explicit MemoryClosingReads(MemoryLedger& ledger) : ledger_(ledger) {}

  // Findings have no time here: `verified` stays absent, and so does who approved.
  Result<ClosingFacts> ReadClosing(RunId run) override;

 private:
  StageTrail TrailOf(std::size_t stage) const;
  MachineTrail TrailOf(MachineId machine) const;

  MemoryLedger& ledger_;
};

}  // namespace mayfly::sim
