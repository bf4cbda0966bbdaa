#pragma once
// Which EC2 instance this computer is.

#include <set>
#include <string>

#include "adapters/aws/imds.h"
#include "base/result.h"
#include "seams/file_system.h"

namespace mayfly::aws {

// What it may be called, by the metadata service and by what the firmware says; empty: it is none.
// An error: it is an EC2 instance, and neither says which.
Result<std::set<std::string>> OwnInstanceIds(Imds& imds, FileSystem& files);

}  // namespace mayfly::aws
