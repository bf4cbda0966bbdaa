#include "sim/ec2/life.h"

#include <gmock/gmock.h>

#include "sim/ec2/bill.h"
#include "sim/ec2/cloud_testing.h"
#include "sim/ec2/fleet.h"
#include "sim/ec2/storage.h"

namespace mayfly::ec2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using What = Effect::What;

std::vector<What> TakeWhats(Cloud& cloud) {
  std::vector<What> whats;
  for (const Effect& effect : TakeEffects(cloud)) whats.push_back(effect.what);
  return whats;
}

TEST(Life, BootsRunsShutsDownAndIsGone) {
  Cloud cloud = MakeCloud();
  Instance& one = Launch(cloud, Ask("t"));
  EXPECT_EQ(one.state, InstanceState::kPending);
  AdvanceTo(cloud, At(seconds(2)));
  EXPECT_EQ(one.state, InstanceState::kRunning);
  EXPECT_THAT(TakeWhats(cloud), ElementsAre(What::kBoot));
  ASSERT_TRUE(TerminateInstances(cloud, {one.id}).ok());
  EXPECT_EQ(one.state, InstanceState::kShuttingDown);
  AdvanceTo(cloud, At(seconds(3)));
  EXPECT_EQ(one.state, InstanceState::kTerminated);
  EXPECT_EQ(one.reason.code, "Client.UserInitiatedShutdown");
  EXPECT_THAT(TakeWhats(cloud), ElementsAre(What::kShutDown, What::kKill));
  EXPECT_FALSE(NextChange(cloud).has_value());
}

TEST(Life, TerminatingTwiceIsHarmlessAndOneWrongIdRefusesAll) {
  Cloud cloud = MakeCloud();
  Instance& one = Launch(cloud, Ask("t"));
  const auto refused = TerminateInstances(cloud, {one.id, "i-00000000000000000"});
  EXPECT_EQ(refused.error().code, "InvalidInstanceID.NotFound");
  EXPECT_EQ(one.state, InstanceState::kPending);
  ASSERT_TRUE(TerminateInstances(cloud, {one.id}).ok());
  AdvanceTo(cloud, At(minutes(1)));
  const auto again = TerminateInstances(cloud, {one.id});
  EXPECT_EQ(again->front().after, InstanceState::kTerminated);
  AdvanceTo(cloud, At(hours(2)));
  EXPECT_EQ(TerminateInstances(cloud, {one.id}).error().code, "InvalidInstanceID.NotFound")
      << "after an hour a terminated instance is no longer shown";
}

TEST(Life, AcceptedAndDeadInPending) {
  Cloud cloud = MakeCloud();
  cloud.weather.deaths.push_back({.code = "Client.VolumeLimitExceeded"});
  Instance& one = Launch(cloud, Ask("t"));
  AdvanceTo(cloud, At(minutes(1)));
  EXPECT_EQ(one.state, InstanceState::kTerminated);
  EXPECT_EQ(one.reason.code, "Client.VolumeLimitExceeded");
  EXPECT_THAT(one.ran, IsEmpty());
}

TEST(Life, IdsAndTagsComeLate) {
  Cloud cloud = MakeCloud();
  cloud.weather.delays.describe_lag = seconds(10);
  cloud.weather.delays.tag_lag = seconds(20);
  const std::string id = Launch(cloud, Ask("t")).id;
  EXPECT_FALSE(FindVisible(cloud, id).ok());
  AdvanceTo(cloud, At(seconds(10)));
  EXPECT_TRUE(FindVisible(cloud, id).ok());
  EXPECT_FALSE(AreTagsVisible(cloud, At({})));
  AdvanceTo(cloud, At(seconds(20)));
  EXPECT_TRUE(AreTagsVisible(cloud, At({})));
}

TEST(Life, AShutdownFromWithinDoesAsTheInstanceWasTold) {
  Cloud cloud = MakeCloud();
  Instance& ends = Launch(cloud, Ask("a"));
  RunRequest request = Ask("b", "c7i.large", Market::kOnDemand);
  request.machine.on_shutdown = OnShutdown::kStop;
  Instance& stops = Launch(cloud, request);
  AdvanceTo(cloud, At(seconds(10)));
  ShutDownFromWithin(cloud, ends.id);
  ShutDownFromWithin(cloud, stops.id);
  AdvanceTo(cloud, At(seconds(20)));
  EXPECT_EQ(ends.state, InstanceState::kTerminated);
  EXPECT_EQ(ends.reason.code, "Client.InstanceInitiatedShutdown");
  EXPECT_EQ(stops.state, InstanceState::kStopped);
}

TEST(Life, StopsChangesItsTypeAndStartsWithoutUserData) {
  Cloud cloud = MakeCloud();
  Instance& one = Launch(cloud, Ask("t", "t3.2xlarge", Market::kOnDemand));
  EXPECT_EQ(StartInstances(cloud, {one.id}).error().code, "IncorrectInstanceState");
  AdvanceTo(cloud, At(seconds(10)));
  EXPECT_EQ(ChangeType(cloud, one.id, "t3.small").error().code, "IncorrectInstanceState");
  ASSERT_TRUE(StopInstances(cloud, {one.id}).ok());
  AdvanceTo(cloud, At(seconds(20)));
  ASSERT_TRUE(ChangeType(cloud, one.id, "t3.small").ok());
  TakeEffects(cloud);
  ASSERT_TRUE(StartInstances(cloud, {one.id}).ok());
  AdvanceTo(cloud, At(seconds(30)));
  const std::vector<Effect> effects = TakeEffects(cloud);
  ASSERT_THAT(effects, SizeIs(1));
  EXPECT_FALSE(effects[0].is_first_boot);
}

TEST(Reclaim, TellsThenTakes) {
  Cloud cloud = MakeCloud();
  cloud.weather.reclaims.push_back(
      {.after = minutes(10), .notice = seconds(120), .recommended = minutes(4)});
  Instance& one = Launch(cloud, Ask("t"));
  AdvanceTo(cloud, At(seconds(2)));
  ASSERT_TRUE(one.taking.has_value());
  EXPECT_EQ(one.taking->recommends_at, At(seconds(2) + minutes(6)));
  EXPECT_EQ(one.taking->tells_at, At(seconds(2) + minutes(10)));
  AdvanceTo(cloud, At(seconds(1) + minutes(12)));
  EXPECT_EQ(one.state, InstanceState::kRunning);
  AdvanceTo(cloud, At(seconds(3) + minutes(12)));
  EXPECT_EQ(one.state, InstanceState::kTerminated);
  EXPECT_EQ(one.reason.code, "Server.SpotInstanceTermination");
  EXPECT_EQ(cloud.spot_requests.at(one.request).status, "instance-terminated-no-capacity");
}

TEST(Reclaim, TakesTheNthWithoutAWord) {
  Cloud cloud = MakeCloud();
  cloud.weather.reclaims.push_back({.nth = 2, .after = minutes(1), .notice = std::nullopt});
  Instance& first = Launch(cloud, Ask("a"));
  Instance& second = Launch(cloud, Ask("b"));
  AdvanceTo(cloud, At(seconds(30)));
  EXPECT_FALSE(second.taking->tells_at.has_value());
  AdvanceTo(cloud, At(minutes(2)));
  EXPECT_EQ(first.state, InstanceState::kRunning);
  EXPECT_EQ(second.state, InstanceState::kTerminated);
}

TEST(Leftovers, LingerAndGo) {
  Cloud cloud = MakeCloud();
  cloud.weather.delays.volume_lingers = minutes(2);
  cloud.weather.delays.interface_lingers = minutes(3);
  Instance& one = Launch(cloud, Ask("t"));
  AdvanceTo(cloud, At(seconds(2)));
  ASSERT_TRUE(TerminateInstances(cloud, {one.id}).ok());
  AdvanceTo(cloud, At(minutes(2)));
  EXPECT_FALSE(cloud.volumes.at(one.volumes[0]).deleted.has_value());
  AdvanceTo(cloud, At(minutes(2) + seconds(3)));
  EXPECT_EQ(cloud.volumes.at(one.volumes[0]).deleted, At(seconds(3) + minutes(2)));
  EXPECT_FALSE(cloud.interfaces.at(one.interface).deleted.has_value());
  AdvanceTo(cloud, At(minutes(4)));
  EXPECT_TRUE(cloud.interfaces.at(one.interface).deleted.has_value());
}

TEST(Leftovers, AVolumeThatShallStayStaysAndBills) {
  Cloud cloud = MakeCloud();
  RunRequest request = Ask("t");
  request.machine.disks = {{.delete_on_termination = false}};
  Instance& one = Launch(cloud, request);
  ASSERT_TRUE(TerminateInstances(cloud, {one.id}).ok());
  EXPECT_EQ(DeleteVolume(cloud, one.volumes[0]).error().code, "VolumeInUse");
  AdvanceTo(cloud, At(hours(1)));
  EXPECT_FALSE(cloud.volumes.at(one.volumes[0]).deleted.has_value());
  EXPECT_TRUE(DeleteVolume(cloud, one.volumes[0]).ok());
}

TEST(Snapshot, TakesAWhileAndIsRefusedWithin15Seconds) {
  Cloud cloud = MakeCloud();
  const std::string volume = Launch(cloud, Ask("t")).volumes[0];
  ASSERT_TRUE(CreateSnapshot(cloud, {.volume = volume}).ok());
  EXPECT_EQ(CreateSnapshot(cloud, {.volume = volume}).error().code,
            "SnapshotCreationPerVolumeRateExceeded");
  AdvanceTo(cloud, At(seconds(15)));
  EXPECT_TRUE(CreateSnapshot(cloud, {.volume = volume}).ok());
  EXPECT_EQ(cloud.snapshots.begin()->second.completes_at, At(seconds(3)));
}

TEST(Schedule, TerminatesOnceAtItsTime) {
  Cloud cloud = MakeCloud();
  Instance& one = Launch(cloud, Ask("t"));
  Schedule schedule{.name = "end", .at = At(hours(1)), .instances = {one.id, "i-0"}};
  ASSERT_TRUE(PutSchedule(cloud, schedule, /*replaces=*/false).ok());
  EXPECT_EQ(PutSchedule(cloud, schedule, /*replaces=*/false).error().code, "ConflictException");
  AdvanceTo(cloud, At(minutes(59)));
  EXPECT_EQ(one.state, InstanceState::kRunning);
  AdvanceTo(cloud, At(minutes(61)));
  EXPECT_EQ(one.state, InstanceState::kTerminated);
  EXPECT_EQ(one.ended, At(hours(1) + seconds(1)));
}

FleetRequest AskFleet(Cloud& cloud, std::vector<FleetOverride> overrides) {
  MachineRequest data = Ask("").machine;
  data.market = Market::kOnDemand;
  const std::string id = CreateLaunchTemplate(cloud, {.name = "worker", .data = data})->id;
  return {.from = {.id = id, .version = "$Latest"},
          .overrides = std::move(overrides),
          .spot_strategy = "price-capacity-optimized",
          .default_market = Market::kSpot};
}

TEST(Fleet, AnswersInstancesAndErrorsTogether) {
  Cloud cloud = MakeCloud();
  cloud.weather.capacity.push_back({.pool = {.type = "c6i.large"}});
  const FleetRequest request =
      AskFleet(cloud, {{.type = "c7i.large"}, {.type = "c6i.large"}, {.type = "c9.nope"}});
  const Fleet& fleet = **CreateFleet(cloud, request, "f");
  ASSERT_THAT(fleet.instances, SizeIs(1));
  EXPECT_EQ(cloud.instances.at(fleet.instances[0]).asked.type, "c7i.large");
  ASSERT_THAT(fleet.errors, SizeIs(2));
  EXPECT_EQ(fleet.errors[0].why.code, "InvalidParameterValue");
  EXPECT_EQ(fleet.errors[1].why.code, "InsufficientInstanceCapacity");
  EXPECT_EQ((*CreateFleet(cloud, request, "f"))->id, fleet.id) << "the same token, the same fleet";
  FleetRequest other = request;
  other.target = 2;
  EXPECT_EQ(CreateFleet(cloud, other, "f").error().code, "IdempotentParameterMismatch");
}

TEST(Fleet, WithoutCapacityIsAnAnswerToo) {
  Cloud cloud = MakeCloud();
  cloud.weather.capacity.push_back({});
  const FleetRequest request = AskFleet(cloud, {{.type = "c7i.large"}, {.type = "c6i.large"}});
  const Fleet& fleet = **CreateFleet(cloud, request, "f");
  EXPECT_THAT(fleet.instances, IsEmpty());
  ASSERT_THAT(fleet.errors, SizeIs(3));
  EXPECT_EQ(fleet.errors[2].why.code, "UnfulfillableCapacity");
}

TEST(Fleet, BelowItsMinimumHasNothing) {
  Cloud cloud = MakeCloud();
  cloud.weather.capacity.push_back({.left = 1});
  FleetRequest request = AskFleet(cloud, {{.type = "c7i.large"}});
  request.target = request.min_target = 2;
  EXPECT_EQ(CreateFleet(cloud, request, "f").error().code, "InvalidParameterCombination");
  request.single_type = true;
  EXPECT_THAT((*CreateFleet(cloud, request, "f"))->instances, IsEmpty());
}

TEST(Fleet, DeletedTakesItsInstancesAlong) {
  Cloud cloud = MakeCloud();
  const Fleet fleet = **CreateFleet(cloud, AskFleet(cloud, {{.type = "c7i.large"}}), "f");
  EXPECT_EQ(DeleteFleets(cloud, {fleet.id}, false).error().code, "InvalidParameterValue");
  const auto deleted = DeleteFleets(cloud, {fleet.id, "fleet-0"}, true);
  EXPECT_TRUE((*deleted)[0].was_known);
  EXPECT_FALSE((*deleted)[1].was_known);
  AdvanceTo(cloud, At(minutes(1)));
  EXPECT_EQ(cloud.instances.at(fleet.instances[0]).state, InstanceState::kTerminated);
}

// --- the bill, against figures computed by hand
// ----------------------------------------------------

std::int64_t Compute(const Cloud& cloud) {
  for (const BillLine& line : MakeBill(cloud).lines) {
    if (line.item == "compute") return line.micro_usd;
  }
  return -1;
}

// Runs from second 2 on; ended after so long of running.
Cloud AfterRunning(Duration span, Market market) {
  Cloud cloud = MakeCloud();
  cloud.weather.prices.push_back({"c7i.8xlarge", "*", At(-hours(1)), 360'000});
  const std::string id = Launch(cloud, Ask("t", "c7i.8xlarge", market)).id;
  AdvanceTo(cloud, At(seconds(2) + span));
  (void)TerminateInstances(cloud, {id});
  AdvanceTo(cloud, At(hours(100)));
  return cloud;
}

TEST(Bill, IsPerSecondBegunAndAtLeastAMinute) {
  EXPECT_EQ(Compute(AfterRunning(hours(1), Market::kOnDemand)), 1'428'000);
  EXPECT_EQ(Compute(AfterRunning(seconds(100), Market::kOnDemand)), 39'667);  // 1.428 × 100 / 3600
  EXPECT_EQ(Compute(AfterRunning(milliseconds(99'001), Market::kOnDemand)), 39'667);
  EXPECT_EQ(Compute(AfterRunning(seconds(1), Market::kOnDemand)), 23'800);  // 60 s
  EXPECT_EQ(Compute(AfterRunning(hours(1), Market::kSpot)), 360'000);
}

TEST(Bill, FollowsThePriceFromSecondToSecond) {
  Cloud cloud = MakeCloud();
  cloud.weather.prices.push_back({"c7i.8xlarge", "*", At(-hours(1)), 360'000});
  Launch(cloud, Ask("t", "c7i.8xlarge"));
  cloud.weather.prices.push_back({"c7i.8xlarge", "*", At(seconds(1002)), 720'000});
  AdvanceTo(cloud, At(seconds(1502)));
  // 1000 s at 0.36 and 500 s at 0.72 an hour: 0.10 + 0.10.
  EXPECT_EQ(Compute(cloud), 200'000);
}

TEST(Bill, TheFirstHourOfAReclaimedSpotMachineIsFree) {
  for (const auto& [after, owed] : {std::pair(minutes(59), 0), std::pair(minutes(60), 360'000)}) {
    Cloud cloud = MakeCloud();
    cloud.weather.prices.push_back({"c7i.8xlarge", "*", At(-hours(1)), 360'000});
    cloud.weather.reclaims.push_back({.after = after, .notice = std::nullopt});
    Launch(cloud, Ask("t", "c7i.8xlarge"));
    AdvanceTo(cloud, At(hours(3)));
    EXPECT_EQ(Compute(cloud), owed);
  }
}

TEST(Bill, HasDisksAddressesAndSnapshots) {
  Cloud cloud = MakeCloud();
  RunRequest request = Ask("t");
  request.machine.disks = {{.size_gib = 100}};
  request.machine.public_address = true;
  Instance& one = Launch(cloud, request);
  AdvanceTo(cloud, At(hours(1) + seconds(2)));
  std::map<std::string, std::int64_t> owed;
  for (const BillLine& line : MakeBill(cloud).lines) owed[line.item] = line.micro_usd;
  EXPECT_EQ(owed["disk"], 10'965);  // 8 USD a month of 730 h, 3602 s
  EXPECT_EQ(owed["address"], 5'000);
  ASSERT_TRUE(CreateSnapshot(cloud, {.volume = one.volumes[0]}).ok());
  AdvanceTo(cloud, At(hours(731) + seconds(5)));
  EXPECT_EQ(MakeBill(cloud).lines.back().micro_usd, 5'000'000);  // 100 GiB, one month
}

}  // namespace
}  // namespace mayfly::ec2
