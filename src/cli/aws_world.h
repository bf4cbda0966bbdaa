#pragma once
// What of AWS a database reference and a machine's own side need, wired; see world.h.

#include <memory>
#include <string>

#include "base/result.h"
#include "seams/machine_provider.h"

namespace mayfly::cli {

// "ssm:/NAME", "secretsmanager:NAME".
bool IsKeptByAws(const std::string& reference);

// The conninfo that such a reference names, asked for as whoever AWS's own tools would be here, and
// in the region that they would take. It is a secret (I12).
Result<std::string> AskAws(const std::string& reference);

// What a machine was given as its way to the ledger: what AWS keeps for it is fetched, anything
// else is the conninfo itself.
Result<std::string> FindAccess(const std::string& access);

// On a machine of EC2: what its metadata say of its end.
std::unique_ptr<NoticeSource> MakeEc2Notices();

}  // namespace mayfly::cli
