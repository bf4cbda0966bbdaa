#include "cli/hold_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/render.h"
#include "cost/cap.h"

namespace mayfly::cli {
namespace {

using nlohmann::ordered_json;

bool IsHeld(const MachineView& machine) {
  return machine.state == MachineState::kHeld && machine.countdown;
}

Duration LeftOf(const MachineView& machine) {
  return std::max(machine.countdown->left, Duration(0));
}

Rate HourlyOf(const MachineView& machine, const RunSnapshot& snapshot) {
  return cost::HighestRate(machine.money.offer, snapshot.prices);
}

// What the rest of the countdown comes to; absent: beyond counting.
std::optional<Money> MostOf(const MachineView& machine, const RunSnapshot& snapshot) {
  Result<Money> most = Charge(HourlyOf(machine, snapshot), ForTime(LeftOf(machine)));
  return most.ok() ? std::optional(*most) : std::nullopt;
}

}  // namespace

std::string HoldInALine(const MachineView& machine, const RunSnapshot& snapshot,
                        const std::optional<Money>& left) {
  if (!IsHeld(machine)) return "";
  std::optional<Money> most = MostOf(machine, snapshot);
  std::string text = fmt::format("machine {} is held until {} UTC ({}), at {}: at most {}",
                                 machine.id.value, ShowTimeOfDay(machine.countdown->until),
                                 HumanDuration(std::chrono::floor<seconds>(LeftOf(machine))),
                                 FormatRate(HourlyOf(machine, snapshot)),
                                 most ? FormatMoney(*most) : "more than can be counted");
  if (left) text += fmt::format(" of the {} left", FormatMoney(std::max(*left, Money{})));
  return text;
}

std::string WishInALine(const RunSnapshot& snapshot) {
  if (!snapshot.hold || IsOver(snapshot.run.state)) return "";
  const HoldView& hold = *snapshot.hold;
  std::string what = hold.wish.machine ? fmt::format("machine {}", hold.wish.machine->value)
                                       : std::string("a machine");
  return fmt::format("{} for {}, {} by {}{}", what, HumanDuration(hold.wish.length),
                     hold.state == HoldState::kAsked ? "asked" : "promised, as asked",
                     hold.wish.who, hold.note.empty() ? "" : ": " + WithoutControls(hold.note));
}

ordered_json JsonOfHold(const MachineView& machine, const RunSnapshot& snapshot) {
  if (!IsHeld(machine)) return nullptr;
  std::optional<Money> most = MostOf(machine, snapshot);
  return {{"until", JsonInstant(machine.countdown->until)},
          {"left_s", Seconds(LeftOf(machine))},
          {"hourly_micro_usd", HourlyOf(machine, snapshot).micro_usd},
          {"most_micro_usd", most ? ordered_json(most->micro_usd) : ordered_json(nullptr)}};
}

ordered_json JsonOfWish(const RunSnapshot& snapshot) {
  if (!snapshot.hold) return nullptr;
  const HoldView& hold = *snapshot.hold;
  const auto& machine = hold.wish.machine;
  return {{"id", hold.id.value},
          {"state", Name(hold.state)},
          {"machine", machine ? ordered_json(machine->value) : ordered_json(nullptr)},
          {"length_s", Seconds(hold.wish.length)},
          {"who", hold.wish.who},
          {"note", hold.note}};
}

}  // namespace mayfly::cli
