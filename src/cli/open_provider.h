#pragma once
// The provider that a phase names, opened: the only place that chooses one.

#include <string>

#include "base/result.h"
#include "cli/command.h"
#include "cli/world.h"
#include "model/phase_spec.h"

namespace mayfly::cli {

// All of it outlives the provider.
struct ProviderRequest {
  Host& host;
  Ledger& ledger;
  const PhaseSpec& spec;
  const Place& place;
  const Session& session;
  std::string phase_folder;  // absolute: where the phase file is; empty: nothing will be launched
  bool machines_are_here = false;  // a rehearsal
};

// Touches nothing but what it reads. For what will be launched the preflight is shown first (on
// stderr); kExhausted: a line of it stands in the way. kInvalid, kNotFound, kDenied say what is
// missing.
Result<Provider> OpenProvider(const ProviderRequest& request);

// The same for "ec2".
Result<Provider> OpenEc2(const ProviderRequest& request);

}  // namespace mayfly::cli
