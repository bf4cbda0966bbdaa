#include "sched/hold.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::sched {
namespace {

bool IsStopping(const RunSnapshot& s) {
  return s.run.stop_wish == StopWish::kCancel && MayStep(s.run.state, RunState::kCancelled);
}

bool IsEnded(const std::vector<Action>& actions, std::size_t from, std::size_t to, MachineId id) {
  return std::any_of(actions.begin() + static_cast<std::ptrdiff_t>(from),
                     actions.begin() + static_cast<std::ptrdiff_t>(to), [&](const Action& action) {
                       const auto* end = std::get_if<End>(&action);
                       const auto* drain = std::get_if<Drain>(&action);
                       return (end != nullptr && end->machine == id) ||
                              (drain != nullptr && drain->machine == id);
                     });
}

bool Rests(const std::vector<Action>& actions, std::size_t from) {
  return std::any_of(
      actions.begin() + static_cast<std::ptrdiff_t>(from), actions.end(), [](const Action& action) {
        const auto* move = std::get_if<MoveRun>(&action);
        return move != nullptr && (move->to == RunState::kFailed || move->to == RunState::kPaused);
      });
}

bool IsAtRest(RunState state) {
  return state == RunState::kPaused || state == RunState::kFailed || state == RunState::kFinishing;
}

// The named one; else one that is held, so that its countdown changes; else the newest that works.
const MachineView* Pick(const RunSnapshot& s, const HoldWish& wish,
                        const std::vector<Action>& actions, std::size_t decided) {
  const MachineView* picked = nullptr;
  for (const MachineView& m : s.machines) {
    if (!CanBeHeld(m) || IsEnded(actions, 0, decided, m.id)) continue;
    if (wish.machine && m.id != *wish.machine) continue;
    bool was_held = picked != nullptr && picked->state == MachineState::kHeld;
    if (!was_held || m.state == MachineState::kHeld) picked = &m;
  }
  return picked;
}

struct Terms {
  Duration longest{};
  Rate hourly;
  bool by_cap = false;  // the cap says how long
};

Terms TermsFor(const MachineView& m, const RunSnapshot& s, const Known& known,
               const Policy& policy) {
  Terms terms{.longest = m.deadline_in - policy.reserve, .hourly = {}};
  auto money = known.money.holds.find(m.id);
  if (money == known.money.holds.end()) return terms;
  terms.hourly = money->second.hourly;
  // I11: its deadline is what the cap pays for, wherever that is less than the run's; the two are
  // read a moment apart.
  bool is_earlier = m.deadline_in + seconds(1) < s.run.deadline_in;
  terms.by_cap = money->second.longest && is_earlier;
  if (money->second.longest && *money->second.longest < terms.longest) {
    terms.longest = *money->second.longest;
    terms.by_cap = true;
  }
  return terms;
}

std::string PriceOf(Duration length, Rate hourly) {
  Result<Money> most = Charge(hourly, ForTime(length));
  if (!most.ok()) return "at a price beyond counting";
  return fmt::format("at up to {}: at most {}", FormatRate(hourly), FormatMoney(*most));
}

std::string TooLong(const MachineView& m, Duration wished, const Terms& terms) {
  Duration longest = std::max(terms.longest, Duration(0));
  std::string most = HumanDuration(std::chrono::floor<seconds>(longest));
  return fmt::format(
      "a hold of machine {} for {} would cost {}; {} {}", m.id.value, HumanDuration(wished),
      PriceOf(wished, terms.hourly),
      terms.by_cap ? "the cap pays for no more than" : "it ends at its deadline, which is in",
      most);
}

// A named machine that will never be held, and why.
std::optional<std::string> WhyNever(const RunSnapshot& s, const HoldWish& wish) {
  if (!wish.machine) return std::nullopt;
  auto found = std::ranges::find(s.machines, *wish.machine, &MachineView::id);
  if (found == s.machines.end()) {
    return fmt::format("run {} has no machine {}", s.run.id.value, wish.machine->value);
  }
  bool may_work = found->state == MachineState::kIntended || found->state == MachineState::kBooting;
  if (CanBeHeld(*found) || may_work) return std::nullopt;
  return fmt::format("machine {} is {}{}", found->id.value, Name(found->state),
                     found->noticed ? " and about to be taken away" : "");
}

AnswerHold Refuse(const HoldView& hold, const std::string& why) {
  return {hold.id, HoldState::kRefused, why};
}

// The answer to a wish whose machine is not there, or not yet.
std::optional<Action> AnswerWithout(const RunSnapshot& s, bool is_over) {
  const HoldView& hold = *s.hold;
  if (std::optional<std::string> why = WhyNever(s, hold.wish)) return Refuse(hold, *why);
  if (hold.state != HoldState::kAsked) return std::nullopt;
  if (is_over) {
    return Refuse(hold, fmt::format("run {} is {} and no machine of it works any more",
                                    s.run.id.value, Name(s.run.state)));
  }
  return AnswerHold{hold.id, HoldState::kPromised,
                    "a machine, when one works and its work is over"};
}

std::optional<Action> Answer(const RunSnapshot& s, const MachineView& m, const Terms& terms,
                             bool is_over) {
  const HoldView& hold = *s.hold;
  bool is_new = hold.state == HoldState::kAsked;
  bool is_too_long = hold.wish.length > terms.longest;
  if (is_too_long && (is_new || (is_over && terms.longest <= Duration(0)))) {
    return Refuse(hold, TooLong(m, hold.wish.length, terms));
  }
  Duration length = std::min(hold.wish.length, terms.longest);
  std::string price = PriceOf(length, terms.hourly);
  if (is_over) {
    return Hold{m.id, hold.id, length,
                fmt::format("held for {} as {} asked, {}{}", HumanDuration(length), hold.wish.who,
                            price, is_too_long ? "; less than asked for, by its deadline" : "")};
  }
  if (!is_new) return std::nullopt;
  return AnswerHold{hold.id, HoldState::kPromised,
                    fmt::format("machine {} for {} when its work is over, {}", m.id.value,
                                HumanDuration(length), price)};
}

}  // namespace

bool CanBeHeld(const MachineView& m) {
  bool works = m.state == MachineState::kWorking && !m.ordered_to_drain && !m.noticed;
  return works || m.state == MachineState::kHeld;
}

bool KeepsHeld(const RunSnapshot& s, const Policy& policy) {
  return policy.keeps_machines && !IsOver(s.run.state) && !IsStopping(s);
}

bool HasWorkers(const RunSnapshot& s) {
  return std::ranges::any_of(s.machines, [](const MachineView& m) {
    return IsAlive(m.state) && m.state != MachineState::kHeld;
  });
}

std::optional<std::string> ReasonToEndHold(const MachineView& m) {
  if (m.state != MachineState::kHeld) return std::nullopt;
  if (m.countdown && m.countdown->left > Duration(0)) return std::nullopt;
  return "its hold is over";
}

void KeepWhatIsWished(const RunSnapshot& s, const Known& known, const Policy& policy,
                      std::size_t decided, std::vector<Action>& actions) {
  if (!s.hold || !KeepsHeld(s, policy)) return;
  const MachineView* m = Pick(s, s.hold->wish, actions, decided);
  bool rests = IsAtRest(s.run.state) || Rests(actions, decided);
  std::optional<Action> answer;
  if (m == nullptr) {
    answer = AnswerWithout(s, rests && !HasWorkers(s));
  } else {
    bool is_over = rests || m->state == MachineState::kHeld ||
                   IsEnded(actions, decided, actions.size(), m->id);
    answer = Answer(s, *m, TermsFor(*m, s, known, policy), is_over);
  }
  if (!answer) return;
  auto at = actions.begin() + static_cast<std::ptrdiff_t>(decided);
  if (std::holds_alternative<Hold>(*answer)) {
    auto ends_it = [&](const Action& action) { return IsEnded({action}, 0, 1, m->id); };
    actions.erase(std::remove_if(at, actions.end(), ends_it), actions.end());
    at = actions.begin() + static_cast<std::ptrdiff_t>(decided);
  }
  actions.insert(at, std::move(*answer));
}

}  // namespace mayfly::sched
