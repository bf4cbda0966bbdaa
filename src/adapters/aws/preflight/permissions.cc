#include "adapters/aws/preflight/permissions.h"

#include <array>

namespace mayfly::aws {
namespace {

using enum Grantee;
using enum Scope;

constexpr auto kPermissions = std::to_array<Permission>({
    // Machines: asked for, found again, ended.
    {"ec2:RunInstances", kController, kBorn, "asks for one machine"},
    {"ec2:RunInstances", kController, kMadeFrom, "names its image, subnet and security groups"},
    {"ec2:CreateFleet", kController, kBorn, "asks for a machine from any of several pools at once"},
    {"ec2:CreateFleet", kController, kMadeFrom, "names the template of those machines"},
    {"ec2:CreateLaunchTemplate", kController, kBorn, "writes that template"},
    {"ec2:CreateTags", kController, kTagsAtBirth, "tags all of it from birth"},
    {"ec2:CreateTags", kController, kTagged, "marks what a sweep is about to remove"},
    {"iam:PassRole", kController, kWorkerRole, "lets a machine have its role"},
    {"ec2:TerminateInstances", kController, kTagged, "ends a machine"},
    {"ec2:TerminateInstances", kScheduler, kTagged, "the same, when nobody of us is there to"},
    {"scheduler:CreateSchedule", kController, kSchedules, "orders that end with each machine"},
    {"scheduler:UpdateSchedule", kController, kSchedules, "mends one whose answer was lost"},
    {"scheduler:DeleteSchedule", kController, kSchedules, "takes it back when the machine is gone"},
    {"scheduler:ListSchedules", kController, kLists, "looks whether any was left behind"},
    {"iam:PassRole", kController, kEndRole, "lets the scheduler have the role that ends machines"},
    {"ec2:DeleteFleets", kController, kTagged, "removes a fleet, and what is left of it"},
    {"ec2:DeleteLaunchTemplate", kController, kTagged, "removes the template"},
    {"ec2:CancelSpotInstanceRequests", kController, kTagged, "closes a Spot request that lingers"},
    {"ec2:GetConsoleOutput", kController, kTagged, "reads the last words of a failed boot"},
    // What is there: for the preflight, and for the proof that nothing is left.
    {"ec2:DescribeInstances", kController, kLists, "sees machines; counts what quotas are used"},
    {"ec2:DescribeInstanceStatus", kController, kLists, "sees maintenance that is planned"},
    {"ec2:DescribeVolumes", kController, kLists, "looks for disks that were left"},
    {"ec2:DescribeNetworkInterfaces", kController, kLists, "looks for interfaces that were left"},
    {"ec2:DescribeAddresses", kController, kLists, "looks for addresses that were left"},
    {"ec2:DescribeSpotInstanceRequests", kController, kLists,
     "sees Spot requests, which count against the quota while they are open"},
    {"ec2:DescribeFleets", kController, kLists, "looks for fleets that were left"},
    {"ec2:DescribeLaunchTemplates", kController, kLists, "looks for templates that were left"},
    // What is for sale, and where.
    {"ec2:DescribeInstanceTypes", kController, kLists, "vCPU, memory and architecture of types"},
    {"ec2:DescribeInstanceTypeOfferings", kController, kLists, "which zone has which type"},
    {"ec2:DescribeAvailabilityZones", kController, kLists, "names of zones"},
    {"ec2:DescribeSpotPriceHistory", kController, kLists, "Spot prices, now and while a run lasts"},
    {"ec2:GetSpotPlacementScores", kController, kLists, "which zone is likely to have room"},
    {"ec2:DescribeImages", kController, kLists, "state, architecture and disk of the image"},
    {"ec2:DescribeSubnets", kController, kLists, "zones and free addresses of subnets"},
    {"ec2:DescribeSecurityGroups", kController, kLists, "whether the database can be reached"},
    {"pricing:GetProducts", kController, kLists, "On-Demand prices"},
    {"servicequotas:GetServiceQuota", kController, kLists, "how many vCPU the account may have"},
    {"servicequotas:GetAWSDefaultServiceQuota", kController, kLists,
     "the same, where never raised"},
    {"servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota", kController, kLists,
     "where a request for more stands"},
    {"rds:DescribeDBInstances", kController, kLists, "network and groups of the database"},
    {"rds:DescribeDBClusters", kController, kLists, "which instances a cluster's name stands for"},
    // What a machine is given.
    {"s3:ListBucket", kController, kBucket, "sees that the bucket is there, and what is in it"},
    {"s3:PutObject", kController, kObjects, "puts the program that machines will run"},
    {"s3:GetObject", kBoth, kObjects, "fetches it; compares it with what was put"},
    {"ssm:PutParameter", kController, kParameters, "leaves a machine its login, encrypted"},
    {"ssm:DeleteParameter", kController, kParameters, "takes it away when the machine is gone"},
    {"ssm:GetParametersByPath", kController, kParameters, "looks whether any was left behind"},
    {"ssm:GetParameter", kBoth, kParameters,
     "reads it; reads what a reference ssm:/mayfly/… names"},
    {"ssm:GetParameter", kController, kPublicImages, "the newest image of Debian 12"},
    {"kms:Encrypt", kController, kThroughSsm, "for logins under a key of your own"},
    {"kms:Decrypt", kBoth, kThroughSsm, "the same, for reading them"},
    {"secretsmanager:GetSecretValue", kController, kSecrets,
     "reads what a reference secretsmanager:mayfly/… names"},
    // The client knows these, and nothing calls them yet: granted to nobody.
    {"ec2:CreateSnapshot", kNobody, kTagged, "keeps a disk's state"},
    {"ec2:DescribeSnapshots", kNobody, kLists, "looks for snapshots that were left"},
    {"cloudwatch:GetMetricData", kNobody, kLists, "capacity that a database took"},
    {"sts:AssumeRole", kNobody, kLists,
     "takes on the role that a profile names; whoever names one grants it"},
});

constexpr auto kRenamed = std::to_array<RenamedCall>({
    {"sts:GetCallerIdentity", ""},  // everybody may
    {"s3:HeadBucket", "s3:ListBucket"},
    {"s3:HeadObject", "s3:GetObject"},
    {"s3:ListObjectsV2", "s3:ListBucket"},
});

constexpr auto kImplied =
    std::to_array<std::string_view>({"iam:PassRole", "kms:Encrypt", "kms:Decrypt"});

}  // namespace

std::string_view Name(Grantee grantee) {
  switch (grantee) {
    case kController:
      return "controller";
    case kWorker:
      return "worker";
    case kBoth:
      return "both";
    case kScheduler:
      return "scheduler";
    case kNobody:
      return "nobody";
  }
  return "";
}

std::span<const Permission> Permissions() { return kPermissions; }
std::span<const RenamedCall> RenamedCalls() { return kRenamed; }
std::span<const std::string_view> ImpliedPermissions() { return kImplied; }

}  // namespace mayfly::aws
