#pragma once
// Credentials as a profile says: a role taken on, keys, a process, SSO.

#include <string>

#include "adapters/aws/credentials.h"

namespace mayfly::aws {

// What a profile's credentials are made from. kNotFound: the profile says nothing about any.
struct ProfileWorld {
  CredentialWorld& world;
  const Profiles& profiles;
  const Endpoints& endpoints;
  Imds& imds;
};
Result<Credentials> FromProfile(const ProfileWorld& world, const std::string& name);

// Those in the environment; kNotFound: there are none.
Result<Credentials> FromEnvironment(const Environment& environment);

// Those of a container (ECS, EKS); kNotFound: this is none.
Result<Credentials> FromContainer(CredentialWorld& world);

}  // namespace mayfly::aws
