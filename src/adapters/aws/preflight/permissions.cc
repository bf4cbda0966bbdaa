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
    {"ec2:CreateSnapshot", kController, kBorn, "keeps the last machine's disk"},
    {"ec2:CreateSnapshot", kController, kTagged, "of a disk of ours, and of no other"},
    {"ec2:DeleteSnapshot", kController, kTagged,
     "removes a snapshot after its day, or that failed"},
    // What a sweep takes away, once it was found unneeded twice.
    {"ec2:DeleteTags", kController, kTagged, "takes the mark off what is needed after all"},
    {"ec2:DeleteVolume", kController, kTagged, "removes a disk that was left"},
    {"ec2:DeleteNetworkInterface", kController, kTagged, "removes an interface that was left"},
    {"ec2:ReleaseAddress", kController, kTagged, "gives back an address that was left"},
    {"ec2:DeleteSecurityGroup", kController, kTagged, "removes a security group that was left"},
    {"s3:AbortMultipartUpload", kController, kObjects, "ends an upload that nobody finished"},
    {"rds:ModifyDBCluster", kController, kClusters, "sets a raised floor back to what it was"},
    {"rds:RemoveTagsFromResource", kController, kClusters, "the same: its tags go then"},
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
    {"ec2:DescribeSnapshots", kController, kLists,
     "sees whether a snapshot is complete; looks for those that were left"},
    {"ec2:DescribeRegions", kController, kLists, "which regions the account has enabled"},
    {"ec2:DescribeTags", kController, kLists, "whether a region has anything with our tag"},
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
    {"rds:ModifyDBCluster", kController, kCluster, "raises its floor, and restores it"},
    {"rds:AddTagsToResource", kController, kCluster, "marks whose floor it is, and what it was"},
    {"rds:RemoveTagsFromResource", kController, kCluster, "takes that mark away"},
    // What a machine is given.
    {"s3:ListBucket", kController, kBucket, "sees that the bucket is there, and what is in it"},
    {"s3:ListBucketMultipartUploads", kController, kBucket, "looks for unfinished uploads"},
    {"s3:ListMultipartUploadParts", kController, kObjects, "how much of one is there"},
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
    // A host that stays is resized: looked at,
    {"ec2:DescribeInstances", kResizer, kLists,
     "finds the host; counts what the quota is used for"},
    {"ec2:DescribeInstanceStatus", kResizer, kLists, "sees EC2's own checks of it"},
    {"ec2:DescribeInstanceAttribute", kResizer, kLists, "sees whether it is protected from a stop"},
    {"ec2:DescribeVolumes", kResizer, kLists, "sees its disks"},
    {"ec2:DescribeAddresses", kResizer, kLists, "sees whether its address stays"},
    {"ec2:DescribeSnapshots", kResizer, kLists, "waits until its snapshots are completed"},
    {"ec2:DescribeInstanceTypes", kResizer, kLists, "size and architecture of the new type"},
    {"ec2:DescribeInstanceTypeOfferings", kResizer, kLists, "whether its zone has the type"},
    {"servicequotas:GetServiceQuota", kResizer, kLists, "whether the new type fits the quota"},
    {"servicequotas:GetAWSDefaultServiceQuota", kResizer, kLists,
     "the same, where it was never raised"},
    {"pricing:GetProducts", kResizer, kLists, "what it costs before and after"},
    {"cloudwatch:GetMetricData", kResizer, kLists, "how busy it was, for advice"},
    {"ssm:SendCommand", kResizer, kHostShell, "looks inside: memory, disks, services"},
    {"ssm:GetCommandInvocation", kResizer, kLists, "reads what was seen there"},
    // and changed.
    {"ec2:CreateTags", kResizer, kHostMark, "marks it, so that any computer can finish"},
    {"ec2:DeleteTags", kResizer, kHostMark, "takes the mark off"},
    {"ec2:CreateSnapshot", kResizer, kHostDisks, "keeps its disks before anything is stopped"},
    {"ec2:CreateTags", kResizer, kSnapshotTags, "says on a snapshot until when it is kept"},
    {"ec2:StopInstances", kResizer, kHosts, "stops it"},
    {"ec2:ModifyInstanceAttribute", kResizer, kHosts, "gives it the other type"},
    {"ec2:StartInstances", kResizer, kHosts, "starts it"},
    // The client knows these, and nothing calls them yet: granted to nobody.
    {"sts:AssumeRole", kNobody, kLists,
     "takes on the role that a profile names; whoever names one grants it"},
});

constexpr auto kRenamed = std::to_array<RenamedCall>({
    {"sts:GetCallerIdentity", ""},  // everybody may
    {"s3:HeadBucket", "s3:ListBucket"},
    {"s3:HeadObject", "s3:GetObject"},
    {"s3:ListObjectsV2", "s3:ListBucket"},
    {"s3:ListMultipartUploads", "s3:ListBucketMultipartUploads"},
    {"s3:ListParts", "s3:ListMultipartUploadParts"},
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
    case kResizer:
      return "resizer";
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
