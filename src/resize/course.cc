#include "resize/course.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace mayfly::resize {
namespace {

struct WhatRow {
  What what;
  std::string_view name;
};
constexpr std::array<WhatRow, 14> kNames{{{What::kLook, "see how it is"},
                                          {What::kMark, "mark the host"},
                                          {What::kTakeSnapshot, "take a snapshot"},
                                          {What::kAwaitSnapshots, "complete the snapshots"},
                                          {What::kKeepSnapshots, "keep the snapshots"},
                                          {What::kStop, "stop the host"},
                                          {What::kAwaitStopped, "see the host stopped"},
                                          {What::kChangeType, "change its type"},
                                          {What::kStart, "start the host"},
                                          {What::kAwaitRunning, "see the host running"},
                                          {What::kAwaitHealth, "see EC2's checks pass"},
                                          {What::kLookInside, "find its services again"},
                                          {What::kFinish, "take the mark off"},
                                          {What::kFail, "go on"}}};

constexpr int kFirstPassingPort = 32768;  // ports from here on are picked by the kernel

Move ForSnapshots(const Journal& journal, const std::vector<HostSnapshot>& snapshots) {
  bool are_completed = true;
  for (const std::string& volume : journal.volumes) {
    const auto found = std::ranges::find(snapshots, volume, &HostSnapshot::volume_id);
    if (found == snapshots.end()) return {What::kTakeSnapshot, volume};
    if (found->state == "error") {
      return {What::kFail, fmt::format("snapshot {} of {} has failed", found->id, volume)};
    }
    if (found->state != "completed") are_completed = false;
  }
  return {are_completed ? What::kKeepSnapshots : What::kAwaitSnapshots, ""};
}

Move ForRunning(const Journal& journal, const Sight& sight) {
  if (sight.host.type != journal.goal()) return {What::kStop, ""};
  if (!sight.health || !sight.health->is_ok) return {What::kAwaitHealth, ""};
  if (journal.was_seen && !sight.is_settled_inside) return {What::kLookInside, ""};
  return {What::kFinish, ""};
}

Move ForStopped(const Journal& journal, const Host& host) {
  if (host.type != journal.goal()) return {What::kChangeType, journal.goal()};
  // A start that EC2 accepted, and that ended where it began.
  const bool has_died = journal.start_asked && host.died_starting;
  if (has_died) return {What::kFail, "EC2 accepted the start, and it failed: " + host.reason};
  return {What::kStart, ""};
}

bool IsPassing(ErrorKind kind) {
  return kind == ErrorKind::kUnavailable || kind == ErrorKind::kAmbiguous;
}

bool RunsAsBefore(const Journal& journal, const Host& host) {
  return host.state == HostState::kRunning && host.type == journal.from;
}

Reaction AfterFailureBack(What what, const Error& error, bool is_time_up) {
  const bool runs = what == What::kAwaitHealth || what == What::kLookInside;
  if (runs || what == What::kFinish) return Reaction::kEndAnyway;
  // Its old place may be taken for a while: somebody else's instance was quicker.
  const bool is_full = what == What::kStart && error.kind() == ErrorKind::kExhausted;
  return is_full && !is_time_up ? Reaction::kAgain : Reaction::kGiveUp;
}

std::vector<std::string> Missing(const std::vector<std::string>& wanted,
                                 const std::vector<std::string>& there) {
  std::vector<std::string> missing;
  for (const std::string& one : wanted) {
    if (std::ranges::find(there, one) == there.end()) missing.push_back(one);
  }
  return missing;
}

int PortOf(const std::string& socket) {
  int port = 0;
  const std::size_t colon = socket.rfind(':');
  if (colon == std::string::npos) return 0;
  std::from_chars(socket.data() + colon + 1, socket.data() + socket.size(), port);
  return port;
}

bool HasKnownPort(const HostSocket& socket) {
  const int port = PortOf(socket.address);
  return port > 0 && port < kFirstPassingPort;
}

void JudgeSize(const Size& size, const HostUse& use, std::vector<std::string>& differs) {
  if (size.vcpus > 0 && use.vcpus != size.vcpus) {
    differs.push_back(
        fmt::format("it has {} processors, and the type has {}", use.vcpus, size.vcpus));
  }
  const std::int64_t mib = use.memory_kib / 1024;
  // Kernel and firmware keep some for themselves: more of a small machine.
  const std::int64_t least = size.memory_mib * 17 / 20 - 100;
  if (size.memory_mib > 0 && (mib < least || mib > size.memory_mib)) {
    differs.push_back(
        fmt::format("it has {} MiB of memory, and the type has {} MiB", mib, size.memory_mib));
  }
}

}  // namespace

std::string_view Name(What what) {
  for (const WhatRow& row : kNames) {
    if (row.what == what) return row.name;
  }
  return "";
}

Move Decide(const Journal& journal, const Sight& sight) {
  const Host& host = sight.host;
  if (journal.direction == Direction::kForward && RunsAsBefore(journal, host)) {
    if (!journal.is_marked) return {What::kMark, ""};
    if (!journal.has_snapshots) return ForSnapshots(journal, sight.snapshots);
  }
  switch (host.state) {
    case HostState::kRunning:
      return ForRunning(journal, sight);
    case HostState::kStopping:
      return {What::kAwaitStopped, ""};
    case HostState::kStopped:
      return ForStopped(journal, host);
    case HostState::kPending:
      return {What::kAwaitRunning, ""};
    case HostState::kShuttingDown:
    case HostState::kTerminated:
      return {What::kFail, fmt::format("somebody ended the host: {}", host.reason)};
  }
  return {};
}

bool ShowsAStop(const Journal& journal, const Host& host) {
  const bool is_gone =
      host.state == HostState::kShuttingDown || host.state == HostState::kTerminated;
  return !is_gone && !RunsAsBefore(journal, host);
}

Reaction AfterFailure(const Journal& journal, What what, const Error& error, bool is_time_up) {
  if (IsPassing(error.kind()) && !is_time_up) return Reaction::kAgain;
  if (journal.direction == Direction::kBack) return AfterFailureBack(what, error, is_time_up);
  if (what == What::kFinish) return Reaction::kEndAnyway;
  const bool is_stop_refused = what == What::kStop && !is_time_up;
  if (!journal.stop_asked || is_stop_refused) return Reaction::kAbandon;
  // Whoever does not see the host cannot take it back either.
  return what == What::kLook ? Reaction::kGiveUp : Reaction::kTurnBack;
}

std::vector<std::string> WhatDiffers(const Journal& journal, const HostUse& use) {
  std::vector<std::string> differs;
  JudgeSize(journal.goal_size(), use, differs);
  std::vector<std::string> services;
  for (const HostService& unit : use.services) services.push_back(unit.name);
  for (const std::string& name : Missing(journal.services, services)) {
    differs.push_back(fmt::format("{} does not run", name));
  }
  std::vector<std::string> listening;
  for (const HostSocket& one : use.sockets) listening.push_back(one.address);
  for (const std::string& socket : Missing(journal.sockets, listening)) {
    differs.push_back(fmt::format("nothing listens at {}", socket));
  }
  return differs;
}

std::vector<std::string> ServicesToExpect(const HostUse& use) {
  std::vector<std::string> services;
  for (const HostService& unit : use.services) {
    if (unit.starts_at_boot) services.push_back(unit.name);
  }
  return services;
}

std::vector<std::string> SocketsToExpect(const HostUse& use) {
  std::vector<std::string> sockets;
  for (const HostSocket& socket : use.sockets) {
    if (socket.starts_at_boot && HasKnownPort(socket)) sockets.push_back(socket.address);
  }
  return sockets;
}

std::vector<std::string> SocketsInDoubt(const HostUse& use) {
  const std::vector<std::string> expected = SocketsToExpect(use);
  std::vector<std::string> sockets;
  for (const HostSocket& socket : use.sockets) {
    // An address may have two holders, such as a service and the socket unit that hands it on.
    const bool is_expected = std::ranges::find(expected, socket.address) != expected.end();
    if (!is_expected && HasKnownPort(socket)) sockets.push_back(socket.address);
  }
  return sockets;
}

std::string ExplainAddress(const Journal& journal, const Host& host) {
  if (host.public_ip == journal.address) return {};
  if (journal.keeps_address) {
    return fmt::format("its Elastic IP {} is no longer with it, it is at {}: associate it again",
                       journal.address, host.public_ip.empty() ? "none" : host.public_ip);
  }
  if (host.public_ip.empty())
    return fmt::format(
        "it had the address {} and has none now; "
        "was its subnet changed?",
        journal.address);
  return fmt::format(
      "its public address was {} and is {}: it has no Elastic IP, and EC2 gives another one at "
      "each "
      "start. What names the old one (DNS, firewalls, known_hosts) has to be told; its private "
      "address is {}, as it was",
      journal.address.empty() ? "none" : journal.address, host.public_ip, host.private_ip);
}

std::string ExplainStuck(const Journal& journal, const Host& host) {
  if (host.id.empty()) {
    return fmt::format(
        "nobody could look at {0}, so it may be stopped. To go on: mayfly resize {0}. By hand: "
        "aws ec2 describe-instances --instance-ids {0}",
        journal.host);
  }
  std::string next;
  if (host.state == HostState::kStopped && host.type != journal.goal()) {
    next = fmt::format(
        "aws ec2 modify-instance-attribute --instance-id {0} --instance-type {1}, then "
        "aws ec2 start-instances --instance-ids {0}",
        host.id, journal.goal());
  } else if (host.state == HostState::kStopped) {
    next = fmt::format("aws ec2 start-instances --instance-ids {}", host.id);
  } else if (host.state == HostState::kStopping) {
    next = fmt::format(
        "wait, or aws ec2 stop-instances --force --instance-ids {}, which can lose "
        "what was not written",
        host.id);
  } else {
    next = fmt::format("look at it: aws ec2 get-console-output --instance-id {}", host.id);
  }
  return fmt::format("{} is {} as {}. To go on: mayfly resize {}. By hand: {}", host.id,
                     Name(host.state), host.type, host.id, next);
}

}  // namespace mayfly::resize
