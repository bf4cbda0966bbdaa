// Where machines will be, and whether the database can be reached from there.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "adapters/aws/preflight/address.h"
#include "adapters/aws/preflight/survey.h"
#include "adapters/aws/rds.h"
#include "base/text.h"

namespace mayfly::aws {
namespace {

constexpr const char* kSubnets = "subnets";
constexpr const char* kGroups = "security groups";
constexpr const char* kRoute = "route to the database";

std::string Describe(const Subnet& subnet) {
  return fmt::format("{} in {}, {} free", subnet.id, subnet.zone, subnet.free_addresses);
}

std::set<std::string> NetworksOf(const std::vector<Subnet>& subnets) {
  std::set<std::string> networks;
  for (const Subnet& subnet : subnets) networks.insert(subnet.vpc_id);
  return networks;
}

bool IsOpenToAll(const PortRule& rule) {
  return std::ranges::any_of(rule.ranges, [](const std::string& range) {
    return range == "0.0.0.0/0" || range == "::/0";
  });
}

bool CoversPort(const PortRule& rule, int port) {
  if (rule.protocol == "-1") return true;
  const bool is_tcp = rule.protocol == "tcp" || rule.protocol == "6";
  return is_tcp && rule.from <= port && port <= rule.to;
}

// Whether a rule lets a port out to a host. A name may stand for any address, and a group may hold
// it: these are given the benefit of the doubt.
bool LetsOut(const PortRule& rule, const std::string& host, int port) {
  const bool is_address = IsWithin(host, "0.0.0.0/0");
  if (!CoversPort(rule, port)) return false;
  if (!is_address || !rule.groups.empty() || IsOpenToAll(rule)) return true;
  return std::ranges::any_of(rule.ranges,
                             [&](const std::string& range) { return IsWithin(host, range); });
}

bool LetsOut(const std::vector<SecurityGroup>& groups, const std::string& host, int port) {
  return std::ranges::any_of(groups, [&](const SecurityGroup& group) {
    return std::ranges::any_of(group.outbound,
                               [&](const PortRule& rule) { return LetsOut(rule, host, port); });
  });
}

// --- From there: a database of RDS --------------------------------------------------------------

bool IsRds(const std::string& host) { return host.find(".rds.amazonaws.com") != std::string::npos; }

// The instance behind a name, or an instance of the cluster behind it.
Result<DbInstance> FindDatabase(Caller& caller, const std::string& host) {
  TRY_ASSIGN(const std::vector<DbInstance> instances, DescribeDbInstances(caller));
  const auto named = std::ranges::find(instances, host, &DbInstance::host);
  if (named != instances.end()) return *named;
  TRY_ASSIGN(const std::vector<DbCluster> clusters, DescribeDbClusters(caller));
  for (const DbCluster& cluster : clusters) {
    if (cluster.host != host && cluster.reader_host != host) continue;
    const auto one = std::ranges::find(instances, cluster.id, &DbInstance::cluster_id);
    if (one != instances.end()) return *one;
  }
  return NotFound(fmt::format("no database of this account and region is called {}", host));
}

bool LetsIn(const SecurityGroup& group, const Survey& survey, int port) {
  return std::ranges::any_of(group.inbound, [&](const PortRule& rule) {
    if (!CoversPort(rule, port)) return false;
    const bool by_group = std::ranges::any_of(*survey.groups, [&](const SecurityGroup& ours) {
      return std::ranges::find(rule.groups, ours.id) != rule.groups.end();
    });
    const bool by_range = std::ranges::all_of(*survey.subnets, [&](const Subnet& subnet) {
      return std::ranges::any_of(
          rule.ranges, [&](const std::string& range) { return IsWithin(subnet.range, range); });
    });
    return by_group || by_range;
  });
}

PreflightCheck CheckRds(const Survey& survey, const DatabaseRoom& room) {
  Result<DbInstance> database = FindDatabase(survey.caller, room.host);
  if (!database.ok()) return FromError(kRoute, database.error(), "name the database as RDS does");
  const std::string next = fmt::format(
      "aws ec2 authorize-security-group-ingress --group-id {} --protocol tcp --port {} "
      "--source-group {}",
      Join(database->security_groups, " or "), room.port, survey.groups->front().id);
  Result<std::vector<SecurityGroup>> groups =
      DescribeSecurityGroups(survey.caller, {database->security_groups, {}});
  if (!groups.ok()) return FromError(kRoute, groups.error(), next);
  for (const SecurityGroup& group : *groups) {
    if (!LetsIn(group, survey, room.port)) continue;
    if (NetworksOf(*survey.subnets) == std::set<std::string>{database->vpc_id}) {
      return Pass(kRoute, fmt::format("{} lets the machines in on port {}, in the same network",
                                      group.id, room.port));
    }
    PreflightCheck check = CannotTell(
        kRoute,
        fmt::format("{} lets the machines in, but {} is in the network {} and they are in another",
                    group.id, database->id, database->vpc_id),
        "see that the networks are peered and routed");
    check.excuse = "the routes of two networks are not followed from here";
    return check;
  }
  return Fail(kRoute,
              fmt::format("no security group of {} ({}) lets the machines in on port {}",
                          database->id, Join(database->security_groups, ", "), room.port),
              next);
}

PreflightCheck CheckElsewhere(const DatabaseRoom& room) {
  PreflightCheck check = CannotTell(
      kRoute,
      fmt::format(
          "the groups let port {} out; whether {} takes it from there is not seen from here",
          room.port, room.host),
      "let the machines' subnets in at the database's firewall");
  check.excuse =
      "a machine that does not reach its database ends itself within minutes, and says so";
  return check;
}

// The first thing that keeps the way from being looked at.
std::string WhatIsMissing(const Survey& survey) {
  if (survey.request.database.is_embedded) return "the database is embedded";
  if (!survey.request.database.room) return "the database was not reached from here";
  if (!survey.subnets.ok() || survey.subnets->empty()) return "the subnets are not known";
  if (!survey.groups.ok() || survey.groups->empty()) return "the security groups are not known";
  return {};
}

}  // namespace

PreflightCheck CheckSubnets(const Survey& survey) {
  const std::string next = "name subnets (one a zone) or zones in [machines.ec2]";
  if (!survey.subnets.ok()) return FromError(kSubnets, survey.subnets.error(), next);
  const std::vector<Subnet>& subnets = *survey.subnets;
  const std::vector<std::string>& zones = survey.request.ec2.zones;
  if (subnets.empty()) {
    const std::string where = zones.empty() ? "this region" : Join(zones, ", ");
    return Fail(kSubnets, "there is no default subnet in " + where, next);
  }
  std::vector<std::string> found;
  for (const Subnet& subnet : subnets) found.push_back(Describe(subnet));
  const std::string all = Join(found, "; ");
  if (NetworksOf(subnets).size() > 1) return Fail(kSubnets, all + "; of different networks", next);
  for (const std::string& zone : zones) {
    if (std::ranges::find(subnets, zone, &Subnet::zone) != subnets.end()) continue;
    return Fail(kSubnets, fmt::format("{}; none in {}", all, zone), next);
  }
  std::int64_t room = 0;
  for (const Subnet& subnet : subnets) room += subnet.free_addresses;
  if (room < survey.request.machines) {
    return Fail(kSubnets, all, "free addresses there, or name another subnet");
  }
  return Pass(kSubnets, all);
}

PreflightCheck CheckGroups(const Survey& survey) {
  const std::string next = "name groups of the machines' network in [machines.ec2]";
  if (!survey.groups.ok()) return FromError(kGroups, survey.groups.error(), next);
  if (survey.groups->empty()) return Fail(kGroups, "none: the network has no default group", next);
  std::vector<std::string> found;
  bool is_open = false;
  bool is_foreign = false;
  for (const SecurityGroup& group : *survey.groups) {
    found.push_back(fmt::format("{} ({})", group.id, group.name));
    is_open |= std::ranges::any_of(group.inbound, IsOpenToAll);
    is_foreign |= survey.subnets.ok() && !NetworksOf(*survey.subnets).contains(group.vpc_id);
  }
  std::string all = Join(found, ", ");
  if (is_foreign) return Fail(kGroups, all + "; not of the subnets' network", next);
  if (is_open) all += "; it lets anybody in, which no machine of ours needs: remove that rule";
  const std::optional<DatabaseRoom>& room = survey.request.database.room;
  if (room && !LetsOut(*survey.groups, room->host, room->port) && !IsCloudHere(survey.caller)) {
    return Fail(kGroups,
                fmt::format("{}; port {} is not let out to {}", all, room->port, room->host),
                fmt::format("allow outbound tcp {} in one of them", room->port));
  }
  return Pass(kGroups, all);
}

PreflightCheck CheckRoute(const Survey& survey) {
  const std::string missing = WhatIsMissing(survey);
  if (!missing.empty()) return CannotTell(kRoute, missing, "mend the line that says so");
  const DatabaseRoom& room = *survey.request.database.room;
  const bool is_here = IsThisComputer(room.host);
  if (is_here && IsCloudHere(survey.caller)) {
    return Pass(kRoute, "the machines of this simulated cloud are on this computer, as it is");
  }
  if (is_here) {
    return Fail(kRoute, fmt::format("{} is this computer itself, for whoever says it", room.host),
                "name the database by an address that machines elsewhere reach");
  }
  return IsRds(room.host) ? CheckRds(survey, room) : CheckElsewhere(room);
}

}  // namespace mayfly::aws
