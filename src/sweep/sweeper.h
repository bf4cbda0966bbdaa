#pragma once
// Sweeps: looks everywhere, judges what is there against the ledger, and, where it is told to,
// marks and removes. Two passes that find nothing, at least the consistency window apart, are the
// proof that nothing is left. The world is in its seams; the loop is Step().

#include <optional>
#include <string>
#include <vector>

#include "seams/clock.h"
#include "seams/estate.h"
#include "seams/register_store.h"
#include "sweep/judge.h"

namespace mayfly::sweep {

// A place that did not answer: what is there nobody can tell.
struct Unasked {
  std::string place;
  Error why;
};

// What was done about a thing, or could not be.
struct Deed {
  Action action = Action::kNone;
  Thing thing;
  std::optional<Error> error;
};

struct Pass {
  std::vector<Finding> findings;
  std::vector<Missing> missing;
  std::vector<Unasked> unasked;
  std::vector<std::string> places;  // that answered
  std::vector<Deed> deeds;
  bool has_left() const;  // something of ours that no run needs, or a machine that is nowhere
  bool is_empty() const { return !has_left() && unasked.empty(); }
};

struct SweepPolicy {
  Duration window = seconds(60);
  bool is_reaping = false;
  bool reaps_unknown = false;  // see Evidence
  int most_passes = 10;
};

class Sweeper {
 public:
  // The estates and everything else outlive it.
  Sweeper(std::vector<Estate*> estates, RegisterStore& ledger, Clock& clock, SweepPolicy policy)
      : estates_(std::move(estates)), ledger_(ledger), clock_(clock), policy_(policy) {}

  // One pass; when the next one is due, in mono time. An error: the ledger did not answer.
  Result<Duration> Step();

  // Two empty passes, or nothing more to be done.
  bool done() const { return is_done_; }
  bool is_proved() const { return empty_ >= 2; }  // nothing is left
  int passes() const { return passes_; }
  const Pass& last() const { return last_; }

 private:
  Result<Pass> Look();
  void CarryOut(Pass& pass);
  std::optional<Deed> Do(const Finding& finding, Instant now);
  Estate* EstateAt(const std::string& place) const;

  std::vector<Estate*> estates_;
  RegisterStore& ledger_;
  Clock& clock_;
  SweepPolicy policy_;
  Pass last_;
  Instant now_;  // of the ledger, in this pass
  int passes_ = 0, empty_ = 0;
  bool is_done_ = false;
};

}  // namespace mayfly::sweep
