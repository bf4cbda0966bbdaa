#pragma once
// EC2: the image that a phase's word names. Preflight and launch must mean the same one.

#include <string>

#include "adapters/aws/ec2_places.h"

namespace mayfly::aws {

// `image`: "debian-12", "ssm:NAME" or an id; `architecture`: "x86_64", "arm64", of the program that
// will run. Debian's newest is what its parameter says; where a region has none yet, the newest of
// Debian's account by name. kNotFound: no such parameter or image; names what was asked for.
Result<Image> FindImage(Caller& caller, const std::string& image, const std::string& architecture);

}  // namespace mayfly::aws
