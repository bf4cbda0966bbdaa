#include "adapters/aws/rds.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>

#include "adapters/aws/presign.h"
#include "adapters/aws/xml.h"

namespace mayfly::aws {
namespace {

constexpr int kMostPages = 50;
constexpr std::string_view kVersion = "2014-10-31";

// The list under ACTIONResult, page by page.
struct RdsList {
  std::string action, id_name, list, member;
};

template <typename Item>
Result<std::vector<Item>> Describe(Caller& caller, const RdsList& list, const std::string& id,
                                   Result<Item> (*parse)(pugi::xml_node)) {
  std::vector<Item> items;
  std::string marker;
  for (int page = 0; page < kMostPages; ++page) {
    Query query(list.action, kVersion);
    query.SetUnlessEmpty(list.id_name, id).SetUnlessEmpty("Marker", marker);
    TRY_ASSIGN(const HttpResponse response, caller.Send(QueryCall(Service::kRds, query)));
    TRY_ASSIGN(const XmlAnswer answer, XmlAnswer::Parse(response.body, list.action + "Response"));
    const pugi::xml_node result = answer.root().child((list.action + "Result").c_str());
    if (!result.child(list.list.c_str())) return Corrupt("rds " + list.action + ": no list");
    for (pugi::xml_node node : Items(result, list.list, list.member)) {
      Result<Item> item = parse(node);
      if (!item.ok()) return item.error().Within("rds " + list.action);
      items.push_back(*std::move(item));
    }
    marker = Text(result, "Marker");
    if (marker.empty()) return items;
  }
  return Exhausted("rds " + list.action + ": too many pages");
}

Result<DbInstance> ParseInstance(pugi::xml_node node) {
  DbInstance instance;
  TRY_ASSIGN(instance.id, NeedText(node, "DBInstanceIdentifier"));
  TRY_ASSIGN(instance.status, NeedText(node, "DBInstanceStatus"));
  instance.instance_class = Text(node, "DBInstanceClass");
  instance.engine = Text(node, "Engine");
  instance.cluster_id = Text(node, "DBClusterIdentifier");
  instance.zone = Text(node, "AvailabilityZone");
  instance.host = Text(node, "Endpoint/Address");
  if (!Text(node, "Endpoint/Port").empty()) {
    TRY_ASSIGN(instance.port, NeedInt(node, "Endpoint/Port"));
  }
  instance.has_iam_login = Text(node, "IAMDatabaseAuthenticationEnabled") == "true";
  instance.vpc_id = Text(node, "DBSubnetGroup/VpcId");
  for (pugi::xml_node group : Items(node, "VpcSecurityGroups", "VpcSecurityGroupMembership")) {
    instance.security_groups.push_back(Text(group, "VpcSecurityGroupId"));
  }
  return instance;
}

Result<std::optional<double>> MaybeDouble(pugi::xml_node node, std::string_view path) {
  const std::string text = Text(node, path);
  if (text.empty()) return std::optional<double>();
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return Corrupt("a capacity that is no number");
  }
  return std::optional<double>(number);
}

Result<DbCluster> ParseCluster(pugi::xml_node node) {
  DbCluster cluster;
  TRY_ASSIGN(cluster.id, NeedText(node, "DBClusterIdentifier"));
  TRY_ASSIGN(cluster.status, NeedText(node, "Status"));
  cluster.arn = Text(node, "DBClusterArn");
  cluster.engine = Text(node, "Engine");
  cluster.engine_mode = Text(node, "EngineMode");
  cluster.host = Text(node, "Endpoint");
  cluster.reader_host = Text(node, "ReaderEndpoint");
  if (!Text(node, "Port").empty()) {
    TRY_ASSIGN(cluster.port, NeedInt(node, "Port"));
  }
  cluster.has_iam_login = Text(node, "IAMDatabaseAuthenticationEnabled") == "true";
  const std::string scaling = "ServerlessV2ScalingConfiguration/";
  TRY_ASSIGN(cluster.least_capacity, MaybeDouble(node, scaling + "MinCapacity"));
  TRY_ASSIGN(cluster.most_capacity, MaybeDouble(node, scaling + "MaxCapacity"));
  for (pugi::xml_node tag : Items(node, "TagList", "Tag")) {
    cluster.tags.emplace_back(Text(tag, "Key"), Text(tag, "Value"));
  }
  return cluster;
}

// A change, answered by ACTIONResponse; it is done whether or not the answer can be read.
Status Change(Caller& caller, const Query& query) {
  TRY_ASSIGN(const HttpResponse response,
             caller.Send(QueryCall(Service::kRds, query, Effect::kRepeatable)));
  const Result<XmlAnswer> answer =
      XmlAnswer::Parse(response.body, std::string(query.action()) + "Response");
  if (answer.ok()) return {};
  return Ambiguous("rds " + query.action() + ": " + answer.error().message());
}

}  // namespace

Result<std::vector<DbInstance>> DescribeDbInstances(Caller& caller, const std::string& id) {
  return Describe<DbInstance>(
      caller, {"DescribeDBInstances", "DBInstanceIdentifier", "DBInstances", "DBInstance"}, id,
      &ParseInstance);
}

Result<std::vector<DbCluster>> DescribeDbClusters(Caller& caller, const std::string& id) {
  return Describe<DbCluster>(
      caller, {"DescribeDBClusters", "DBClusterIdentifier", "DBClusters", "DBCluster"}, id,
      &ParseCluster);
}

Status ModifyDbCluster(Caller& caller, const std::string& id, const DbCapacity& capacity) {
  Query query("ModifyDBCluster", kVersion);
  const std::string scaling = "ServerlessV2ScalingConfiguration.";
  query.Set("DBClusterIdentifier", id)
      .Set(scaling + "MinCapacity", fmt::format("{}", capacity.least))
      .Set(scaling + "MaxCapacity", fmt::format("{}", capacity.most))
      .SetFlag("ApplyImmediately", true);
  return Change(caller, query);
}

Status AddDbTags(Caller& caller, const std::string& arn, const Tags& tags) {
  Query query("AddTagsToResource", kVersion);
  query.Set("ResourceName", arn).SetTags("Tags.Tag", tags);
  return Change(caller, query);
}

Status RemoveDbTags(Caller& caller, const std::string& arn, const std::vector<std::string>& keys) {
  Query query("RemoveTagsFromResource", kVersion);
  query.Set("ResourceName", arn).SetList("TagKeys.member", keys);
  return Change(caller, query);
}

Result<std::string> DbAuthToken(Caller& caller, const DbLogin& login) {
  TRY_ASSIGN(const Credentials credentials, caller.credentials().Get());
  PresignRequest request;
  request.host = login.host + ":" + std::to_string(login.port);
  request.query = {{"Action", "connect"}, {"DBUser", login.user}};
  request.region = caller.endpoints().region();
  request.service = "rds-db";
  request.at = caller.clock().Wall();
  return Presign(request, credentials);
}

}  // namespace mayfly::aws
