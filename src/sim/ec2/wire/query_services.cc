#include "sim/ec2/wire/query_services.h"

#include <fmt/format.h>

#include <cstdlib>

#include "sim/ec2/databases.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

HttpReply NoAction(const std::string& action) {
  return RefuseQuery({"InvalidAction", "Could not find operation " + action, 400});
}

// Keys of the documentation's: they look like keys and open nothing.
std::string AssumedRole(const Services& services, const Params& params) {
  const std::string arn = params.Text("RoleArn"), session = params.Text("RoleSessionName");
  const std::string name = arn.substr(arn.rfind('/') + 1);
  return fmt::format(
      "<AssumedRoleUser><AssumedRoleId>AROACLKWSDQRAOEXAMPLE:{0}</AssumedRoleId>"
      "<Arn>arn:aws:sts::{1}:assumed-role/{2}/{0}</Arn></AssumedRoleUser><Credentials>"
      "<AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>"
      "<SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</SecretAccessKey>"
      "<SessionToken>{2}</SessionToken><Expiration>{3}</Expiration></Credentials>",
      EscapeXml(session), kAccount, EscapeXml(name), Stamp(services.cloud.now + hours(1)));
}

std::string ClusterXml(const Cloud& cloud, const DbCluster& cluster) {
  Xml xml;
  xml.Open("DBCluster")
      .Leaf("DBClusterIdentifier", cluster.id)
      .Leaf("DBClusterArn", cluster.arn)
      .Leaf("Status", IsBeingChanged(cloud, cluster) ? "modifying" : "available")
      .Leaf("Engine", "aurora-postgresql")
      .Leaf("EngineMode", "provisioned")  // as AWS calls what is serverless, version 2
      .Open("ServerlessV2ScalingConfiguration")
      .Leaf("MinCapacity", fmt::format("{}", cluster.least))
      .Leaf("MaxCapacity", fmt::format("{}", cluster.most))
      .Close("ServerlessV2ScalingConfiguration")
      .Open("TagList");
  for (const auto& [key, value] : cluster.tags) {
    xml.Open("Tag").Leaf("Key", key).Leaf("Value", value).Close("Tag");
  }
  return xml.Close("TagList").Close("DBCluster").text();
}

Answer<std::string> DescribeDb(Services& services, const Params& params) {
  const bool is_cluster = params.Text("Action") == "DescribeDBClusters";
  const std::string kind = is_cluster ? "DBCluster" : "DBInstance";
  const std::string named = params.Text(kind + "Identifier");
  if (!is_cluster && !named.empty()) {
    return Refusal{"DBInstanceNotFound", fmt::format("{} {} not found.", kind, named), 404};
  }
  std::string list;
  if (is_cluster && !named.empty()) {
    TRY_ASSIGN(const DbCluster* one, FindCluster(services.cloud, named));
    list = ClusterXml(services.cloud, *one);
  } else if (is_cluster) {
    for (const auto& [id, one] : services.cloud.clusters) list += ClusterXml(services.cloud, one);
  }
  return fmt::format("<{0}s>{1}</{0}s>", kind, list);
}

// MinCapacity and MaxCapacity; what is left out stays.
Answer<std::string> ModifyDb(Services& services, const Params& params) {
  const std::string name = params.Text("DBClusterIdentifier");
  TRY_ASSIGN(DbCluster * cluster, FindCluster(services.cloud, name));
  const auto units = [&](const std::string& key, double otherwise) {
    const std::string text = params.Text("ServerlessV2ScalingConfiguration." + key);
    return text.empty() ? otherwise : std::strtod(text.c_str(), nullptr);
  };
  TRY(ModifyCluster(services.cloud, name, units("MinCapacity", cluster->least),
                    units("MaxCapacity", cluster->most)));
  return ClusterXml(services.cloud, *cluster);
}

Answer<std::string> TagDb(Services& services, const Params& params) {
  TRY_ASSIGN(DbCluster * cluster, FindClusterByArn(services.cloud, params.Text("ResourceName")));
  for (const auto& [key, value] : params.TagsAt("Tags.")) cluster->tags[key] = value;
  for (const std::string& key : params.List("TagKeys.member")) cluster->tags.erase(key);
  return std::string();
}

}  // namespace

HttpReply QueryReply(const Services& services, const std::string& action, std::string_view space,
                     const std::string& result) {
  HttpReply reply;
  reply.body = fmt::format(
      "<{0}Response xmlns=\"{1}\"><{0}Result>{2}</{0}Result><ResponseMetadata>"
      "<RequestId>{3:032}</RequestId></ResponseMetadata></{0}Response>",
      action, space, result, services.requests);
  return reply;
}

HttpReply AnswerSts(Services& services, const Params& params) {
  constexpr std::string_view kSpace = "https://sts.amazonaws.com/doc/2011-06-15/";
  const std::string action = params.Text("Action");
  if (action == "GetCallerIdentity") {
    return QueryReply(services, action, kSpace,
                      fmt::format("<Arn>arn:aws:iam::{0}:user/operator</Arn>"
                                  "<UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>{0}</Account>",
                                  kAccount));
  }
  if (action != "AssumeRole") return NoAction(action);
  if (params.Text("RoleArn").empty() || params.Text("RoleSessionName").empty()) {
    return RefuseQuery({"ValidationError", "RoleArn and RoleSessionName are needed", 400});
  }
  return QueryReply(services, action, kSpace, AssumedRole(services, params));
}

HttpReply AnswerRds(Services& services, const Params& params) {
  constexpr std::string_view kSpace = "http://rds.amazonaws.com/doc/2014-10-31/";
  const std::string action = params.Text("Action");
  Answer<std::string> (*answer)(Services&, const Params&) = nullptr;
  if (action == "DescribeDBClusters" || action == "DescribeDBInstances") answer = DescribeDb;
  if (action == "ModifyDBCluster") answer = ModifyDb;
  if (action == "AddTagsToResource" || action == "RemoveTagsFromResource") answer = TagDb;
  if (answer == nullptr) return NoAction(action);
  const Answer<std::string> result = answer(services, params);
  return result.ok() ? QueryReply(services, action, kSpace, *result) : RefuseQuery(result.error());
}

HttpReply RefuseQuery(const Refusal& why) {
  HttpReply reply{.status = why.status};
  reply.body = fmt::format(
      "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error>"
      "<RequestId>0</RequestId></ErrorResponse>",
      EscapeXml(why.code), EscapeXml(why.message));
  return reply;
}

}  // namespace mayfly::ec2
