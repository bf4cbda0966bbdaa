#pragma once
// What has to hold before machines are rented: asked by doctor, plan and run alike.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/render.h"
#include "cli/world.h"
#include "model/phase_spec.h"
#include "model/preflight.h"

namespace mayfly::cli {

struct ProviderQuestion {
  // Its [machines.ec2] says what to look for; absent: who we are, and no more.
  const PhaseSpec* spec = nullptr;
  std::string ledger_name;  // the value of the tag by which machines of this ledger are known
  Result<DatabaseRoom> room = Unavailable("nobody looked");
  // A rehearsal: the machines are processes here, and reach what is embedded here.
  bool machines_are_here = false;
};

// One line a question (docs/cli/doctor.md); nothing is made or changed. Nothing may be launched
// while AnyBlocks(lines).
std::vector<PreflightCheck> CheckProvider(Host& host, const ProviderQuestion& question);

// The lines alone, for any command that looks before it acts.
std::string RenderChecks(const std::vector<PreflightCheck>& checks, const Paint& paint);
nlohmann::ordered_json JsonOfChecks(const std::vector<PreflightCheck>& checks);

// The lines as one screen: what stands in the way, then what to do about it.
std::string RenderPreflight(const std::vector<PreflightCheck>& checks, const Paint& paint);
std::string PreflightToJson(const std::vector<PreflightCheck>& checks);

}  // namespace mayfly::cli
