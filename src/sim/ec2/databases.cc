#include "sim/ec2/databases.h"

#include <fmt/format.h>

#include <cmath>

#include "sim/ec2/catalogue.h"

namespace mayfly::ec2 {
namespace {

constexpr double kMostUnits = 256;

bool IsHalf(double units) { return units >= 0 && std::floor(units * 2) == units * 2; }

Refusal NoCluster(const std::string& id) {
  return {"DBClusterNotFoundFault", fmt::format("DBCluster {} not found.", id), 404};
}

// A stretch at one floor ends and the next begins.
void SetFloor(Cloud& cloud, DbCluster& cluster, double least, double most) {
  if (!cluster.floors.empty()) cluster.floors.back().to = cloud.now;
  cluster.floors.push_back({cloud.now, std::nullopt, least});
  cluster.least = least;
  cluster.most = most;
}

}  // namespace

Answer<DbCluster*> FindCluster(Cloud& cloud, const std::string& id) {
  const auto found = cloud.clusters.find(id);
  if (found == cloud.clusters.end()) return NoCluster(id);
  return &found->second;
}

Answer<DbCluster*> FindClusterByArn(Cloud& cloud, const std::string& arn) {
  for (auto& [id, cluster] : cloud.clusters) {
    if (cluster.arn == arn) return &cluster;
  }
  return NoCluster(arn);
}

void PutCluster(Cloud& cloud, const std::string& id, double least, double most) {
  DbCluster& cluster = cloud.clusters[id];
  cluster.id = id;
  cluster.arn = fmt::format("arn:aws:rds:{}:{}:cluster:{}", cloud.region, kAccount, id);
  SetFloor(cloud, cluster, least, most);
}

Answer<Done> ModifyCluster(Cloud& cloud, const std::string& id, double least, double most) {
  TRY_ASSIGN(DbCluster * cluster, FindCluster(cloud, id));
  if (!IsHalf(least) || !IsHalf(most) || most > kMostUnits || least > most) {
    return Refusal{
        "InvalidParameterValue",
        fmt::format("MinCapacity {} and MaxCapacity {} are no capacity range", least, most)};
  }
  if (IsBeingChanged(cloud, *cluster)) {
    return Refusal{"InvalidDBClusterStateFault",
                   fmt::format("DbCluster {} is not in available state", id)};
  }
  SetFloor(cloud, *cluster, least, most);
  cluster->changed_until = cloud.now + cloud.weather.delays.cluster_change;
  return Done{};
}

bool IsBeingChanged(const Cloud& cloud, const DbCluster& cluster) {
  return cloud.now < cluster.changed_until;
}

}  // namespace mayfly::ec2
