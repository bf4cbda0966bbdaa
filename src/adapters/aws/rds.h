#pragma once
// RDS and Aurora: what the database is, and a login to it without a password.

#include <string>
#include <vector>

#include "adapters/aws/caller.h"

namespace mayfly::aws {

struct DbInstance {
  std::string id, instance_class, status, engine, host, cluster_id, zone;
  std::int64_t port = 0;  // 0: it has no endpoint yet
  bool has_iam_login = false;
  std::string vpc_id;
  std::vector<std::string> security_groups;
};
// One by name, or all. kNotFound: no such one.
Result<std::vector<DbInstance>> DescribeDbInstances(Caller& caller, const std::string& id = "");

struct DbCluster {
  std::string id, arn, status, engine, engine_mode, host, reader_host;
  std::int64_t port = 0;
  bool has_iam_login = false;
  // Of a serverless one, in capacity units (ACU).
  std::optional<double> least_capacity, most_capacity;
  Tags tags;
};
Result<std::vector<DbCluster>> DescribeDbClusters(Caller& caller, const std::string& id = "");

// The capacity that a serverless cluster moves in, from now on. kUnavailable: it is being changed
// just now.
struct DbCapacity {
  double least = 0, most = 0;
};
Status ModifyDbCluster(Caller& caller, const std::string& id, const DbCapacity& capacity);

// Of a thing of RDS, by its ARN. Repeating either is harmless.
Status AddDbTags(Caller& caller, const std::string& arn, const Tags& tags);
Status RemoveDbTags(Caller& caller, const std::string& arn, const std::vector<std::string>& keys);

// A password that is good for 15 minutes, for `user` at HOST:PORT with TLS. It is a secret (I12).
struct DbLogin {
  std::string host, user;
  int port = 5432;
};
Result<std::string> DbAuthToken(Caller& caller, const DbLogin& login);

}  // namespace mayfly::aws
