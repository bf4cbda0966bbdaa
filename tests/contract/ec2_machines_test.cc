// The provider of machines of EC2, against the simulated cloud: what the seam promises, each way in
// which it can go wrong.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "adapters/aws/scheduler.h"
#include "simulated_ec2.h"

namespace mayfly::contract_test {
namespace {

using nlohmann::json;

constexpr const char* kCanary = "canary-pa55word-of-the-ledger";
constexpr RunId kRun{7};

Offer OfferOf(const std::string& type, const std::string& zone, Market market = Market::kSpot) {
  Offer offer;
  offer.pool = {"us-east-1", zone, type, market};
  offer.highest = {5'000'000, Unit::kHour};
  return offer;
}

class Ec2MachinesTest : public ::testing::Test {
 protected:
  static aws::Ec2Options Options() {
    aws::Ec2Options options;
    options.spec.types = {"c7i.large"};
    options.spec.instance_profile = "mayfly-worker";
    options.spec.disk_gib = 50;
    options.spec.tags = {{"team", "quants"}, {"mayfly:run", "not yours"}};
    options.places = {.region = "us-east-1",
                      .subnets = {{"us-east-1a", "subnet-0000000000000000a"},
                                  {"us-east-1b", "subnet-0000000000000000b"}},
                      .image_id = "ami-0deb1200000000086",
                      .root_device = "/dev/xvda"};
    options.bundle = {"mayfly-simulated", "bundles/one.tar.gz", std::string(64, '0')};
    options.names = {.ledger = "ledger-1", .phase = "bqx", .owner = "ada", .own = {}};
    options.shown_within = seconds(2);
    return options;
  }

  aws::Ec2Machines Provider() { return {cloud_.caller(), cloud_.waiter(), Options()}; }

  static LaunchIntent Intent(std::int64_t machine = 3) {
    LaunchIntent intent;
    intent.machine = MachineId{machine};
    intent.run = kRun;
    intent.token = "run-7-machine-" + std::to_string(machine);
    intent.deadline_in = hours(2);
    intent.database = std::string("host=db user=m password=") + kCanary;
    intent.offers = {OfferOf("c7i.large", "us-east-1a")};
    return intent;
  }

  // A launch that must give a machine; its id.
  static std::string Launch(MachineProvider& provider, const LaunchIntent& intent) {
    Result<LaunchAnswer> answer = provider.Launch(intent);
    EXPECT_TRUE(answer.ok()) << answer.error().message();
    EXPECT_FALSE(answer.ok() && answer->external_id.empty())
        << answer->refusals.front().code << ": " << answer->refusals.front().message;
    return answer.ok() ? answer->external_id : "";
  }

  // Twice, since libcurl repeats by itself what was lost on a connection that it had before.
  void LoseTheAnswerOf(const std::string& action) {
    cloud_.Script({{"do", "calls"}, {"action", action}, {"effect", "no-reply"}, {"times", 2}});
  }

  std::size_t CountInstances() { return cloud_.Resources()["instances"].size(); }

  // Ended and looked at until nothing is left, with no more patience than residue takes.
  void ExpectNothingStays(MachineProvider& provider) {
    const Duration ends = cloud_.clock().Mono() + seconds(20);
    Result<ResidueLook> left = provider.FindResidue(kRun);
    while (left.ok() && !left->found.empty() && cloud_.clock().Mono() < ends) {
      cloud_.Advance("1s");
      left = provider.FindResidue(kRun);
    }
    ASSERT_TRUE(left.ok()) << left.error().message();
    for (const Residue& one : left->found)
      ADD_FAILURE() << one.kind << " " << one.name << " is left";
  }

  SimulatedEc2 cloud_;
};

// --- Birth
// ----------------------------------------------------------------------------------------

TEST_F(Ec2MachinesTest, EverythingIsTaggedFromBirthAndWhatIsOursCannotBeTaken) {
  aws::Ec2Machines provider = Provider();
  Launch(provider, Intent());
  const json all = cloud_.Resources();
  for (const char* kind : {"instances", "volumes", "interfaces", "spot_requests"}) {
    ASSERT_EQ(all[kind].size(), 1U) << kind;
    const json& tags = all[kind][0]["tags"];
    EXPECT_EQ(tags["mayfly:ledger"], "ledger-1") << kind;
    EXPECT_EQ(tags["mayfly:run"], "7") << kind;
    EXPECT_EQ(tags["mayfly:machine"], "3") << kind;
    EXPECT_EQ(tags["mayfly:owner"], "ada") << kind;
    EXPECT_EQ(tags["mayfly:purpose"], "worker") << kind;
    EXPECT_EQ(tags["mayfly:phase"], "bqx") << kind;
    EXPECT_EQ(tags["team"], "quants") << kind;
    const auto deadline = ParseInstant(tags["mayfly:deadline"].get<std::string>());
    ASSERT_TRUE(deadline.ok()) << kind;
    EXPECT_GT(*deadline, cloud_.clock().Wall() + minutes(118)) << kind;
    EXPECT_LE(*deadline, cloud_.clock().Wall() + hours(2)) << kind;
  }
}

TEST_F(Ec2MachinesTest, ItIsSeenWithItsPoolAndItsBillBegins) {
  aws::Ec2Machines provider = Provider();
  const std::string id = Launch(provider, Intent());
  cloud_.WaitFor(id, "running");
  auto seen = provider.List(kRun);
  ASSERT_TRUE(seen.ok()) << seen.error().message();
  ASSERT_EQ(seen->size(), 1U);
  EXPECT_EQ(seen->front().machine, MachineId{3});
  EXPECT_EQ(seen->front().external_id, id);
  EXPECT_TRUE(seen->front().alive);
  EXPECT_TRUE(seen->front().billed.running.has_value());
  EXPECT_FALSE(seen->front().billed.ended.has_value());
  EXPECT_EQ(seen->front().pool, Intent().offers.front().pool);
  EXPECT_TRUE(provider.List(RunId{8})->empty());
}

TEST_F(Ec2MachinesTest, ALostAnswerIsTheSameMachine) {
  auto quick = cloud_.MakeCaller({.patience = seconds(5), .tries = 1});
  aws::Ec2Machines provider(*quick, cloud_.waiter(), Options());
  LoseTheAnswerOf("RunInstances");
  auto lost = provider.Launch(Intent());
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().kind(), ErrorKind::kAmbiguous);
  const std::string id = Launch(provider, Intent());
  EXPECT_EQ(CountInstances(), 1U);
  EXPECT_EQ(cloud_.Resources()["instances"][0]["id"], id);
}

TEST_F(Ec2MachinesTest, AnotherControllerAsksForTheSameMachineThoughNothingShowsItYet) {
  cloud_.Script({{"do", "delays"}, {"describe-lag", "1h"}, {"tag-lag", "1h"}});
  aws::Ec2Machines first = Provider();
  aws::Ec2Machines second = Provider();
  const std::string id = Launch(first, Intent());
  // Its parameters may have changed by a minute: then it is said to be there, never bought twice.
  auto again = second.Launch(Intent());
  if (again.ok()) {
    EXPECT_EQ(again->external_id, id);
  } else {
    EXPECT_EQ(again.error().kind(), ErrorKind::kAmbiguous) << again.error().message();
  }
  EXPECT_EQ(CountInstances(), 1U);
}

TEST_F(Ec2MachinesTest, OtherParametersUnderTheSameIntentAreNeverASecondMachine) {
  cloud_.Script({{"do", "delays"}, {"describe-lag", "1h"}, {"tag-lag", "1h"}});
  aws::Ec2Machines first = Provider();
  Launch(first, Intent());
  aws::Ec2Machines second = Provider();
  LaunchIntent later = Intent();
  later.deadline_in = minutes(30);
  auto again = second.Launch(later);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind(), ErrorKind::kAmbiguous) << again.error().message();
  EXPECT_EQ(CountInstances(), 1U);
}

TEST_F(Ec2MachinesTest, ARepeatedIntentFindsItsMachineWhateverPoolIsWantedNow) {
  aws::Ec2Machines first = Provider();
  const std::string id = Launch(first, Intent());
  aws::Ec2Machines second = Provider();
  LaunchIntent other = Intent();
  other.offers = {OfferOf("m7i.2xlarge", "us-east-1b")};
  EXPECT_EQ(Launch(second, other), id);
  EXPECT_EQ(CountInstances(), 1U);
}

TEST_F(Ec2MachinesTest, AnOnDemandMachineIsNoSpotMachine) {
  aws::Ec2Machines provider = Provider();
  LaunchIntent intent = Intent();
  intent.offers = {OfferOf("c7i.large", "us-east-1b", Market::kOnDemand)};
  const std::string id = Launch(provider, intent);
  EXPECT_EQ(cloud_.Instance(id)["market"], "on-demand");
  EXPECT_EQ(cloud_.Instance(id)["zone"], "us-east-1b");
  EXPECT_TRUE(cloud_.Resources()["spot_requests"].empty());
}

// --- Refusals
// -------------------------------------------------------------------------------------

struct RefusedCase {
  const char* code;
  RefusalKind kind;
};

TEST_F(Ec2MachinesTest, EachRefusalIsWhatFollowsFromIt) {
  const std::vector<RefusedCase> cases{
      {"InsufficientInstanceCapacity", RefusalKind::kDry},
      {"InsufficientFreeAddressesInSubnet", RefusalKind::kDry},
      {"Unsupported", RefusalKind::kDry},
      {"MaxSpotInstanceCountExceeded", RefusalKind::kQuota},
      {"VcpuLimitExceeded", RefusalKind::kQuota},
      {"SpotMaxPriceTooLow", RefusalKind::kPrice},
      {"IdempotentInstanceTerminated", RefusalKind::kUsedUp},
      {"InvalidAMIID.NotFound", RefusalKind::kWrong},
      {"InvalidParameterValue", RefusalKind::kWrong},
      {"UnauthorizedOperation", RefusalKind::kDenied},
      {"PendingVerification", RefusalKind::kDenied},
  };
  aws::Ec2Machines provider = Provider();
  for (const RefusedCase& one : cases) {
    cloud_.Script({{"do", "calls"}, {"action", "RunInstances"}, {"code", one.code}, {"times", 1}});
    auto answer = provider.Launch(Intent());
    ASSERT_TRUE(answer.ok()) << one.code << ": " << answer.error().message();
    EXPECT_TRUE(answer->external_id.empty()) << one.code;
    ASSERT_EQ(answer->refusals.size(), 1U) << one.code;
    EXPECT_EQ(answer->refusals.front().kind, one.kind) << one.code;
    EXPECT_EQ(answer->refusals.front().code, one.code);
    EXPECT_EQ(answer->refusals.front().pool, Intent().offers.front().pool) << one.code;
  }
  EXPECT_EQ(CountInstances(), 0U);
  EXPECT_TRUE(cloud_.Resources()["parameters"].empty()) << "the access of a refused machine stays";
  ExpectNothingStays(provider);
}

TEST_F(Ec2MachinesTest, ThrottlingBeyondPatienceIsAskedAgainLater) {
  auto quick = cloud_.MakeCaller({.patience = seconds(2), .tries = 2});
  aws::Ec2Machines provider(*quick, cloud_.waiter(), Options());
  cloud_.Script({{"do", "calls"},
                 {"action", "RunInstances"},
                 {"code", "RequestLimitExceeded"},
                 {"status", 503},
                 {"times", 2}});
  auto answer = provider.Launch(Intent());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind(), ErrorKind::kUnavailable) << answer.error().message();
  Launch(provider, Intent());
}

TEST_F(Ec2MachinesTest, ANewInstanceProfileIsWaitedFor) {
  cloud_.Script({{"do", "calls"},
                 {"action", "RunInstances"},
                 {"code", "InvalidParameterValue"},
                 {"message",
                  "Value (mayfly-worker) for parameter iamInstanceProfile.name is "
                  "invalid. Invalid IAM Instance Profile name"},
                 {"times", 1}});
  aws::Ec2Machines provider = Provider();
  Launch(provider, Intent());
}

TEST_F(Ec2MachinesTest, TwoPoolsAreAskedInTheirOrder) {
  cloud_.Script({{"do", "capacity"}, {"zone", "us-east-1a"}, {"left", 0}});
  aws::Ec2Machines provider = Provider();
  LaunchIntent intent = Intent();
  intent.offers = {OfferOf("c7i.large", "us-east-1a"), OfferOf("c7i.large", "us-east-1b")};
  auto answer = provider.Launch(intent);
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_EQ(answer->pool, intent.offers[1].pool);
  ASSERT_EQ(answer->refusals.size(), 1U);
  EXPECT_EQ(answer->refusals[0].pool, intent.offers[0].pool);
}

// --- Fleets
// ---------------------------------------------------------------------------------------

// The last is dearer than the others on every day: prices move, and a fleet begins with the
// cheapest.
LaunchIntent Wide(LaunchIntent intent) {
  intent.offers = {OfferOf("c7i.large", "us-east-1a"), OfferOf("c6i.large", "us-east-1a"),
                   OfferOf("m7i.2xlarge", "us-east-1b")};
  return intent;
}

TEST_F(Ec2MachinesTest, AFleetTellsOfEachPoolAndLeavesNoTemplate) {
  cloud_.Script(json::array({{{"do", "capacity"}, {"type", "c7i.*"}, {"left", 0}},
                             {{"do", "capacity"}, {"type", "c6i.*"}, {"left", 0}}}));
  aws::Ec2Machines provider = Provider();
  const LaunchIntent intent = Wide(Intent());
  auto answer = provider.Launch(intent);
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_EQ(answer->pool, intent.offers[2].pool);
  std::set<Pool> refused;
  for (const PoolRefusal& one : answer->refusals) {
    EXPECT_EQ(one.kind, RefusalKind::kDry);
    refused.insert(one.pool);
  }
  EXPECT_EQ(refused, (std::set<Pool>{intent.offers[0].pool, intent.offers[1].pool}));
  const json all = cloud_.Resources();
  EXPECT_FALSE(all["launch_templates"][0]["deleted"].is_null());
  EXPECT_EQ(all["volumes"][0]["tags"]["mayfly:machine"], "3");
  ASSERT_TRUE(provider.Terminate(intent.machine, answer->external_id).ok());
  ExpectNothingStays(provider);
  EXPECT_FALSE(cloud_.Resources()["fleets"][0]["deleted"].is_null());
}

TEST_F(Ec2MachinesTest, AFleetThatStaysEmptyLeavesNothingAndIsAskedAnew) {
  cloud_.Script({{"do", "capacity"}, {"left", 0}});
  aws::Ec2Machines provider = Provider();
  const LaunchIntent intent = Wide(Intent());
  auto answer = provider.Launch(intent);
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_TRUE(answer->external_id.empty());
  EXPECT_EQ(answer->refusals.size(), 3U);
  ExpectNothingStays(provider);
  EXPECT_FALSE(cloud_.Resources()["fleets"][0]["deleted"].is_null());
  cloud_.Script({{"do", "clear"}});
  Launch(provider, intent);
}

TEST_F(Ec2MachinesTest, AFleetWhoseAnswerIsLostIsTheSameFleet) {
  auto quick = cloud_.MakeCaller({.patience = seconds(5), .tries = 1});
  for (const char* action : {"CreateLaunchTemplate", "CreateFleet", "DeleteLaunchTemplate"}) {
    LoseTheAnswerOf(action);
    aws::Ec2Machines first(*quick, cloud_.waiter(), Options());
    (void)first.Launch(Wide(Intent()));  // whatever came of it: the next one is another process
  }
  aws::Ec2Machines last = Provider();
  const std::string id = Launch(last, Wide(Intent()));
  EXPECT_EQ(CountInstances(), 1U);
  ASSERT_TRUE(last.Terminate(MachineId{3}, id).ok());
  ExpectNothingStays(last);
}

// --- Life and end
// ---------------------------------------------------------------------------------

TEST_F(Ec2MachinesTest, AReclaimedMachineIsSeenReclaimed) {
  aws::Ec2Machines provider = Provider();
  const std::string id = Launch(provider, Intent());
  cloud_.WaitFor(id, "running");
  cloud_.Script({{"do", "reclaim"}, {"instance", id}, {"notice", "none"}});
  cloud_.WaitFor(id, "terminated");
  auto seen = provider.List(kRun);
  ASSERT_TRUE(seen.ok() && seen->size() == 1);
  EXPECT_FALSE(seen->front().alive);
  EXPECT_TRUE(seen->front().billed.reclaimed);
  ASSERT_TRUE(seen->front().billed.ended.has_value());
  const auto again = provider.List(kRun);
  EXPECT_EQ(again->front().billed, seen->front().billed) << "a fact does not move";
}

TEST_F(Ec2MachinesTest, OneThatDiedInPendingIsNotAliveAndNotBilled) {
  cloud_.Script({{"do", "deaths"}, {"code", "Server.InsufficientInstanceCapacity"}});
  aws::Ec2Machines provider = Provider();
  const std::string id = Launch(provider, Intent());
  cloud_.WaitFor(id, "terminated");
  auto seen = provider.List(kRun);
  ASSERT_TRUE(seen.ok() && seen->size() == 1);
  EXPECT_FALSE(seen->front().alive);
  EXPECT_EQ(seen->front().billed, Billed{});
}

TEST_F(Ec2MachinesTest, EndingTwiceIsFineAndItsEndIsTheProvidersWord) {
  aws::Ec2Machines provider = Provider();
  const std::string id = Launch(provider, Intent());
  cloud_.WaitFor(id, "running");
  ASSERT_TRUE(provider.Terminate(MachineId{3}, id).ok());
  ASSERT_TRUE(provider.Terminate(MachineId{3}, id).ok());
  cloud_.WaitFor(id, "terminated");
  auto seen = provider.List(kRun);
  ASSERT_TRUE(seen.ok() && seen->size() == 1);
  EXPECT_FALSE(seen->front().alive);
  EXPECT_FALSE(seen->front().billed.reclaimed);
  EXPECT_EQ(cloud_.Resources()["parameters"].size(), 0U);
}

TEST_F(Ec2MachinesTest, AMachineWhoseIdWasNeverHeardIsEndedByItsTag) {
  auto quick = cloud_.MakeCaller({.patience = seconds(5), .tries = 1});
  aws::Ec2Machines provider(*quick, cloud_.waiter(), Options());
  LoseTheAnswerOf("RunInstances");
  ASSERT_FALSE(provider.Launch(Intent()).ok());
  aws::Ec2Machines other = Provider();
  ASSERT_TRUE(other.Terminate(MachineId{3}, "").ok());
  ExpectNothingStays(other);
}

TEST_F(Ec2MachinesTest, OneThatIsNotShownCountsAsGoneOnlyAfterAWhile) {
  aws::Ec2Machines provider = Provider();
  auto early = provider.Terminate(MachineId{99}, "");
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().kind(), ErrorKind::kUnavailable);
  const Duration asked = cloud_.clock().Mono();
  while (!provider.Terminate(MachineId{99}, "").ok()) {
    ASSERT_LT(cloud_.clock().Mono(), asked + seconds(10));
    cloud_.waiter().WaitUntil(cloud_.clock().Mono() + milliseconds(200));
  }
  EXPECT_GE(cloud_.clock().Mono(), asked + milliseconds(1900));
}

TEST_F(Ec2MachinesTest, WhatLingersIsResidueUntilItIsGone) {
  cloud_.Script({{"do", "delays"},
                 {"volume-lingers", "10s"},
                 {"interface-lingers", "20s"},
                 {"request-lingers", "30s"}});
  aws::Ec2Machines provider = Provider();
  const std::string id = Launch(provider, Intent());
  cloud_.WaitFor(id, "running");
  auto living = provider.FindResidue(kRun);
  ASSERT_TRUE(living.ok()) << living.error().message();
  const auto has = [&](const std::string& kind) {
    return std::any_of(living->found.begin(), living->found.end(),
                       [&](const Residue& one) { return one.kind == kind; });
  };
  for (const char* kind :
       {"instance", "volume", "network interface", "Spot request", "parameter"}) {
    EXPECT_TRUE(has(kind)) << kind;
    EXPECT_EQ(std::ranges::count(living->kinds, kind), 1) << kind;
  }
  ASSERT_TRUE(provider.Terminate(MachineId{3}, id).ok());
  cloud_.WaitFor(id, "terminated");
  living = provider.FindResidue(kRun);
  ASSERT_TRUE(living.ok());
  EXPECT_EQ(living->found.size(), 3U);
  EXPECT_EQ(living->shown_within, seconds(2));
  EXPECT_TRUE(provider.FindResidue(RunId{8})->found.empty());
  ExpectNothingStays(provider);
}

// --- The end that needs nobody
// --------------------------------------------------------------------

class Ec2LastEnd : public Ec2MachinesTest {
 protected:
  static aws::Ec2Options WithRole() {
    aws::Ec2Options options = Options();
    options.spec.scheduler_role = "mayfly-end";
    return options;
  }

  json Schedules() {
    json living = json::array();
    const json all = cloud_.Resources();
    for (const json& one : all["schedules"]) {
      if (one["deleted"].is_null()) living.push_back(one);
    }
    return living;
  }

  Instant DeadlineOf(const std::string& id) {
    return *ParseInstant(cloud_.Instance(id)["tags"]["mayfly:deadline"].get<std::string>());
  }

  void ExpectOneFor(const std::string& id) {
    const json living = Schedules();
    ASSERT_EQ(living.size(), 1U);
    EXPECT_EQ(living[0]["name"], "mayfly-ledger-1-run-7-machine-3");
    EXPECT_EQ(living[0]["instances"], json::array({id}));
    const Result<Instant> at = ParseInstant(living[0]["at"].get<std::string>());
    ASSERT_TRUE(at.ok()) << living[0]["at"];
    EXPECT_EQ(*at, DeadlineOf(id) + minutes(1));
  }

  aws::Ec2Machines provider_{cloud_.caller(), cloud_.waiter(), WithRole()};
};

TEST_F(Ec2LastEnd, EndsAMachineAfterItsDeadlineWhoeverIsDead) {
  const std::string id = Launch(provider_, Intent());
  cloud_.WaitFor(id, "running");
  ExpectOneFor(id);
  cloud_.Advance("119m");
  EXPECT_EQ(cloud_.Instance(id)["state"], "running");
  cloud_.Advance("3m");
  cloud_.WaitFor(id, "terminated");
  EXPECT_TRUE(Schedules().empty()) << "it is done, and deletes itself";
}

TEST_F(Ec2LastEnd, IsTakenBackWithTheMachineAndIsResidueUntilThen) {
  const std::string id = Launch(provider_, Intent());
  cloud_.WaitFor(id, "running");
  auto left = provider_.FindResidue(kRun);
  ASSERT_TRUE(left.ok()) << left.error().message();
  EXPECT_TRUE(std::ranges::any_of(left->found, [](const Residue& one) {
    return one.kind == "schedule" && one.name == "mayfly-ledger-1-run-7-machine-3";
  }));
  ASSERT_TRUE(provider_.Terminate(MachineId{3}, id).ok());
  EXPECT_TRUE(Schedules().empty());
  ExpectNothingStays(provider_);
}

// Another controller looked while EC2 still showed the machine, and ordered one behind its end.
TEST_F(Ec2LastEnd, OneWithoutAMachineIsTakenBackByWhoeverLooksForResidue) {
  const std::string id = Launch(provider_, Intent());
  ASSERT_TRUE(provider_.Terminate(MachineId{3}, id).ok());
  cloud_.WaitFor(id, "terminated");
  aws::LastEnds late(cloud_.caller(), "ledger-1", "mayfly-end");
  late.Arm({kRun, MachineId{3}}, id, cloud_.clock().Wall() + hours(2));
  ASSERT_EQ(Schedules().size(), 1U);
  EXPECT_EQ(provider_.FindResidue(kRun)->found.size(), 1U);
  EXPECT_TRUE(provider_.FindResidue(kRun)->found.empty());
}

TEST_F(Ec2LastEnd, AMachineThatWasOnlyFoundGetsOneToo) {
  auto quick = cloud_.MakeCaller({.patience = seconds(5), .tries = 1});
  aws::Ec2Machines first(*quick, cloud_.waiter(), WithRole());
  LoseTheAnswerOf("RunInstances");
  ASSERT_FALSE(first.Launch(Intent()).ok());
  EXPECT_TRUE(Schedules().empty());
  auto seen = provider_.List(kRun);  // another controller's
  ASSERT_TRUE(seen.ok() && seen->size() == 1);
  ExpectOneFor(seen->front().external_id);
}

TEST_F(Ec2LastEnd, ALostAnswerIsTheSameOne) {
  LoseTheAnswerOf("CreateSchedule");
  const std::string id = Launch(provider_, Intent());
  ExpectOneFor(id);
  EXPECT_FALSE(provider_.TakeTrouble());
}

TEST_F(Ec2LastEnd, OneThatMeansAnotherMachineIsMended) {
  constexpr const char* kName = "mayfly-ledger-1-run-7-machine-3";
  const std::string id = Launch(provider_, Intent());
  ASSERT_TRUE(aws::DeleteSchedule(cloud_.caller(), kName).ok());
  ASSERT_TRUE(
      aws::CreateSchedule(cloud_.caller(),
                          {.name = kName,
                           .group = "",
                           .at = cloud_.clock().Wall() + hours(9),
                           .target_arn = "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances",
                           .role_arn = "arn:aws:iam::111122223333:role/mayfly-end",
                           .input = R"({"InstanceIds":["i-0"]})",
                           .client_token = "other"})
          .ok());
  aws::Ec2Machines second(cloud_.caller(), cloud_.waiter(), WithRole());
  ASSERT_TRUE(second.List(kRun).ok());
  ExpectOneFor(id);
}

TEST_F(Ec2LastEnd, WithoutItTheMachineLivesAndItIsToldOnceAndTriedAgain) {
  cloud_.Script({{"do", "calls"},
                 {"action", "CreateSchedule"},
                 {"code", "AccessDeniedException"},
                 {"status", 403},
                 {"times", 1}});
  const std::string id = Launch(provider_, Intent());
  cloud_.WaitFor(id, "running");
  const std::optional<Error> trouble = provider_.TakeTrouble();
  ASSERT_TRUE(trouble);
  EXPECT_NE(trouble->message().find("machine 3"), std::string::npos) << trouble->message();
  EXPECT_FALSE(provider_.TakeTrouble());
  aws::Ec2Machines next(cloud_.caller(), cloud_.waiter(), WithRole());
  ASSERT_TRUE(next.List(kRun).ok());
  ExpectOneFor(id);
}

TEST_F(Ec2LastEnd, WithoutARoleNobodyAsksTheScheduler) {
  aws::Ec2Machines without = Provider();
  const std::string id = Launch(without, Intent());
  ASSERT_TRUE(without.List(kRun).ok());
  ASSERT_TRUE(without.Terminate(MachineId{3}, id).ok());
  ASSERT_TRUE(without.FindResidue(kRun).ok());
  const json calls = cloud_.Get("calls");
  for (const json& call : calls["calls"]) {
    EXPECT_EQ(call["action"].get<std::string>().find("Schedule"), std::string::npos);
  }
}

TEST_F(Ec2MachinesTest, PreflightAsksAndStartsNothing) {
  aws::Ec2Machines provider = Provider();
  Status fine = provider.Preflight();
  EXPECT_TRUE(fine.ok()) << fine.error().message();
  cloud_.Script({{"do", "calls"}, {"action", "RunInstances"}, {"code", "UnauthorizedOperation"}});
  Status denied = provider.Preflight();
  ASSERT_FALSE(denied.ok());
  EXPECT_EQ(denied.error().kind(), ErrorKind::kDenied);
  EXPECT_EQ(CountInstances(), 0U);
}

}  // namespace
}  // namespace mayfly::contract_test
