#pragma once
// The state of the simulated cloud. It is data: the verbs are functions over it, by topic
// (launch.h, life.h, fleet.h, storage.h, quotas.h, bill.h). Nothing here reads a clock: AdvanceTo
// of life.h moves `now`, and every verb happens at it. One thread at a time; a front that has
// several guards the whole of it with one lock.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/ec2/resources.h"
#include "sim/ec2/weather.h"

namespace mayfly::ec2 {

// What whoever runs the instances has to do, in this order.
struct Effect {
  enum class What {
    kBoot,      // running: start it; is_first_boot says whether its user data runs
    kShutDown,  // tell what runs on it to end (SIGTERM)
    kKill,      // nothing of it may run any more
  } what = What::kBoot;
  std::string instance;
  bool is_first_boot = true;
};

// What a client token did when it was first used.
struct TokenUse {
  RunRequest asked;
  std::vector<std::string> made;
};
struct FleetTokenUse {
  FleetRequest asked;
  std::string made;
};
struct TemplateTokenUse {
  std::string name;
  MachineRequest asked;
  std::string made;
};

struct Cloud {
  Cloud();

  std::string region{kRegion};
  Instant now{};
  std::uint64_t seed = 1;
  std::uint64_t next_id = 1;
  Weather weather;

  std::map<std::string, Instance> instances;
  std::vector<std::string> launch_order;
  std::map<std::string, Volume> volumes;
  std::map<std::string, NetworkInterface> interfaces;
  std::vector<Address> addresses;
  std::map<std::string, SpotRequest> spot_requests;
  std::map<std::string, Snapshot> snapshots;
  std::map<std::string, DbCluster> clusters;
  std::map<std::string, OwnImage> images;
  std::map<std::string, OwnGroup> groups;
  std::map<std::string, LaunchTemplate> templates;
  std::map<std::string, Fleet> fleets;
  std::vector<Schedule> schedules;
  std::vector<Quota> quotas;
  std::vector<QuotaRequest> quota_requests;

  // I6 of the outside world: a token makes one launch per zone. Key: "zone token".
  std::map<std::string, TokenUse> launch_tokens;
  std::map<std::string, FleetTokenUse> fleet_tokens;
  std::map<std::string, TemplateTokenUse> template_tokens;

  std::vector<Effect> effects;  // taken by TakeEffects
};

// "i-" and 17 digits, never the same twice, the same for the same seed.
std::string MakeId(Cloud& cloud, std::string_view prefix);

// What has to be done to the instances since the last call.
std::vector<Effect> TakeEffects(Cloud& cloud);

// Known to Describe calls by now, and whether its tags are.
bool IsVisible(const Cloud& cloud, Instant created);
bool AreTagsVisible(const Cloud& cloud, Instant created);

// The instance, by an id that Describe calls know: InvalidInstanceID.NotFound otherwise.
Answer<const Instance*> FindVisible(const Cloud& cloud, const std::string& id);

// The tags of any resource by its id, to read or change; nullptr where there is no such thing.
Tags* FindTags(Cloud& cloud, const std::string& id);

}  // namespace mayfly::ec2
