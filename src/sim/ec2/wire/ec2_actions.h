#pragma once
// The EC2 Query API: an action is a function from parameters to the inside of its answer.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ec2/wire/message.h"
#include "sim/ec2/wire/params.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {

struct Ec2Action {
  std::string_view name;
  Answer<std::string> (*run)(Services& services, const Params& params);
};

// By topic; together they are all that this EC2 can do.
std::span<const Ec2Action> LaunchActions();    // RunInstances, templates, fleets
std::span<const Ec2Action> InstanceActions();  // what is done to instances, and seen of them
std::span<const Ec2Action> ResourceActions();  // volumes, snapshots, addresses, interfaces, tags
std::span<const Ec2Action>
MakingActions();                            // volumes, interfaces, groups, images without a machine
std::span<const Ec2Action> OfferActions();  // types, zones, images, networks, prices

// A form of EC2, answered in XML.
HttpReply AnswerEc2(Services& services, const Params& params);

// STS: GetCallerIdentity.

// An item of instancesSet.
std::string InstanceXml(const Cloud& cloud, const Instance& instance);

// The group and the machines of one launch: a reservation, without its element.
std::string ReservationXml(const Cloud& cloud, const std::vector<const Instance*>& instances);

}  // namespace mayfly::ec2
