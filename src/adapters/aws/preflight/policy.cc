#include "adapters/aws/preflight/policy.h"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace mayfly::aws {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRequestTag = "aws:RequestTag/mayfly:ledger";
constexpr const char* kResourceTag = "aws:ResourceTag/mayfly:ledger";

std::string OrAny(const std::string& text) { return text.empty() ? "*" : text; }

// "arn:aws:ec2:REGION:ACCOUNT:REST"
std::string Ec2Arn(const PolicyScope& scope, const std::string& account, std::string_view rest) {
  return fmt::format("arn:aws:ec2:{}:{}:{}", OrAny(scope.region), OrAny(account), rest);
}

Json Ec2Things(const PolicyScope& scope, const std::string& account,
               std::initializer_list<std::string_view> kinds) {
  Json list = Json::array();
  for (std::string_view kind : kinds) {
    list.push_back(Ec2Arn(scope, account, fmt::format("{}/*", kind)));
  }
  return list;
}

std::string_view SidOf(Scope of) {
  switch (of) {
    case Scope::kLists:
      return "SeeWhatIsThereAndForSale";
    case Scope::kBorn:
      return "MakeOnlyWhatCarriesOurTag";
    case Scope::kMadeFrom:
      return "MakeItFromWhatIsThere";
    case Scope::kTagsAtBirth:
      return "TagOnlyWhileMaking";
    case Scope::kTagged:
      return "EndOnlyWhatCarriesOurTag";
    case Scope::kWorkerRole:
      return "GiveMachinesTheirRoleAndNoOther";
    case Scope::kSchedules:
      return "OrderTheLastEnd";
    case Scope::kEndRole:
      return "GiveTheSchedulerItsRoleAndNoOther";
    case Scope::kBucket:
      return "SeeTheBucket";
    case Scope::kObjects:
      return "TheProgramOfMachines";
    case Scope::kParameters:
      return "LoginsOfMachines";
    case Scope::kPublicImages:
      return "FindTheNewestImage";
    case Scope::kSecrets:
      return "SecretsNamedForUs";
    case Scope::kCluster:
      return "RaiseAndRestoreTheFloor";
    case Scope::kThroughSsm:
      return "KeysThroughTheParameterStoreOnly";
    case Scope::kHosts:
      return "StopChangeAndStartTheHost";
    case Scope::kHostShell:
      return "LookIntoTheHost";
    case Scope::kHostMark:
      return "MarkTheHost";
    case Scope::kHostDisks:
      return "KeepItsDisks";
    case Scope::kSnapshotTags:
      return "TagSnapshotsWhileMaking";
    case Scope::kClusters:
      return "FloorsThatWeRaised";
  }
  return "";
}

// A snapshot's name holds no account.
std::string SnapshotArn(const PolicyScope& scope) {
  return fmt::format("arn:aws:ec2:{}::snapshot/*", OrAny(scope.region));
}

Json ResourceOf(Scope of, const PolicyScope& scope) {
  const std::string region = OrAny(scope.region);
  const std::string account = OrAny(scope.account);
  switch (of) {
    case Scope::kLists:
      return "*";
    case Scope::kBorn: {
      Json things = Ec2Things(scope, scope.account,
                              {"instance", "volume", "network-interface", "spot-instances-request",
                               "fleet", "launch-template"});
      things.push_back(SnapshotArn(scope));
      return things;
    }
    case Scope::kMadeFrom:  // an image, or a shared subnet, can be another account's
      return Ec2Things(scope, "", {"image", "subnet", "security-group", "launch-template"});
    case Scope::kTagsAtBirth:
    case Scope::kTagged:
      return Json::array({Ec2Arn(scope, scope.account, "*/*"), SnapshotArn(scope)});
    case Scope::kWorkerRole:
      return fmt::format("arn:aws:iam::{}:role/{}", account, scope.worker_role);
    case Scope::kSchedules:
      return fmt::format("arn:aws:scheduler:{}:{}:schedule/default/mayfly-{}", region, account,
                         scope.ledger.empty() ? "*" : scope.ledger + "-*");
    case Scope::kEndRole:
      return fmt::format("arn:aws:iam::{}:role/{}", account, scope.end_role);
    case Scope::kBucket:
      return "arn:aws:s3:::" + scope.bucket;
    case Scope::kObjects:
      return fmt::format("arn:aws:s3:::{}/{}*", scope.bucket, scope.bundle_prefix);
    case Scope::kParameters:
      return fmt::format("arn:aws:ssm:{}:{}:parameter/mayfly/{}/*", region, account,
                         OrAny(scope.ledger));
    case Scope::kPublicImages:
      return fmt::format("arn:aws:ssm:{}::parameter/aws/service/*", region);
    case Scope::kSecrets:
      return fmt::format("arn:aws:secretsmanager:{}:{}:secret:mayfly/*", region, account);
    case Scope::kCluster:
      return fmt::format("arn:aws:rds:{}:{}:cluster:{}", region, account, scope.cluster);
    case Scope::kThroughSsm:
      return fmt::format("arn:aws:kms:{}:{}:key/*", region, account);
    case Scope::kHosts:
    case Scope::kHostMark:
      return Ec2Arn(scope, scope.account, "instance/" + OrAny(scope.host));
    case Scope::kHostShell:
      return Json::array({Ec2Arn(scope, scope.account, "instance/" + OrAny(scope.host)),
                          fmt::format("arn:aws:ssm:{}::document/AWS-RunShellScript", region)});
    case Scope::kHostDisks:
      return Ec2Things(scope, "", {"volume", "snapshot"});  // a snapshot's has no account
    case Scope::kSnapshotTags:
      return Ec2Things(scope, "", {"snapshot"});
    case Scope::kClusters:
      return fmt::format("arn:aws:rds:{}:{}:cluster:*", region, account);
  }
  return {};
}

Json Condition(const char* test, const char* key, Json value) {
  Json condition;
  condition[test][key] = std::move(value);
  return condition;
}

// The tag has our ledger's value; where no ledger is named, it has any at all.
Json HasTag(const char* key, const PolicyScope& scope) {
  if (scope.ledger.empty()) return Condition("Null", key, "false");
  return Condition("StringEquals", key, scope.ledger);
}

// Null where there is none.
Json ConditionOf(Scope of, const PolicyScope& scope) {
  switch (of) {
    case Scope::kBorn:
      return HasTag(kRequestTag, scope);
    case Scope::kTagged:
    case Scope::kClusters:
      return HasTag(kResourceTag, scope);
    case Scope::kTagsAtBirth:
      return Condition(
          "StringEquals", "ec2:CreateAction",
          Json::array({"RunInstances", "CreateFleet", "CreateLaunchTemplate", "CreateSnapshot"}));
    case Scope::kWorkerRole:
      return Condition("StringEquals", "iam:PassedToService", "ec2.amazonaws.com");
    case Scope::kEndRole:
      return Condition("StringEquals", "iam:PassedToService", "scheduler.amazonaws.com");
    case Scope::kThroughSsm:
      return Condition("StringLike", "kms:ViaService", "ssm.*.amazonaws.com");
    case Scope::kHostMark:
      return Condition("ForAllValues:StringEquals", "aws:TagKeys", Json::array({"mayfly:resize"}));
    case Scope::kSnapshotTags:
      return Condition("StringEquals", "ec2:CreateAction", "CreateSnapshot");
    case Scope::kLists:
    case Scope::kMadeFrom:
    case Scope::kSchedules:
    case Scope::kBucket:
    case Scope::kObjects:
    case Scope::kParameters:
    case Scope::kPublicImages:
    case Scope::kSecrets:
    case Scope::kHosts:
    case Scope::kHostShell:
    case Scope::kHostDisks:
    case Scope::kCluster:
      return {};
  }
  return {};
}

constexpr auto kScopes = std::to_array<Scope>(
    {Scope::kBorn,       Scope::kMadeFrom,  Scope::kTagsAtBirth,  Scope::kWorkerRole,
     Scope::kTagged,     Scope::kSchedules, Scope::kEndRole,      Scope::kLists,
     Scope::kBucket,     Scope::kObjects,   Scope::kParameters,   Scope::kPublicImages,
     Scope::kThroughSsm, Scope::kSecrets,   Scope::kHosts,        Scope::kHostShell,
     Scope::kHostMark,   Scope::kHostDisks, Scope::kSnapshotTags, Scope::kCluster,
     Scope::kClusters});

bool IsFor(const Permission& permission, Grantee who) {
  const bool is_of_both = who == Grantee::kController || who == Grantee::kWorker;
  return permission.who == who || (permission.who == Grantee::kBoth && is_of_both);
}

Json AsPolicy(Json statements) {
  Json policy;
  policy["Version"] = "2012-10-17";
  policy["Statement"] = std::move(statements);
  return policy;
}

Json TrustOf(const char* service) {
  Json statement;
  statement["Effect"] = "Allow";
  statement["Principal"]["Service"] = service;
  statement["Action"] = "sts:AssumeRole";
  return statement;
}

}  // namespace

Json MakePolicy(Grantee who, const PolicyScope& scope) {
  Json statements = Json::array();
  for (Scope of : kScopes) {
    if (of == Scope::kCluster && scope.cluster.empty()) continue;
    Json actions = Json::array();
    for (const Permission& permission : Permissions()) {
      if (permission.scope == of && IsFor(permission, who)) actions.push_back(permission.action);
    }
    if (actions.empty()) continue;
    Json statement;
    statement["Sid"] = SidOf(of);
    statement["Effect"] = "Allow";
    statement["Action"] = std::move(actions);
    statement["Resource"] = ResourceOf(of, scope);
    Json condition = ConditionOf(of, scope);
    if (!condition.is_null()) statement["Condition"] = std::move(condition);
    statements.push_back(std::move(statement));
  }
  return AsPolicy(std::move(statements));
}

Json MakeTrust() { return AsPolicy(Json::array({TrustOf("ec2.amazonaws.com")})); }

Json MakeSchedulerTrust(const PolicyScope& scope) {
  Json statement = TrustOf("scheduler.amazonaws.com");
  if (!scope.account.empty()) {
    statement["Condition"] = Condition("StringEquals", "aws:SourceAccount", scope.account);
  }
  return AsPolicy(Json::array({std::move(statement)}));
}

}  // namespace mayfly::aws
