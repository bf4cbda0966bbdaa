#pragma once
// SSM: a shell script on an instance, without SSH: its agent asks for it from inside.

#include <string>

#include "adapters/aws/caller.h"

namespace mayfly::aws {

struct ShellScript {
  std::string instance_id, script, comment;
  seconds deliver_within = minutes(1);  // an agent that has not asked by then gets nothing
};

// The command's id. Sent again where the answer was lost, so the script must be harmless twice.
// kInvalid: SSM does not know an agent there, or the instance does not run.
Result<std::string> SendCommand(Caller& caller, const ShellScript& script);

struct ShellResult {
  bool is_over = false;
  std::string status;      // "InProgress", "Success", "Failed", "TimedOut", …
  std::int64_t code = -1;  // what the script exited with
  std::string out, err;    // the first 24,000 characters of each
};
// kNotFound: not known yet, some seconds after it was sent.
Result<ShellResult> GetCommandInvocation(Caller& caller, const std::string& command_id,
                                         const std::string& instance_id);

}  // namespace mayfly::aws
