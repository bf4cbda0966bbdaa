#pragma once
// Where a resize goes next: from what was decided and done, and from where the host is seen to be.
// The same question has the same answer after a crash, on any computer. Pure.

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/host.h"
#include "resize/journal.h"

namespace mayfly::resize {

enum class What {
  kLook,            // where the host is
  kMark,            // the host gets the tag by which others finish it
  kTakeSnapshot,    // of the disk in `detail`
  kAwaitSnapshots,  // until all are completed
  kKeepSnapshots,   // they are: never looked for again
  kStop,
  kAwaitStopped,
  kChangeType,  // to the one in `detail`
  kStart,
  kAwaitRunning,
  kAwaitHealth,  // the cloud's own checks
  kLookInside,   // are processors, memory, services and sockets as they should be?
  kFinish,       // the tag is taken off
  kFail,         // nothing that can be done leads on; `detail` says why
};
// "stop the host", for sentences.
std::string_view Name(What what);

struct Move {
  What what = What::kFail;
  std::string detail;
};

struct Sight {
  Host host;
  std::vector<HostSnapshot> snapshots;  // of this resize; needed until the host is stopped
  std::optional<HostHealth> health;     // needed while it runs
  bool is_settled_inside = false;       // it was looked inside, and all is as it should be
};

Move Decide(const Journal& journal, const Sight& sight);

// Does the host show that it was stopped, by whomever? A mark does not tell; one that runs as it
// did before does not show it.
bool ShowsAStop(const Journal& journal, const Host& host);

// What follows when a move fails, or has taken as long as it may (then the kind is kExhausted).
enum class Reaction {
  kAgain,      // the same, until its time is up
  kAbandon,    // nothing was stopped: leave the host as it is
  kTurnBack,   // the old type again, and start
  kEndAnyway,  // it runs with its old type: say what is wrong with it
  kGiveUp,     // stuck: tell the state and the next command
};
Reaction AfterFailure(const Journal& journal, What what, const Error& error, bool is_time_up);

// How what runs differs from what it should be, a sentence each; empty: it does not.
std::vector<std::string> WhatDiffers(const Journal& journal, const HostUse& use);

// Of what runs, what is to be there again after a start.
std::vector<std::string> ServicesToExpect(const HostUse& use);
std::vector<std::string> SocketsToExpect(const HostUse& use);
// Sockets of which nobody can tell whether they are: of no unit, or of one that boot does not
// start.
std::vector<std::string> SocketsInDoubt(const HostUse& use);

// What became of the address; empty: it is the same.
std::string ExplainAddress(const Journal& journal, const Host& host);
// Where a stuck host is, and what to type; without an id: nobody has seen it.
std::string ExplainStuck(const Journal& journal, const Host& host);

}  // namespace mayfly::resize
