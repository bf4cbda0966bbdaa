#include "sweep/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mayfly::sweep {
namespace {

// A snapshot of nobody's that is younger may be somebody's backup of this month.
constexpr Duration kOldSnapshot = hours(24 * 30);

std::string Day(Instant instant) { return FormatInstant(std::chrono::floor<seconds>(instant)); }

// Does a run need it, as far as the ledger knows?
struct Need {
  bool is_needed = false;
  bool is_unclear = false;       // a person judges
  std::optional<Instant> since;  // since when it is not needed, if the ledger says
  std::string why;
  std::string next = "look at it, and remove it by hand if nothing uses it";  // where it is unclear
};

class Judge {
 public:
  explicit Judge(const Evidence& evidence) : evidence_(evidence) {
    for (const RunEntry& run : evidence.ledger.runs) runs_[run.id] = &run;
    for (const MachineEntry& one : evidence.ledger.machines) machines_[one.id] = &one;
    for (const Thing& thing : evidence.things) things_[{thing.place, thing.id}] = &thing;
  }

  std::optional<Finding> Look(const Thing& thing) const {
    if (thing.claim.ledger == evidence_.ledger.identity) return Ours(thing);
    if (!thing.claim.ledger.empty()) {
      return Finding{thing,
                     Whose::kAnotherLedgers,
                     false,
                     Action::kNone,
                     "it belongs to the ledger " + thing.claim.ledger,
                     ""};
    }
    return Nobodys(thing);
  }

 private:
  Finding Ours(const Thing& thing) const {
    Finding finding{.thing = thing, .whose = Whose::kOurs};
    const Need need = NeedFor(thing);
    finding.why = need.why;
    finding.is_left = !need.is_needed;
    if (need.is_unclear) {
      finding.action = Action::kJudge;
      finding.next = need.next;
    } else if (need.is_needed) {
      finding.action = thing.marked ? Action::kUnmark : Action::kNone;
    } else {
      Decide(need, finding);
    }
    return finding;
  }

  Need NeedFor(const Thing& thing) const {
    if (!thing.unclear.empty()) {
      return {.is_unclear = true,
              .why = thing.unclear,
              .next = "put the tag right, or remove it by hand if nobody wants it"};
    }
    if (thing.expires) return NeedUntil(*thing.expires);
    const Claim& claim = thing.claim;
    if (claim.machine) return NeedOfMachine(claim);
    if (claim.run) return NeedOfRun(*claim.run);
    const auto& runs = evidence_.ledger.runs;
    const bool is_idle = std::all_of(runs.begin(), runs.end(),
                                     [](const RunEntry& run) { return IsOver(run.state); });
    if (!is_idle) return {.is_needed = true, .why = "it names no run, and not every run is over"};
    return {.why = "it names no run, and every run of the ledger is over"};
  }

  Need NeedUntil(Instant expires) const {
    if (evidence_.ledger.now < expires)
      return {.is_needed = true, .why = "kept until " + Day(expires)};
    return {.since = expires, .why = "expired on " + Day(expires)};
  }

  Need NeedOfMachine(const Claim& claim) const {
    const auto found = machines_.find(*claim.machine);
    if (found == machines_.end()) {
      return NeedOfUnknown(fmt::format("the ledger knows no machine {}", claim.machine->value));
    }
    const MachineEntry& machine = *found->second;
    const std::string who =
        fmt::format("machine {} of run {}", machine.id.value, machine.run.value);
    if (claim.run && *claim.run != machine.run) {
      return {.is_unclear = true,
              .why = fmt::format("it says run {}, and is {} in the ledger", claim.run->value, who)};
    }
    if (IsAlive(machine.state)) {
      return {.is_needed = true, .why = fmt::format("{} is {}", who, Name(machine.state))};
    }
    return {.since = machine.gone, .why = who + " is gone in the ledger"};
  }

  Need NeedOfRun(RunId id) const {
    const auto found = runs_.find(id);
    if (found == runs_.end()) {
      return NeedOfUnknown(fmt::format("the ledger knows no run {}", id.value));
    }
    const RunEntry& run = *found->second;
    const std::string why = fmt::format("run {} is {}", id.value, Name(run.state));
    return {.is_needed = !IsOver(run.state), .since = run.over, .why = why};
  }

  // All that is ours was written down before it was asked for (I6). So the ledger lost history, or
  // it is a copy, and the thing may be at work for the one that it is a copy of.
  Need NeedOfUnknown(std::string why) const {
    return {.is_unclear = !evidence_.reaps_unknown,
            .why = std::move(why),
            .next =
                "of a run of before this ledger was restored, or of one that this is a copy of: "
                "where no other copy is in use, `mayfly sweep --reap-unknown`"};
  }

  // What may be done about something of ours that no run needs.
  void Decide(const Need& need, Finding& finding) const {
    const Thing& thing = finding.thing;
    const bool is_young = thing.born && evidence_.ledger.now - *thing.born < evidence_.window;
    if (IsInUse(thing)) {
      finding.action = thing.marked ? Action::kUnmark : Action::kJudge;
      finding.next = fmt::format("{} uses it: detach it there, if it should go", thing.held_by);
    } else if (is_young) {
      finding.action = Action::kWait;
      finding.next = "younger than the consistency window: seen to later";
    } else if (thing.kind == ThingKind::kDatabaseFloor) {
      RestoreIfAsRaised(need, finding);
    } else if (thing.expires) {
      finding.action = thing.held_by.empty() ? Action::kRemove : Action::kWait;
      finding.next = "its own tag says that it may go: `mayfly sweep --reap`";
    } else if (!CanBeMarked(thing.kind)) {
      WhenSettled(need, Action::kRemove, finding);
    } else {
      ByMark(finding);
    }
  }

  // What somebody else has set since is theirs.
  void RestoreIfAsRaised(const Need& need, Finding& finding) const {
    const Thing& thing = finding.thing;
    const bool is_as_raised = thing.raised && thing.floor == thing.raised;
    if (is_as_raised || thing.floor == thing.restore) {
      return WhenSettled(need, Action::kRestore, finding);
    }
    finding.action = Action::kJudge;
    finding.why +=
        thing.raised ? fmt::format("; it was raised to {} ACU, and somebody else has set it since",
                                   *thing.raised)
                     : std::string("; its tags do not say what it was raised to");
    finding.next = "set it to what it should be, and take the tags mayfly:… off the cluster";
  }

  // Two phases, the first of which is in the ledger.
  void WhenSettled(const Need& need, Action action, Finding& finding) const {
    std::optional<Instant> since = need.since;
    if (finding.thing.born && (!since || *since < *finding.thing.born)) since = finding.thing.born;
    finding.action = action;
    finding.next = "`mayfly sweep --reap`";
    if (!since) {
      finding.action = Action::kJudge;
      finding.next = "nothing says since when; look at it, and put it right by hand";
    } else if (!finding.thing.held_by.empty()) {
      finding.action = Action::kWait;
    } else if (evidence_.ledger.now - *since < evidence_.window) {
      finding.action = Action::kWait;
      finding.next = "not needed for less than the consistency window: seen to later";
    }
  }

  void ByMark(Finding& finding) const {
    const std::optional<Instant>& marked = finding.thing.marked;
    const bool is_marked = marked && *marked <= evidence_.ledger.now;
    finding.next = "`mayfly sweep --reap`";
    if (!is_marked) {
      finding.action = Action::kMark;
    } else if (evidence_.ledger.now - *marked < evidence_.window ||
               !finding.thing.held_by.empty()) {
      finding.action = Action::kWait;
    } else {
      finding.action = Action::kRemove;
    }
  }

  // Held by something that is not itself about to go. A group is held by an interface, and that by
  // an instance: no chain is longer.
  bool IsInUse(const Thing& thing, int links = 3) const {
    if (thing.held_by.empty()) return false;
    const auto holder = things_.find({thing.place, thing.held_by});
    if (holder == things_.end() || links == 0) return true;
    const Thing& by = *holder->second;
    if (by.claim.ledger != evidence_.ledger.identity) return true;
    const Need need = NeedFor(by);
    return need.is_needed || need.is_unclear || IsInUse(by, links - 1);
  }

  std::optional<Finding> Nobodys(const Thing& thing) const {
    std::string why;
    const bool is_free = thing.held_by.empty();
    const bool is_old = thing.born && evidence_.ledger.now - *thing.born >= kOldSnapshot;
    if (thing.kind == ThingKind::kVolume && is_free) why = "attached to nothing";
    if (thing.kind == ThingKind::kAddress && is_free) why = "associated with nothing";
    if (thing.kind == ThingKind::kSnapshot && is_free && is_old) {
      why = fmt::format("taken on {}, and no image is made of it", Day(*thing.born));
    }
    if (thing.kind == ThingKind::kInstance && thing.is_stopped) why = "stopped; its disks bill on";
    if (thing.kind == ThingKind::kUpload) why = "begun and never finished; its parts bill";
    if (why.empty()) return std::nullopt;
    return Finding{thing, Whose::kNobodys,
                   false, Action::kJudge,
                   why,   "not mayfly's: remove it yourself if nobody wants it"};
  }

  const Evidence& evidence_;
  std::map<RunId, const RunEntry*> runs_;
  std::map<MachineId, const MachineEntry*> machines_;
  std::map<std::pair<std::string, std::string>, const Thing*> things_;
};

// Is it seen by its tags? An id in the ledger is not enough: it may name somebody else's instance.
bool IsSeen(const MachineEntry& machine, const Evidence& evidence) {
  return std::any_of(evidence.things.begin(), evidence.things.end(), [&](const Thing& thing) {
    const bool is_machine =
        thing.kind == ThingKind::kInstance || thing.kind == ThingKind::kMachineFolder;
    return is_machine && thing.claim.ledger == evidence.ledger.identity &&
           thing.claim.machine == machine.id;
  });
}

bool AllAnswered(const MachineEntry& machine, const std::vector<std::string>& places) {
  return !machine.regions.empty() &&
         std::all_of(machine.regions.begin(), machine.regions.end(), [&](const std::string& one) {
           return std::find(places.begin(), places.end(), one) != places.end();
         });
}

std::string WhyMissing(const MachineEntry& machine, const Evidence& evidence) {
  const bool is_local = machine.regions == std::set<std::string>{std::string(kHere)};
  std::string why = fmt::format(
      "machine {} of run {} is {} in the ledger and nowhere {}", machine.id.value,
      machine.run.value, Name(machine.state),
      is_local ? "on this computer, where it was started unless another one did" : "in the cloud");
  for (const Thing& thing : evidence.things) {
    const bool is_it = thing.kind == ThingKind::kInstance && thing.id == machine.external_id;
    if (!is_it) continue;
    why += fmt::format("; {}, which the ledger calls it by, is {} instance", thing.id,
                       thing.claim.ledger.empty() ? "somebody's" : "another ledger's or machine's");
  }
  return why;
}

}  // namespace

std::string_view Name(Whose whose) {
  switch (whose) {
    case Whose::kOurs:
      return "ours";
    case Whose::kAnotherLedgers:
      return "another ledger's";
    case Whose::kNobodys:
      return "nobody's";
  }
  return "";
}

std::string_view Name(Action action) {
  switch (action) {
    case Action::kNone:
      return "none";
    case Action::kJudge:
      return "judge";
    case Action::kWait:
      return "wait";
    case Action::kMark:
      return "mark";
    case Action::kUnmark:
      return "unmark";
    case Action::kRemove:
      return "remove";
    case Action::kRestore:
      return "restore";
  }
  return "";
}

std::vector<Finding> JudgeThings(const Evidence& evidence) {
  const Judge judge(evidence);
  std::vector<Finding> findings;
  for (const Thing& thing : evidence.things) {
    if (std::optional<Finding> finding = judge.Look(thing)) findings.push_back(*std::move(finding));
  }
  return findings;
}

std::vector<Missing> FindMissing(const Evidence& evidence) {
  std::vector<Missing> missing;
  for (const MachineEntry& machine : evidence.ledger.machines) {
    const bool is_young = evidence.ledger.now - machine.intended < evidence.window;
    const bool is_heard = machine.heartbeat && evidence.ledger.now - *machine.heartbeat <
                                                   std::max<Duration>(evidence.window, minutes(1));
    if (!IsAlive(machine.state) || is_young || is_heard || IsSeen(machine, evidence)) continue;
    if (!AllAnswered(machine, evidence.places)) continue;
    missing.push_back(
        {machine.id, machine.run, machine.state, WhyMissing(machine, evidence),
         fmt::format("`mayfly run` with its phase file, or `mayfly stop {}`, puts the ledger right",
                     machine.run.value)});
  }
  return missing;
}

}  // namespace mayfly::sweep
