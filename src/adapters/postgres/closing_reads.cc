#include "adapters/postgres/closing_reads.h"

#include <fmt/format.h>

#include "adapters/postgres/migrate.h"
#include "adapters/postgres/queries.gen.h"

namespace mayfly::postgres {

PgClosingReads::PgClosingReads(std::string conninfo)
    : session_(std::move(conninfo),
               {.application_name = "mayfly reader", .role = kReader, .read_only = true}) {}

Result<ClosingFacts> PgClosingReads::ReadClosing(RunId run) {
  TRY_ASSIGN(Rows whole, session_.Read(sql::kLoadClosing, Params().Add(run.value)));
  if (whole.size() == 0) return NotFound(fmt::format("run {} is not in this ledger", run.value));
  ClosingFacts facts{.approved_by = std::string(whole.Text(0, 0)),
                     .verified = whole.MaybeTime(0, 1),
                     .published = whole.MaybeTime(0, 2)};
  TRY_ASSIGN(Rows stages, session_.Read(sql::kListStageTrails, Params().Add(run.value)));
  for (int i = 0; i < stages.size(); ++i) {
    facts.stages.push_back({.stage = std::string(stages.Text(i, 0)),
                            .began = stages.MaybeTime(i, 1),
                            .ended = stages.MaybeTime(i, 2),
                            .attempts = stages.Int(i, 3),
                            .lost = stages.Int(i, 4)});
  }
  TRY_ASSIGN(Rows machines, session_.Read(sql::kListMachineTrails, Params().Add(run.value)));
  for (int i = 0; i < machines.size(); ++i) {
    facts.machines.push_back({.machine = MachineId{machines.Int(i, 0)},
                              .lines = machines.Int(i, 1),
                              .last_line = machines.MaybeTime(i, 2),
                              .heard = machines.MaybeTime(i, 3),
                              .left = machines.MaybeTime(i, 4)});
  }
  return facts;
}

}  // namespace mayfly::postgres
