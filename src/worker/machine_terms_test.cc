#include "worker/machine_terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kGib = std::int64_t{1} << 30;

MachinesSpec Rented() {
  MachinesSpec spec;
  spec.provider = "ec2";
  return spec;
}

MachineReading Big() { return {.cores = 8, .memory_bytes = 17 * kGib}; }

TEST(MachineTerms, NoNumberOfSlotsMeansOnePerCore) {
  EXPECT_EQ(SettleTerms(Rented(), {.slots = 0}, Big(), "/").slots, 8);
  EXPECT_EQ(SettleTerms(Rented(), {.slots = 3}, Big(), "/").slots, 3);
  EXPECT_EQ(SettleTerms({}, {.slots = 0}, {.cores = 0.5}, "/").slots, 1);
}

TEST(MachineTerms, OnARentedMachineSlotsShareAllMemoryButAReserve) {
  MachineTerms terms = SettleTerms(Rented(), {.slots = 4}, Big(), "/");
  EXPECT_EQ(terms.slot_memory_bytes, 4 * kGib);
  EXPECT_THAT(terms.notes, ElementsAre(HasSubstr("4 slots, each of at most 4.0 GiB")));
}

TEST(MachineTerms, MemoryThatIsStatedStays) {
  WorkerBrief brief{.slots = 4, .slot_memory_bytes = 2 * kGib};
  EXPECT_EQ(SettleTerms(Rented(), brief, Big(), "/").slot_memory_bytes, 2 * kGib);
  EXPECT_THAT(SettleTerms(Rented(), brief, Big(), "/").notes, IsEmpty());
}

TEST(MachineTerms, ASmallMachineGivesASlotEnoughToStart) {
  MachineReading tiny{.cores = 2, .memory_bytes = kGib / 2};
  EXPECT_EQ(SettleTerms(Rented(), {.slots = 2}, tiny, "/").slot_memory_bytes, kGib / 16);
}

TEST(MachineTerms, AMachineThatDoesNotTellItsMemoryGivesNoLimit) {
  EXPECT_EQ(SettleTerms(Rented(), {.slots = 2}, {.cores = 2}, "/").slot_memory_bytes, std::nullopt);
}

TEST(MachineTerms, ALocalMachineHasNoLimitAndRunsNoSetupAndSaysSo) {
  MachinesSpec spec;
  spec.setup.commands = {"true"};
  MachineTerms terms = SettleTerms(spec, {.slots = 2}, Big(), "/");
  EXPECT_EQ(terms.slot_memory_bytes, std::nullopt);
  EXPECT_THAT(terms.setup.steps, IsEmpty());
  EXPECT_THAT(terms.notes, ElementsAre(HasSubstr("machines.setup is not run")));
  EXPECT_THAT(SettleTerms({}, {.slots = 2}, Big(), "/").notes, IsEmpty());
}

}  // namespace
}  // namespace mayfly
