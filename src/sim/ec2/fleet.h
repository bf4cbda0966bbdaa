#pragma once
// Launch templates, and fleets of type instant: EC2's own search through pools, whose answer has
// instances and errors together.

#include <string>
#include <vector>

#include "sim/ec2/cloud.h"

namespace mayfly::ec2 {

struct TemplateRequest {
  std::string name;
  MachineRequest data;  // not resolved: an override may complete it
  std::string token;
  Tags tags;
};
Answer<LaunchTemplate> CreateLaunchTemplate(Cloud& cloud, const TemplateRequest& request);

// The number of the new version.
Answer<int> AddTemplateVersion(Cloud& cloud, const TemplateRef& which, const MachineRequest& data);

// By id or name; InvalidLaunchTemplateId.NotFound or InvalidLaunchTemplateName.NotFoundException.
Answer<LaunchTemplate> DeleteLaunchTemplate(Cloud& cloud, const TemplateRef& which);
Answer<const LaunchTemplate*> FindTemplate(const Cloud& cloud, const TemplateRef& which);

// What a version of it asks for.
Answer<MachineRequest> ReadTemplate(const Cloud& cloud, const TemplateRef& which);

// Tries the pools in the order of the strategy until the target is reached. An answer without
// instances is the normal "no capacity". The same token answers the same fleet.
Answer<const Fleet*> CreateFleet(Cloud& cloud, const FleetRequest& request,
                                 const std::string& token);

// Always terminates the instances of an instant fleet: EC2 refuses it otherwise.
struct FleetDeletion {
  std::string id;
  bool was_known = true;
};
Answer<std::vector<FleetDeletion>> DeleteFleets(Cloud& cloud, const std::vector<std::string>& ids,
                                                bool terminates);

}  // namespace mayfly::ec2
