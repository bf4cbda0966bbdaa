// RDS as far as a sweep needs it: serverless clusters, their capacity and their tags. The script
// makes them; there are no database instances.

#include <fmt/format.h>

#include <cstdlib>

#include "sim/ec2/wire/query_services.h"
#include "sim/ec2/wire/text.h"

namespace mayfly::ec2 {
namespace {

constexpr std::string_view kSpace = "http://rds.amazonaws.com/doc/2014-10-31/";

std::string ArnOf(const Services& services, const std::string& name) {
  return fmt::format("arn:aws:rds:{}:{}:cluster:{}", services.cloud.region, kAccount, name);
}

HttpReply NoCluster(const std::string& name) {
  return RefuseQuery({"DBClusterNotFoundFault", fmt::format("DBCluster {} not found.", name), 404});
}

std::string ClusterXml(const Services& services, const DatabaseCluster& cluster) {
  Xml xml;
  xml.Leaf("DBClusterIdentifier", cluster.name)
      .Leaf("DBClusterArn", ArnOf(services, cluster.name))
      .Leaf("Status", "available")
      .Leaf("Engine", "aurora-postgresql")
      .Leaf("EngineMode", "provisioned")
      .Open("ServerlessV2ScalingConfiguration")
      .Leaf("MinCapacity", fmt::format("{}", cluster.least))
      .Leaf("MaxCapacity", fmt::format("{}", cluster.most))
      .Close("ServerlessV2ScalingConfiguration")
      .Open("TagList");
  for (const auto& [key, value] : cluster.tags) {
    xml.Open("Tag").Leaf("Key", key).Leaf("Value", value).Close("Tag");
  }
  return xml.Close("TagList").text();
}

HttpReply Describe(const Services& services, const Params& params, const std::string& action) {
  const std::string named = params.Text("DBClusterIdentifier");
  if (!named.empty() && !services.clusters.contains(named)) return NoCluster(named);
  Xml xml;
  xml.Open("DBClusters");
  for (const auto& [name, cluster] : services.clusters) {
    if (!named.empty() && named != name) continue;
    xml.Open("DBCluster").Raw(ClusterXml(services, cluster)).Close("DBCluster");
  }
  return QueryReply(services, action, kSpace, xml.Close("DBClusters").text());
}

HttpReply Modify(Services& services, const Params& params, const std::string& action) {
  const std::string named = params.Text("DBClusterIdentifier");
  const auto found = services.clusters.find(named);
  if (found == services.clusters.end()) return NoCluster(named);
  DatabaseCluster& cluster = found->second;
  const auto set = [&](const std::string& key, double& value) {
    const std::string text = params.Text("ServerlessV2ScalingConfiguration." + key);
    if (!text.empty()) value = std::strtod(text.c_str(), nullptr);
  };
  set("MinCapacity", cluster.least);
  set("MaxCapacity", cluster.most);
  Xml xml;
  xml.Open("DBCluster").Raw(ClusterXml(services, cluster)).Close("DBCluster");
  return QueryReply(services, action, kSpace, xml.text());
}

HttpReply ChangeTags(Services& services, const Params& params, const std::string& action) {
  const std::string arn = params.Text("ResourceName");
  for (auto& [name, cluster] : services.clusters) {
    if (ArnOf(services, name) != arn) continue;
    for (const std::string& item : params.Items("Tags.Tag")) {
      cluster.tags[params.Text(item + ".Key")] = params.Text(item + ".Value");
    }
    for (const std::string& key : params.List("TagKeys.member")) cluster.tags.erase(key);
    return QueryReply(services, action, kSpace, "");
  }
  return NoCluster(arn);
}

}  // namespace

HttpReply AnswerRds(Services& services, const Params& params) {
  const std::string action = params.Text("Action");
  if (action == "DescribeDBClusters") return Describe(services, params, action);
  if (action == "ModifyDBCluster") return Modify(services, params, action);
  if (action == "AddTagsToResource" || action == "RemoveTagsFromResource") {
    return ChangeTags(services, params, action);
  }
  if (action != "DescribeDBInstances") {
    return RefuseQuery({"InvalidAction", "Could not find operation " + action, 400});
  }
  const std::string named = params.Text("DBInstanceIdentifier");
  if (named.empty()) return QueryReply(services, action, kSpace, "<DBInstances/>");
  return RefuseQuery({"DBInstanceNotFound", fmt::format("DBInstance {} not found.", named), 404});
}

}  // namespace mayfly::ec2
