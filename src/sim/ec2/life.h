#pragma once
// Time passes: instances boot, end, are taken back and leave things behind. And the verbs that
// change an instance's state, of the API and of the instance itself.

#include <optional>
#include <string>
#include <vector>

#include "sim/ec2/cloud.h"

namespace mayfly::ec2 {

// When something will happen by itself next; nullopt: nothing.
std::optional<Instant> NextChange(const Cloud& cloud);

// Everything that is due up to `now` has happened, each thing at its own time. Time never goes
// back.
void AdvanceTo(Cloud& cloud, Instant now);

struct StateChange {
  std::string instance;
  InstanceState before;
  InstanceState after;
};
using StateChanges = std::vector<StateChange>;

// All of them or none: one id that is not known refuses the call. Terminating twice is harmless.
Answer<StateChanges> TerminateInstances(Cloud& cloud, const std::vector<std::string>& ids);
Answer<StateChanges> StopInstances(Cloud& cloud, const std::vector<std::string>& ids);
Answer<StateChanges> StartInstances(Cloud& cloud, const std::vector<std::string>& ids);
Answer<Done> RebootInstances(Cloud& cloud, const std::vector<std::string>& ids);

// The instance must be stopped.
Answer<Done> ChangeType(Cloud& cloud, const std::string& id, const std::string& type);

// The operating system ended, by shutdown -h or by its init: terminated or stopped, as the instance
// was told to behave. Nothing for one that does not run.
void ShutDownFromWithin(Cloud& cloud, const std::string& id);

// It goes on running, and user data does not run again.
void RebootFromWithin(Cloud& cloud, const std::string& id);

// The cloud takes it: by the rule, counted from now. Only what runs can be taken.
void Reclaim(Cloud& cloud, Instance& instance, const ReclaimRule& rule);

}  // namespace mayfly::ec2
