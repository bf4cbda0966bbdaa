#include "sweep/sweeper.h"

#include <algorithm>

namespace mayfly::sweep {
namespace {

// Will a later pass find it otherwise, of itself or because this one did something?
bool IsOnItsWay(const Pass& pass) {
  const bool waits =
      std::any_of(pass.findings.begin(), pass.findings.end(),
                  [](const Finding& one) { return one.is_left && one.action == Action::kWait; });
  const bool did = std::any_of(pass.deeds.begin(), pass.deeds.end(), [](const Deed& one) {
    return !one.error || one.error->kind() != ErrorKind::kDenied;
  });
  return waits || did;
}

}  // namespace

bool Pass::has_left() const {
  return !missing.empty() || std::any_of(findings.begin(), findings.end(),
                                         [](const Finding& one) { return one.is_left; });
}

Result<Duration> Sweeper::Step() {
  TRY_ASSIGN(Pass pass, Look());
  if (policy_.is_reaping) CarryOut(pass);
  ++passes_;
  empty_ = pass.is_empty() ? empty_ + 1 : 0;
  const bool goes_on = pass.is_empty() ? empty_ < 2 : policy_.is_reaping && IsOnItsWay(pass);
  is_done_ = !goes_on || passes_ >= policy_.most_passes;
  last_ = std::move(pass);
  return clock_.Mono() + policy_.window;
}

// The ledger is read after the places: whatever was seen there was written down before it was asked
// for (I6), so that what the ledger does not know by then is nobody's that it knows.
Result<Pass> Sweeper::Look() {
  Pass pass;
  Evidence evidence;
  evidence.window = policy_.window;
  evidence.reaps_unknown = policy_.reaps_unknown;
  for (Estate* estate : estates_) {
    Result<std::vector<Thing>> seen = estate->Look();
    if (!seen.ok()) {
      pass.unasked.push_back({estate->place(), seen.error()});
      continue;
    }
    evidence.places.push_back(estate->place());
    for (Thing& thing : *seen) evidence.things.push_back(std::move(thing));
  }
  TRY_ASSIGN(evidence.ledger, ledger_.LoadRegister());
  for (const std::string& why : evidence.ledger.unread) {
    pass.unasked.push_back({"the ledger", Unavailable("a phase of it cannot be read: " + why)});
  }
  now_ = evidence.ledger.now;
  pass.findings = JudgeThings(evidence);
  pass.missing = FindMissing(evidence);
  pass.places = std::move(evidence.places);
  return pass;
}

void Sweeper::CarryOut(Pass& pass) {
  std::vector<const Finding*> order;
  for (const Finding& finding : pass.findings) order.push_back(&finding);
  std::stable_sort(order.begin(), order.end(), [](const Finding* a, const Finding* b) {
    return a->thing.kind < b->thing.kind;
  });
  for (const Finding* finding : order) {
    std::optional<Deed> deed = Do(*finding, now_);
    if (deed) pass.deeds.push_back(*std::move(deed));
  }
}

std::optional<Deed> Sweeper::Do(const Finding& finding, Instant now) {
  Estate* estate = EstateAt(finding.thing.place);
  Status done = {};
  switch (finding.action) {
    case Action::kNone:
    case Action::kJudge:
    case Action::kWait:
      return std::nullopt;
    case Action::kMark:
      done = estate->Mark(finding.thing, now);
      break;
    case Action::kUnmark:
      done = estate->Unmark(finding.thing);
      break;
    case Action::kRemove:
      done = estate->Remove(finding.thing);
      break;
    case Action::kRestore:
      done = estate->Restore(finding.thing);
      break;
  }
  Deed deed{finding.action, finding.thing, std::nullopt};
  if (!done.ok()) deed.error = done.error();
  return deed;
}

Estate* Sweeper::EstateAt(const std::string& place) const {
  const auto found = std::find_if(estates_.begin(), estates_.end(),
                                  [&](const Estate* one) { return one->place() == place; });
  CHECK(found != estates_.end(), "a thing is in a place that was looked at");
  return *found;
}

}  // namespace mayfly::sweep
