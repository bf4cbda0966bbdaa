#include "resize/resizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "resize/probe.h"

namespace mayfly::resize {
namespace {

bool IsWaiting(What what) {
  return what == What::kAwaitSnapshots || what == What::kAwaitStopped ||
         what == What::kAwaitRunning || what == What::kAwaitHealth;
}

std::string Sentence(const Move& move, const Host& host) {
  switch (move.what) {
    case What::kTakeSnapshot:
      return "snapshot of " + move.detail;
    case What::kAwaitSnapshots:
      return "waiting until the snapshots are completed";
    case What::kStop:
      return fmt::format("stopping {}: its services are down from now on", host.id);
    case What::kAwaitStopped:
      return "waiting until it has stopped";
    case What::kChangeType:
      return fmt::format("{} becomes {}", host.type, move.detail);
    case What::kStart:
      return "starting it as " + host.type;
    case What::kAwaitRunning:
      return "waiting until it runs";
    case What::kAwaitHealth:
      return "waiting for EC2's checks of it";
    case What::kLookInside:
      return "looking for what ran on it before";
    case What::kLook:
    case What::kMark:
    case What::kKeepSnapshots:
    case What::kFinish:
    case What::kFail:
      return {};
  }
  return {};
}

}  // namespace

Result<HostUse> AskUse(HostCloud& cloud, const std::string& id, Duration patience) {
  TRY_ASSIGN(const std::string text, cloud.RunScript(id, ProbeScript(), patience));
  return ParseUse(text);
}

Resizer::Resizer(ResizeWorld world, Journal journal, Bounds bounds)
    : world_(std::move(world)), journal_(std::move(journal)), bounds_(bounds) {
  // A stuck one tries again, and what was said of it then holds no more.
  if (journal_.outcome) journal_.notes.clear();
  journal_.outcome.reset();
}

Status Resizer::Note(const std::string& what) {
  journal_.events.push_back({world_.clock.Wall(), what});
  return world_.save(journal_);
}

bool Resizer::IsTimeUp(What what) {
  const Duration now = world_.clock.Mono();
  const Duration limit = what == What::kAwaitSnapshots || what == What::kTakeSnapshot
                             ? bounds_.snapshots
                             : bounds_.patience;
  return now - since_.try_emplace(what, now).first->second >= limit;
}

Result<Sight> Resizer::See() {
  Sight sight;
  TRY_ASSIGN(sight.host, world_.cloud.Look(journal_.host));
  last_seen_ = sight.host;
  const bool shows_a_stop = ShowsAStop(journal_, sight.host);
  // Another computer may have asked for it: then what fails from here on has to start it again.
  if (shows_a_stop) journal_.stop_asked = true;
  const bool is_before = journal_.direction == Direction::kForward && !shows_a_stop;
  if (is_before && journal_.is_marked && !journal_.has_snapshots) {
    TRY_ASSIGN(sight.snapshots, world_.cloud.ListSnapshots(journal_.key()));
  }
  const bool runs_as_wished =
      sight.host.state == HostState::kRunning && sight.host.type == journal_.goal();
  if (runs_as_wished) {
    TRY_ASSIGN(sight.health, world_.cloud.CheckHealth(journal_.host));
  }
  sight.is_settled_inside = is_settled_inside_;
  return sight;
}

Error Resizer::TooLong(What what) const {
  const auto last = last_error_.find(what);
  const std::string limit = HumanDuration(bounds_.patience);
  if (last != last_error_.end()) return Exhausted(last->second + ", after " + limit);
  return Exhausted("it takes more than " + limit);
}

// What another computer did with it since the journal was written. True: it was finished, the mark
// is gone.
bool Resizer::TakeOthersWord(const Host& host) {
  if (!journal_.is_marked) return false;
  const Result<Journal> theirs = JournalFromMark(host.mark);
  const bool have_turned = theirs.ok() && theirs->direction == Direction::kBack &&
                           journal_.direction == Direction::kForward;
  if (have_turned) {
    journal_.direction = Direction::kBack;
    journal_.reason = theirs->reason;
    journal_.reason_kind = theirs->reason_kind;
  }
  return host.mark.empty() && host.state == HostState::kRunning;
}

Result<Duration> Resizer::Step() {
  next_ = world_.clock.Mono() + bounds_.poll;
  Result<Sight> sight = See();
  if (!sight.ok()) {
    TRY(React({What::kLook, ""}, sight.error(), last_seen_));
    return next_;
  }
  since_.erase(What::kLook);
  // What we marked ourselves a moment ago may not show yet, so only the first look counts.
  const bool is_first = std::exchange(is_first_look_, false);
  if (is_first && TakeOthersWord(sight->host)) {
    TRY(End(Outcome::kElsewhere, sight->host));
    return next_;
  }
  if (is_first && SaysForward(sight->host)) TRY(MarkBack());
  TRY(Act(Decide(journal_, *sight), sight->host));
  return next_;
}

// Before the call: so that whoever comes after a crash knows that it may have been made.
void Resizer::TakeIntent(What what) {
  if (what == What::kStop) {
    // Where another computer stopped it, nobody here knows when.
    if (!journal_.stop_asked) journal_.down_since = world_.clock.Wall();
    journal_.stop_asked = true;
  }
  if (what == What::kChangeType) journal_.start_asked = false;
  if (what == What::kStart) journal_.start_asked = true;
}

void Resizer::TakeFact(What what) {
  if (what == What::kMark) journal_.is_marked = true;
  if (what == What::kKeepSnapshots) journal_.has_snapshots = true;
}

Status Resizer::Act(const Move& move, const Host& host) {
  const bool is_time_up = IsTimeUp(move.what);
  // Often at first, as most of it takes seconds, and more rarely the longer it takes.
  const Duration waited = world_.clock.Mono() - since_.at(move.what);
  next_ = world_.clock.Mono() + std::clamp<Duration>(waited / 4, milliseconds(100), bounds_.poll);
  const bool is_news = last_told_ != move.what || move.what == What::kTakeSnapshot;
  const std::string sentence = Sentence(move, host);
  if (is_news && !sentence.empty()) {
    world_.tell(sentence);
    TRY(Note(sentence));
  }
  last_told_ = move.what;
  if (is_time_up && move.what != What::kFail) {
    return React(move, TooLong(move.what), host);
  }
  if (IsWaiting(move.what)) return {};
  TakeIntent(move.what);
  TRY(world_.save(journal_));
  Status done = Ask(move, host);
  if (!done.ok()) return React(move, done.error(), host);
  TakeFact(move.what);
  return world_.save(journal_);
}

Status Resizer::Ask(const Move& move, const Host& host) {
  switch (move.what) {
    case What::kMark:
      return world_.cloud.Mark(host.id, ToMark(journal_));
    case What::kTakeSnapshot:
      return world_.cloud.TakeSnapshot({move.detail, journal_.key(), journal_.snapshots_expire,
                                        fmt::format("before {} was resized from {} to {}", host.id,
                                                    journal_.from, journal_.to)});
    case What::kStop:
      return world_.cloud.Stop(host.id);
    case What::kChangeType:
      return world_.cloud.ChangeType(host.id, move.detail);
    case What::kStart:
      return world_.cloud.Start(host.id);
    case What::kLookInside:
      return LookInside(host);
    case What::kFinish:
      TRY(world_.cloud.Mark(host.id, ""));
      return End(GoodEnd(), host);
    case What::kFail:
      return Exhausted(move.detail);
    case What::kLook:
    case What::kKeepSnapshots:
    case What::kAwaitSnapshots:
    case What::kAwaitStopped:
    case What::kAwaitRunning:
    case What::kAwaitHealth:
      return {};
  }
  return {};
}

// Services need a while to come up, so what differs is no failure before its time is up.
Status Resizer::LookInside(const Host& host) {
  const Result<HostUse> use =
      AskUse(world_.cloud, host.id, std::min(bounds_.patience, Duration(minutes(2))));
  if (!use.ok()) return Unavailable(use.error().message());
  const std::vector<std::string> differs = WhatDiffers(journal_, *use);
  if (!differs.empty()) return Unavailable(Join(differs, "; "));
  is_settled_inside_ = true;
  return {};
}

Status Resizer::React(const Move& move, const Error& error, const Host& host) {
  const bool is_time_up = IsTimeUp(move.what);
  if (move.what == What::kTakeSnapshot && error.kind() == ErrorKind::kAmbiguous) {
    next_ = world_.clock.Mono() + bounds_.between_snapshots;  // it may not show yet
  }
  const Error told(is_time_up ? ErrorKind::kExhausted : error.kind(), error.message());
  const std::string why = fmt::format("could not {}: {}", Name(move.what), error.message());
  Reaction reaction = AfterFailure(journal_, move.what, told, is_time_up);
  if (reaction == Reaction::kAbandon && MayBeStopped(host)) reaction = Reaction::kGiveUp;
  switch (reaction) {
    case Reaction::kAgain:
      if (std::exchange(last_error_[move.what], error.message()) == error.message()) return {};
      return Note(why);
    case Reaction::kAbandon:
      journal_.stop_asked = false;
      journal_.down_since.reset();
      journal_.reason = why;
      journal_.reason_kind = told.kind();
      Unmark();
      return End(Outcome::kAbandoned, host);
    case Reaction::kTurnBack:
      return TurnBack({told.kind(), why});
    case Reaction::kEndAnyway:
      journal_.notes.push_back(why);
      if (move.what != What::kFinish) Unmark();
      return End(GoodEnd(), host);
    case Reaction::kGiveUp:
      journal_.notes.push_back(why);
      return End(Outcome::kStuck, host);
  }
  return {};
}

// Nobody may be told that a host was not stopped which nobody has seen, or which shows that it was.
bool Resizer::MayBeStopped(const Host& host) const {
  return host.id.empty() ? journal_.is_marked : ShowsAStop(journal_, host);
}

Outcome Resizer::GoodEnd() const {
  return journal_.direction == Direction::kForward ? Outcome::kDone : Outcome::kReverted;
}

// The mark would have another computer go on with it.
void Resizer::Unmark() {
  if (!journal_.is_marked) return;
  const Status unmarked = world_.cloud.Mark(journal_.host, "");
  if (unmarked.ok()) return;
  journal_.notes.push_back(
      "its tag mayfly:resize stays, and another computer would go on; take it off: " +
      unmarked.error().message());
}

Status Resizer::TurnBack(const Error& error) {
  journal_.direction = Direction::kBack;
  journal_.reason = error.message();
  journal_.reason_kind = error.kind();
  journal_.start_asked = false;
  is_settled_inside_ = false;
  since_.clear();
  last_error_.clear();
  world_.tell(fmt::format("{}; going back to {}", error.message(), journal_.from));
  TRY(Note("going back: " + error.message()));
  return MarkBack();
}

// Another computer that finds the mark shall go back too; if it cannot be written, this one does.
Status Resizer::MarkBack() {
  const Status marked = world_.cloud.Mark(journal_.host, ToMark(journal_));
  if (!marked.ok()) return Note("the mark still says forward: " + marked.error().message());
  return {};
}

// Does the mark send another computer forward while we go back? As after --revert.
bool Resizer::SaysForward(const Host& host) const {
  const Result<Journal> marked = JournalFromMark(host.mark);
  return journal_.direction == Direction::kBack && marked.ok() &&
         marked->direction == Direction::kForward;
}

Status Resizer::End(Outcome outcome, const Host& host) {
  journal_.outcome = outcome;
  is_stuck_ = outcome == Outcome::kStuck;
  const bool runs = outcome == Outcome::kDone || outcome == Outcome::kReverted;
  if (runs && journal_.down_since) journal_.up_at = world_.clock.Wall();
  const std::string address = runs ? ExplainAddress(journal_, host) : "";
  if (!address.empty()) journal_.notes.push_back(address);
  if (is_stuck_) journal_.notes.push_back(ExplainStuck(journal_, host));
  if (runs && !journal_.was_seen) {
    journal_.notes.push_back("nobody looked inside before, so nobody knows what should run: look");
  }
  return Note(fmt::format("ended: {}", Name(outcome)));
}

Result<bool> Resizer::Abandon(const std::string& why) {
  // Only the host knows whether another computer has stopped it. A look that fails leaves it
  // unseen, and that is told.
  if (last_seen_.id.empty()) (void)See();
  if (journal_.stop_asked || journal_.direction == Direction::kBack) return false;
  TRY(React({What::kStop, ""}, Cancelled(why), last_seen_));
  return true;
}

}  // namespace mayfly::resize
