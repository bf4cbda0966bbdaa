#include "resize/judge.h"

#include <gtest/gtest.h>

#include <functional>

namespace mayfly::resize {
namespace {

constexpr std::int64_t kGib = 1024 * 1024;  // in KiB

HostType Type(const std::string& name, int vcpus, int memory_mib) {
  return {.name = name,
          .vcpus = vcpus,
          .memory_mib = memory_mib,
          .architectures = {"x86_64"},
          .virtualizations = {"hvm"},
          .needs_ena = true};
}

// A host that fits: 600 MiB of memory in use, as the first project's was.
Findings Fitting() {
  Findings found;
  found.host = {.id = "i-1",
                .name = "master",
                .type = "t3.2xlarge",
                .region = "us-east-1",
                .zone = "us-east-1a",
                .architecture = "x86_64",
                .virtualization = "hvm",
                .has_ena = true};
  found.to_name = "t3.small";
  found.from = Type("t3.2xlarge", 8, 32768);
  found.to = Type("t3.small", 2, 2048);
  found.is_offered = true;
  found.is_stop_protected = false;
  found.quota = {"L-1216C47A", 64, 8, true};
  found.use = HostUse{.vcpus = 8, .memory_kib = 32 * kGib, .used_kib = 600 * 1024};
  found.use->mounts = {{"/", "/dev/nvme0n1p1", 400 * kGib, 24 * kGib}};
  return found;
}

const PreflightCheck& Line(const std::vector<PreflightCheck>& checks, const std::string& what) {
  for (const PreflightCheck& check : checks) {
    if (check.what == what) return check;
  }
  CHECK(false, "a line " + what);
  return checks.front();
}

TEST(JudgeResize, AHostThatFitsPassesEveryLine) {
  for (const PreflightCheck& check : Judge(Fitting())) {
    EXPECT_EQ(check.verdict, Verdict::kPass) << check.what << ": " << check.found;
  }
}

struct RefusalRow {
  const char* name;
  std::function<void(Findings&)> change;
  const char* what;   // the line that stands
  const char* words;  // in what it found
};

void PrintTo(const RefusalRow& row, std::ostream* out) { *out << row.name; }

class JudgeRefusals : public ::testing::TestWithParam<RefusalRow> {};

TEST_P(JudgeRefusals, StandAloneAndSayWhatToDo) {
  Findings found = Fitting();
  GetParam().change(found);
  const std::vector<PreflightCheck> checks = Judge(found);
  for (const PreflightCheck& check : checks) {
    EXPECT_EQ(Blocks(check), check.what == GetParam().what) << check.what << ": " << check.found;
  }
  const PreflightCheck& line = Line(checks, GetParam().what);
  EXPECT_NE(line.found.find(GetParam().words), std::string::npos) << line.found;
  EXPECT_NE(line.next_step, "");
}

INSTANTIATE_TEST_SUITE_P(
    Each, JudgeRefusals,
    ::testing::Values(
        RefusalRow{"Spot", [](Findings& f) { f.host.is_spot = true; }, "host", "Spot"},
        RefusalRow{"InAGroup", [](Findings& f) { f.host.group = "web"; }, "host",
                   "the Auto Scaling group web"},
        RefusalRow{"Stopped", [](Findings& f) { f.host.state = HostState::kStopped; }, "host",
                   "is stopped"},
        RefusalRow{"RootOnInstanceStore", [](Findings& f) { f.host.is_root_on_ebs = false; },
                   "host", "instance store"},
        RefusalRow{"OwnHost", [](Findings& f) { f.where = Where::kHere; }, "this computer",
                   "is the host"},
        RefusalRow{"PerhapsOwnHost", [](Findings& f) { f.where = Where::kCannotTell; },
                   "this computer", "may be the host"},
        RefusalRow{"Protected", [](Findings& f) { f.is_stop_protected = true; }, "stop protection",
                   "protected"},
        RefusalRow{"ProtectionUnread", [](Findings& f) { f.is_stop_protected.reset(); },
                   "stop protection", "could not be read"},
        RefusalRow{"OtherArchitecture", [](Findings& f) { f.to->architectures = {"arm64"}; },
                   "type", "it is arm64"},
        RefusalRow{"OtherVirtualization",
                   [](Findings& f) { f.host.virtualization = "paravirtual"; }, "type",
                   "it needs hvm"},
        RefusalRow{"NoEna", [](Findings& f) { f.host.has_ena = false; }, "type", "ENA"},
        RefusalRow{"SameType", [](Findings& f) { f.to->name = "t3.2xlarge"; }, "type", "already"},
        RefusalRow{"NotOnDemand", [](Findings& f) { f.to->has_on_demand = false; }, "type",
                   "On-Demand"},
        RefusalRow{"NotOffered", [](Findings& f) { f.is_offered = false; }, "zone", "not offered"},
        RefusalRow{"OfferUnread", [](Findings& f) { f.is_offered.reset(); }, "zone", "not be read"},
        RefusalRow{"QuotaTooSmall", [](Findings& f) { f.quota = {"L-1216C47A", 9, 8, false}; },
                   "quota", "after the change 10"},
        RefusalRow{"QuotaUnread", [](Findings& f) { f.quota.reset(); }, "quota", "not known"},
        RefusalRow{"MemoryInUse", [](Findings& f) { f.use->used_kib = 3 * kGib; }, "memory",
                   "3.0 GiB in use now"},
        RefusalRow{"MemoryOnceInUse", [](Findings& f) { f.use->high_water_kib = 2 * kGib; },
                   "memory", "2.0 GiB at most"},
        RefusalRow{"MemoryInSwap", [](Findings& f) { f.use->swap_used_kib = 2 * kGib; }, "memory",
                   "2.0 GiB in swap"},
        RefusalRow{"Load", [](Findings& f) { f.use->load15 = 3.5; }, "processors", "3.50"},
        RefusalRow{"FullDisk", [](Findings& f) { f.use->mounts[0].used_kib = 395 * kGib; }, "disks",
                   "/ is full"},
        RefusalRow{"InstanceStore", [](Findings& f) { f.use->stores = {"nvme1n1"}; }, "disks",
                   "nvme1n1"},
        RefusalRow{"Unseen", [](Findings& f) { f.use.reset(); }, "inside", "nobody can look"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(JudgeResize, TheHostsOwnProcessorsAreFreeAfterTheChange) {
  Findings found = Fitting();
  found.quota = {"L-1216C47A", 8, 8, true};
  EXPECT_EQ(Line(Judge(found), "quota").verdict, Verdict::kPass);
  found.to = Type("t3.4xlarge", 16, 65536);
  EXPECT_EQ(Line(Judge(found), "quota").verdict, Verdict::kFail);
}

TEST(JudgeResize, ATypeThatIsNotThereIsSaidAndNothingElseIsGuessed) {
  Findings found = Fitting();
  found.to.reset();
  found.why_no_type = "EC2 has no type t3.tiny";
  const std::vector<PreflightCheck> checks = Judge(found);
  EXPECT_EQ(checks.back().what, "type");
  EXPECT_EQ(checks.back().found, "EC2 has no type t3.tiny");
}

TEST(JudgeResize, AnUnseenHostGoesOnWhereThatWasChosen) {
  Findings found = Fitting();
  found.use.reset();
  found.may_be_unseen = true;
  EXPECT_FALSE(AnyBlocks(Judge(found)));
  found.from->has_instance_storage = true;
  EXPECT_TRUE(Blocks(Line(Judge(found), "disks")));
}

TEST(JudgeResize, CoTenantsAndWhatWillNotComeBackAreListed) {
  Findings found = Fitting();
  found.use->tenants = {{"postgres", "pg", 512 * 1024}};
  found.use->services = {{"postgresql.service", true}, {"by-hand.service", false}};
  const std::vector<PreflightCheck> checks = Judge(found);
  EXPECT_EQ(Line(checks, "co-tenants").found, "postgres of pg (512 MiB)");
  EXPECT_NE(Line(checks, "services").found.find("not enabled: by-hand.service"), std::string::npos);
}

}  // namespace
}  // namespace mayfly::resize
