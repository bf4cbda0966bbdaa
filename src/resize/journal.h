#pragma once
// What a resize has decided and done so far, written down before and after each step: whoever is
// told to go on reads it and asks the cloud where the host is. A short form of it stands in a tag
// of the host, for computers that do not have the file. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/result.h"
#include "base/time.h"

namespace mayfly::resize {

enum class Direction { kForward, kBack };

enum class Outcome {
  kDone,       // it has the new type
  kReverted,   // it has the old type again, and runs
  kAbandoned,  // given up before anything was stopped
  kStuck,      // neither way goes on; the same command tries again
  kElsewhere,  // another computer has finished it
};
std::string_view Name(Direction direction);  // "forward", "back"
std::string_view Name(Outcome outcome);      // "done", "reverted", …

// How large a type is; zero: not known.
struct Size {
  std::int64_t vcpus = 0, memory_mib = 0;
};

struct Event {
  Instant at;
  std::string what;
};

struct Journal {
  std::string host, name, region, from, to;
  Size from_size, to_size;
  Instant approved;  // names it: key() of the snapshots
  Direction direction = Direction::kForward;
  std::string reason;  // why it goes back, or is given up
  ErrorKind reason_kind = ErrorKind::kDefect;
  bool revert_asked = false;  // somebody said --revert: going back is what was wanted

  // As it was before.
  std::string address;
  bool keeps_address = false, was_seen = false;
  std::vector<std::string> services, sockets;  // that are to be there again

  std::vector<std::string> volumes;  // to be kept in snapshots
  Instant snapshots_expire;

  // Done, by us.
  bool is_marked = false, has_snapshots = false, stop_asked = false, start_asked = false;
  std::optional<Instant> down_since, up_at;
  std::vector<std::string> notes;  // for people, beside the outcome
  std::optional<Outcome> outcome;
  std::vector<Event> events;

  bool is_open() const { return !outcome || *outcome == Outcome::kStuck; }
  std::string key() const { return host + " " + FormatInstant(approved); }
  const std::string& goal() const { return direction == Direction::kForward ? to : from; }
  const Size& goal_size() const { return direction == Direction::kForward ? to_size : from_size; }
};

std::string ToJson(const Journal& journal);
Result<Journal> JournalFromJson(std::string_view text);

// "forward t3.2xlarge t3.small 2026-11-28T02:00:00Z 198.51.100.1 elastic": what a tag can hold.
std::string ToMark(const Journal& journal);
// Knows types, direction and address; neither the services nor what was done. kCorrupt: no such
// mark.
Result<Journal> JournalFromMark(std::string_view mark);

}  // namespace mayfly::resize
