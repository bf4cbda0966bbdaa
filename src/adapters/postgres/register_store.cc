#include "adapters/postgres/register_store.h"

#include "adapters/postgres/migrate.h"
#include "adapters/postgres/queries.gen.h"
#include "base/text.h"
#include "model/phase_spec.h"
#include "model/thing.h"

namespace mayfly::postgres {

PgRegisterStore::PgRegisterStore(std::string conninfo)
    : session_(std::move(conninfo),
               {.application_name = "mayfly sweep", .role = kReader, .read_only = true}) {}

Result<LedgerRegister> PgRegisterStore::LoadRegister() {
  LedgerRegister ledger;
  TRY_ASSIGN(const Rows head, Read(sql::kReadRegisterHead));
  if (head.size() != 1) return Corrupt("the ledger has no identity");
  ledger.identity = head.Text(0, 0);
  ledger.now = head.Time(0, 1);
  TRY(AddMachines(ledger));
  TRY(AddRuns(ledger));
  TRY(AddPhases(ledger));
  return ledger;
}

// The wait between two passes is longer than some servers keep an idle connection.
Result<Rows> PgRegisterStore::Read(const Query& query) {
  Result<Rows> rows = session_.Read(query, Params());
  if (rows.ok() || rows.error().kind() != ErrorKind::kUnavailable) return rows;
  session_.Close();
  return session_.Read(query, Params());
}

Status PgRegisterStore::AddMachines(LedgerRegister& ledger) {
  TRY_ASSIGN(const Rows rows, Read(sql::kListAllMachines));
  for (int i = 0; i < rows.size(); ++i) {
    MachineEntry machine{.id = MachineId{rows.Int(i, 0)},
                         .run = RunId{rows.Int(i, 1)},
                         .provider = std::string(rows.Text(i, 3)),
                         .external_id = std::string(rows.Text(i, 4)),
                         .intended = rows.Time(i, 5),
                         .heartbeat = rows.MaybeTime(i, 6),
                         .gone = rows.MaybeTime(i, 7)};
    TRY_ASSIGN(machine.state, ParseMachineState(rows.Text(i, 2)));
    if (machine.provider == "local") machine.regions.emplace(kHere);
    for (const int column : {8, 9}) {
      for (const std::string& region : Split(rows.Text(i, column), ',')) {
        if (!region.empty()) machine.regions.insert(region);
      }
    }
    for (const std::string& region : machine.regions) {
      if (region != kHere) ledger.regions.insert(region);
    }
    ledger.machines.push_back(std::move(machine));
  }
  return {};
}

Status PgRegisterStore::AddRuns(LedgerRegister& ledger) {
  TRY_ASSIGN(const Rows rows, Read(sql::kListAllRuns));
  for (int i = 0; i < rows.size(); ++i) {
    RunEntry run{.id = RunId{rows.Int(i, 0)},
                 .phase = std::string(rows.Text(i, 1)),
                 .over = rows.MaybeTime(i, 3)};
    TRY_ASSIGN(run.state, ParseRunState(rows.Text(i, 2)));
    ledger.runs.push_back(std::move(run));
  }
  return {};
}

// Their own words, as they were stored; an older mayfly may have written what this one cannot read.
Status PgRegisterStore::AddPhases(LedgerRegister& ledger) {
  TRY_ASSIGN(const Rows rows, Read(sql::kListPhaseTexts));
  for (int i = 0; i < rows.size(); ++i) {
    const Result<ParsedPhase> phase =
        ParsePhase(rows.Text(i, 0), {.file = "plan", .folder = "/", .working_folder = "/"});
    if (!phase.ok()) {
      ledger.unread.push_back(phase.error().message());
      continue;
    }
    const MachinesSpec& machines = phase->spec.machines;
    if (machines.provider != "ec2" || !machines.ec2) continue;
    ledger.has_rented = true;
    if (!machines.ec2->region.empty()) ledger.regions.insert(machines.ec2->region);
    if (!machines.ec2->bucket.empty()) ledger.buckets.insert(machines.ec2->bucket);
  }
  return {};
}

}  // namespace mayfly::postgres
