#pragma once
// What a rented machine does at birth, as a script: birth.sh, behind what this machine is told.

#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace mayfly::aws {

// The program of a run's machines: an object that never changes.
struct BundleObject {
  std::string bucket, key;
  std::string sha256;  // lower-case hexadecimal
};

// Nothing in it is secret: everybody on the machine can read it, and whoever may describe it.
struct BirthSpec {
  RunId run;
  MachineId machine;
  Instant ends_at;  // to the second
  std::string region;
  BundleObject bundle;
  std::string bundle_url;  // where AWS has it; an endpoint that the machine is given goes before
  std::string parameter;   // SSM's, with the way to the ledger: "/mayfly/…"
};

inline constexpr std::size_t kLongestUserData = 4096;

// kInvalid: a part that has no place in a script as it is, or a script beyond kLongestUserData.
Result<std::string> UserData(const BirthSpec& birth);

}  // namespace mayfly::aws
