#include "cli/rehearsal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/command.h"

namespace mayfly::cli {
namespace {

constexpr const char* kWished = "c7i.8xlarge";
constexpr const char* kSmaller = "c7i.4xlarge";
constexpr std::array<double, 2> kTakenAt{0.2, 0.5};  // shares of the tasks

bool IsSimulated(const std::string& type) {
  constexpr std::array<std::string_view, 5> kFamilies{"c7i.", "c7a.", "c6i.", "m7i.", "r7i."};
  return std::ranges::any_of(kFamilies, [&](auto family) { return type.starts_with(family); });
}

bool AreSimulated(const std::vector<std::string>& types) {
  return !types.empty() && std::ranges::all_of(types, IsSimulated);
}

std::string List(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back("\"" + word + "\"");
  return "[" + Join(quoted, ", ") + "]";
}

double DoneShare(const RunSnapshot& snapshot) {
  const TaskCounts totals = snapshot.Totals();
  return totals.total() == 0
             ? 0
             : static_cast<double>(totals.done) / static_cast<double>(totals.total());
}

}  // namespace

std::vector<std::string> RehearsalSets(const MachinesSpec& machines, int cores) {
  const bool keeps = machines.ec2 && AreSimulated(machines.ec2->types);
  const bool keeps_smaller = keeps && AreSimulated(machines.ec2->smaller);
  std::vector<std::string> sets{
      "database.url=embedded",
      "machines.provider=ec2",
      "machines.price=\"0 USD/h\"",
      "machines.ec2.types=" + List(keeps ? machines.ec2->types : std::vector<std::string>{kWished}),
      "machines.ec2.smaller=" +
          List(keeps_smaller ? machines.ec2->smaller : std::vector<std::string>{kSmaller}),
      "machines.ec2.region=us-east-1",
      "machines.ec2.zones=[]",
      "machines.ec2.subnets=[]",
      "machines.ec2.security_groups=[]",
      "machines.ec2.image=debian-12",
      "machines.ec2.instance_profile=mayfly-worker",
      "machines.ec2.scheduler_role=mayfly-end",
      "machines.ec2.bucket=mayfly-simulated"};
  // All its machines share this computer.
  if (!machines.slots) sets.push_back(fmt::format("machines.slots={}", std::max(cores, 1)));
  return sets;
}

nlohmann::json UsualFaults(const std::string& type) {
  nlohmann::json steps = nlohmann::json::array();
  for (const char* zone : {"us-east-1a", "us-east-1b", "us-east-1c"}) {
    steps.push_back({{"do", "capacity"}, {"type", type}, {"zone", zone}, {"left", 0}});
  }
  steps.push_back({{"do", "calls"},
                   {"action", "*"},
                   {"type", type},
                   {"zone", "us-east-1d"},
                   {"code", "MaxSpotInstanceCountExceeded"},
                   {"message", "Max spot instance count exceeded"},
                   {"status", 400}});
  return steps;
}

void Reclaimer::OnSnapshot(const RunSnapshot& snapshot) {
  if (reclaimed_ == static_cast<int>(kTakenAt.size())) return;
  if (DoneShare(snapshot) < kTakenAt.at(static_cast<std::size_t>(reclaimed_))) return;
  for (const MachineView& machine : snapshot.machines) {
    if (machine.state != MachineState::kWorking || machine.id == last_) continue;
    const bool is_first = reclaimed_ == 0;
    const Status taken = cloud_.Do({{"do", "reclaim"},
                                    {"instance", machine.external_id},
                                    {"notice", is_first ? "5s" : "none"}});
    if (!taken.ok()) return Say("mayfly: " + taken.error().message());
    Say(fmt::format("(rehearsal) the cloud takes machine {} back, {}", machine.id.value,
                    is_first ? "with a notice of 5 s" : "without a word"));
    last_ = machine.id;
    ++reclaimed_;
    return;
  }
}

}  // namespace mayfly::cli
