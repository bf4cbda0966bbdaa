#pragma once
// The closing report of a run: what ran, how it ended, and what was planned beside what came of it.
// Made from the ledger alone, so that any computer makes the same one. Pure.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "closing/checklist.h"
#include "cost/meter.h"
#include "model/quote.h"

namespace mayfly::closing {

// What stays after the run and bills by the month, or should have.
struct KeptThing {
  std::string what;
  std::optional<Money> monthly;  // at most; absent: it bills nothing, or nobody knows its price
  std::optional<Instant> until;
};

struct ReportInput {
  Evidence evidence;
  const cost::Account& account;
  const std::vector<SlotTime>& slots;
  const std::optional<Quote>& quote;
};

struct StageReport {
  StageView view;
  StageTrail trail;
  std::optional<Duration> planned;  // slot time, by its first task for each of its tasks
  Duration worked{}, lost{};        // slot time of accepted attempts, and of the others
};

struct MachineReport {
  MachineView view;
  cost::MachineAccount account;
  std::string interruption;  // how it was taken from us; empty: it was not
  Duration lost{};           // slot time of attempts on it that were not accepted
};

// One item of the bill: as quoted, and as metered.
struct MoneyReport {
  std::string item;
  std::optional<Money> expected, most;  // absent: not quoted, or its length was not measured
  Money actual;
};

struct TimeReport {
  std::optional<Duration> planned;   // of all machines together
  std::string planned_by;            // "stated: 42h"; "not measured"
  Duration machines{};               // the same, as it came
  std::optional<Duration> approval;  // to the end of the run: closed, or its last look
  std::optional<Duration> work;      // from the first attempt to the end of the last
};

struct Report {
  RunView run;
  Instant as_of;
  std::string approved_by;
  std::int64_t checks = 0, checks_failed = 0;
  std::vector<Line> checklist;
  std::vector<StageReport> stages;
  std::vector<MachineReport> machines;  // that were had
  TimeReport time;
  std::optional<Quote> quote;
  std::vector<MoneyReport> lines;  // by item
  Money total, lost;
  std::vector<std::string> reasons;  // why actual and planned differ
  std::vector<SeenRefusal> refusals;
  std::vector<KeptThing> kept;
  std::vector<std::string> next_steps;
};

Report MakeReport(const ReportInput& input);

// For people; every text of others is escaped.
std::string ReportToMarkdown(const Report& report);

// Stable keys, as docs/cli/report.md has them.
nlohmann::ordered_json ReportToJson(const Report& report);

// A checklist alone: [{name, state, evidence, next_step}].
nlohmann::ordered_json ChecklistToJson(const std::vector<Line>& lines);

}  // namespace mayfly::closing
