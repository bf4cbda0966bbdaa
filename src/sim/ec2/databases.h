#pragma once
// Aurora Serverless v2 clusters of RDS, as far as their capacity and tags go.

#include <string>
#include <vector>

#include "sim/ec2/cloud.h"

namespace mayfly::ec2 {

// DBClusterNotFoundFault where there is none.
Answer<DbCluster*> FindCluster(Cloud& cloud, const std::string& id);
Answer<DbCluster*> FindClusterByArn(Cloud& cloud, const std::string& arn);

// As somebody set it, whoever that is: makes it where there is none.
void PutCluster(Cloud& cloud, const std::string& id, double least, double most);

// InvalidParameterValue: not 0 to 256 in halves, or the least above the most.
// InvalidDBClusterStateFault: it is being changed already.
Answer<Done> ModifyCluster(Cloud& cloud, const std::string& id, double least, double most);

bool IsBeingChanged(const Cloud& cloud, const DbCluster& cluster);

}  // namespace mayfly::ec2
