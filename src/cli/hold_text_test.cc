#include "cli/hold_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/status_text.h"

namespace mayfly::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

RunSnapshot Held(MachineState state = MachineState::kHeld) {
  RunSnapshot s;
  s.run = {.id = RunId{7}, .phase = "p", .state = RunState::kFailed};
  MachineView machine{.id = MachineId{3}, .state = state};
  machine.countdown = Countdown{MakeInstant(2025, 7, 1, hours(4) + minutes(10)), minutes(30)};
  machine.money.offer.price = Rate{300'000};
  machine.money.offer.highest = Rate{510'000};
  s.machines.push_back(machine);
  return s;
}

TEST(HoldText, TellsUntilWhenAndWhatItCostsAtMostOfWhatIsLeft) {
  RunSnapshot s = Held();
  std::string line = HoldInALine(s.machines[0], s, Money{2'100'000});
  EXPECT_THAT(line, HasSubstr("machine 3 is held until 04:10:00"));
  EXPECT_THAT(line, HasSubstr("at 0.51 USD/h: at most 0.26 USD of the 2.10 USD left"));
  EXPECT_THAT(HoldInALine(s.machines[0], s, std::nullopt), Not(HasSubstr("left")));
}

TEST(HoldText, AMachineThatIsNotHeldAnyMoreHasNone) {
  RunSnapshot s = Held(MachineState::kGone);
  EXPECT_EQ(HoldInALine(s.machines[0], s, std::nullopt), "");
  EXPECT_TRUE(JsonOfHold(s.machines[0], s).is_null());
}

TEST(HoldText, StatusHasItForPeopleAndPrograms) {
  RunSnapshot s = Held();
  s.hold = HoldView{.id = HoldId{4}, .state = HoldState::kPromised, .wish = {{}, hours(1), "ann"}};
  EXPECT_THAT(RenderStatus(s, Paint(false)), HasSubstr("machine 3 is held until"));
  EXPECT_THAT(RenderStatus(s, Paint(false)), HasSubstr("promised, as asked by ann"));
  auto json = nlohmann::json::parse(StatusToJson(s));
  EXPECT_EQ(json["machines"][0]["hold"]["most_micro_usd"], 255'000);
  EXPECT_EQ(json["machines"][0]["hold"]["left_s"], 1800);
  EXPECT_EQ(json["hold"]["length_s"], 3600);
}

}  // namespace
}  // namespace mayfly::cli
