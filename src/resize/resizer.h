#pragma once
// Carries a resize to its end: looks where the host is, decides, acts, writes down. One bounded
// thing a step; killed at any point it is continued by another one with the same journal, or
// without it by one that reads the host's mark.

#include <functional>
#include <map>
#include <string>

#include "resize/course.h"
#include "resize/journal.h"
#include "seams/clock.h"
#include "seams/host_cloud.h"

namespace mayfly::resize {

// What is in use inside a host, now. Errors as of RunScript, and kCorrupt.
Result<HostUse> AskUse(HostCloud& cloud, const std::string& id, Duration patience);

// All outlive the resizer. `save` makes the journal durable; `tell` is for people.
struct ResizeWorld {
  HostCloud& cloud;
  Clock& clock;
  std::function<Status(const Journal&)> save;
  std::function<void(const std::string&)> tell;
};

struct Bounds {
  Duration patience = minutes(10);  // for each of: stop, change, start, checks, services
  Duration snapshots = hours(6);    // the first one of a large disk takes long
  Duration poll = seconds(5);
  Duration between_snapshots = seconds(20);  // after an answer that was lost
};

// One thread.
class Resizer {
 public:
  Resizer(ResizeWorld world, Journal journal, Bounds bounds);

  // When it wants to be called again, of Clock::Mono. An error: the journal could not be written,
  // and nothing was done after that.
  Result<Duration> Step();

  bool is_over() const { return !journal_.is_open() || is_stuck_; }
  const Journal& journal() const { return journal_; }

  // Somebody wants it to stop. False: the host is not as it was, so it goes on to one of its ends.
  Result<bool> Abandon(const std::string& why);

 private:
  Result<Sight> See();
  bool TakeOthersWord(const Host& host);
  bool MayBeStopped(const Host& host) const;
  bool SaysForward(const Host& host) const;
  Status MarkBack();
  Status Act(const Move& move, const Host& host);
  Status Ask(const Move& move, const Host& host);
  Status LookInside(const Host& host);
  Status React(const Move& move, const Error& error, const Host& host);
  Status TurnBack(const Error& error);
  Status End(Outcome outcome, const Host& host);
  Status Note(const std::string& what);
  Outcome GoodEnd() const;
  void Unmark();
  Error TooLong(What what) const;
  void TakeIntent(What what);
  void TakeFact(What what);
  bool IsTimeUp(What what);

  ResizeWorld world_;
  Journal journal_;
  Bounds bounds_;
  Duration next_{};
  bool is_first_look_ = true, is_settled_inside_ = false, is_stuck_ = false;
  std::map<What, Duration> since_;  // when each move was first wanted, in this direction
  std::map<What, std::string> last_error_;
  What last_told_ = What::kFail;
  Host last_seen_;  // without an id: never
};

}  // namespace mayfly::resize
