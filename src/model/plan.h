#pragma once
// A phase compiled against the data that was found: every stage with its table, every task with its
// leaves and needs. Compiling is pure and repeatable, so the ledger keeps only spec and findings.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "model/phase_spec.h"
#include "model/quote.h"
#include "model/shape.h"

namespace mayfly {

// The bars of one pair in the source of one load stage.
struct PairBars {
  std::string pair;
  std::optional<Instant> first, last;  // absent: not a single bar
  std::optional<Instant> last_close;   // the last bar that has a close
  std::vector<std::int64_t> by_month;  // rows, from the month of `first` to that of `last`

  std::int64_t rows() const;
  // Within the bounds of a leaf, which are those of months; an absent one is none.
  std::int64_t RowsIn(const std::optional<Instant>& begin, const std::optional<Instant>& end) const;
  friend bool operator==(const PairBars&, const PairBars&) = default;
};

// What the source of one load stage has.
struct LoadFindings {
  std::string stage;
  std::vector<PairBars> pairs;             // of those that the phase wants, sorted
  std::vector<std::string> absent_inputs;  // bar columns that none of them has, such as "open"

  const PairBars* Find(std::string_view pair) const;
  friend bool operator==(const LoadFindings&, const LoadFindings&) = default;
};

// What was found in the data for the dimensions that say "from-data", and about the bars.
struct Findings {
  std::vector<std::string> pairs;          // with data, sorted
  std::vector<std::string> missing_pairs;  // listed in the phase, without a file or table
  std::optional<PeriodUnit> unit;
  std::optional<Instant> first, last;      // of all bars
  std::int64_t rows = 0;                   // of all bars
  std::vector<std::string> absent_inputs;  // bar columns that no load stage has
  std::vector<LoadFindings> loads;         // by load stage; none in plans of earlier versions

  const LoadFindings* FindLoad(std::string_view stage) const;
  friend bool operator==(const Findings&, const Findings&) = default;
};

struct PlannedTask {
  Point point;
  std::vector<Leaf> leaves;        // what it writes; empty for verify
  std::vector<std::size_t> needs;  // indices into PhasePlan::tasks, all smaller than its own
  std::size_t stage = 0;           // index into PhasePlan::stages
};

struct PlannedStage {
  StageSpec spec;
  std::optional<TableShape> shape;     // absent for verify
  std::optional<std::string> skipped;  // "input absent: open, high, low", by name; never a pass
  std::size_t task_count = 0;
};

struct PhasePlan {
  PhaseSpec spec;
  Findings findings;
  Grid grid;
  std::vector<PlannedStage> stages;
  std::vector<PlannedTask> tasks;  // in the order of claiming
  std::string canonical_toml;
  std::string core;                // of everything that decides the output; 12 hex digits
  std::string hash;                // what is approved: the core, and the quote's upper bound
  std::optional<Quote> quote;      // absent until one is made
  std::string bundle;              // what machines are started from, as the hash covers it
  std::vector<std::string> notes;  // choices worth telling: "periods by year: 2,300 rows a leaf"

  std::size_t LeafCount() const;
  const PlannedStage* FindStage(std::string_view name) const;
};

// What approval is given to: everything that decides the output, the bundle that machines run, and
// the most that the run may cost; never the price of the minute. Where there is no bundle and
// nothing can be billed, it is the core itself.
std::string ApprovedHash(std::string_view core, std::string_view bundle, Money upper_bound);

// Puts the quote into the plan, and its upper bound and the bundle into the hash. `bundle` names
// what machines are started from; empty: this program.
void AttachQuote(PhasePlan& plan, Quote quote, std::string bundle = "");

// What one claim may lease together and one transaction commit, as a number for each task of the
// plan: the features of one point, which read the same bars; the tasks of one sql stage, which are
// short. Everything else is alone, so that a slot that dies takes no other's work with it.
std::vector<std::int64_t> BatchesOf(const PhasePlan& plan);

}  // namespace mayfly
