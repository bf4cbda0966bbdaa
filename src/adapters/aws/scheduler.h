#pragma once
// EventBridge Scheduler: something that AWS itself does at a time, whoever of us is dead by then.

#include <optional>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "base/time.h"

namespace mayfly::aws {

// Once, then it deletes itself.
struct Schedule {
  std::string name, group;  // group empty: "default"
  Instant at;               // to the second
  std::string target_arn;   // "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances"
  std::string role_arn;     // whom the scheduler acts as
  std::string input;        // JSON: {"InstanceIds":["i-…"]}
  std::string client_token;
};
// kConflict: there is one of this name, made with another token.
Status CreateSchedule(Caller& caller, const Schedule& schedule);
// A schedule as a list shows it.
struct ListedSchedule {
  std::string name, group;
  std::optional<Instant> created;
};
// Those whose name begins so, in every group.
Result<std::vector<ListedSchedule>> ListSchedules(Caller& caller, const std::string& prefix);

// What one of this name does from now on, all of it. kNotFound: there is none, or it is done.
Status UpdateSchedule(Caller& caller, const Schedule& schedule);
// kNotFound: it is gone, done or not.
Status DeleteSchedule(Caller& caller, const std::string& name, const std::string& group = "");

}  // namespace mayfly::aws
