#pragma once
// Where machines of a phase may be, and what they are made from: its words as ids of EC2.

#include <map>
#include <string>

#include "adapters/aws/caller.h"
#include "model/ec2_spec.h"

namespace mayfly::aws {

struct Ec2Places {
  std::string region;
  std::map<std::string, std::string> subnets;  // by zone; none at all: the zones' default ones
  std::string image_id, root_device;
  std::string architecture;  // of the image: "x86_64", "arm64"
};

// kInvalid: no such image or subnet, subnets that are two in one zone or none in the zones of the
// phase, an image that is not usable; kNotFound: no such parameter.
// `architecture`: of the program that will run there.
Result<Ec2Places> FindPlaces(Caller& caller, const Ec2Spec& spec, const std::string& architecture);

}  // namespace mayfly::aws
