#include "sim/ec2/life.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/ec2/launch.h"
#include "sim/ec2/quotas.h"
#include "sim/ec2/storage.h"

namespace mayfly::ec2 {
namespace {

using What = Effect::What;

// An address given at launch goes at once. An allocated one goes on costing, and stays with an
// instance that only stops.
void LeaveAddresses(Cloud& cloud, Instance& instance, bool is_for_good) {
  instance.public_ip.clear();
  for (Address& address : cloud.addresses) {
    if (address.instance != instance.id || address.deletes_at) continue;
    if (address.allocation.empty()) {
      address.deletes_at = cloud.now;
    } else if (is_for_good) {
      address.instance.clear();
    } else {
      instance.public_ip = address.ip;
    }
  }
}

void EndRunning(Cloud& cloud, Instance& instance, bool is_for_good) {
  if (!instance.ran.empty() && !instance.ran.back().to) instance.ran.back().to = cloud.now;
  LeaveAddresses(cloud, instance, is_for_good);
}

void ShutDown(Cloud& cloud, Instance& instance, StateReason reason, What how) {
  EndRunning(cloud, instance, /*is_for_good=*/true);
  instance.state = InstanceState::kShuttingDown;
  instance.reason = std::move(reason);
  instance.changes_at = cloud.now + cloud.weather.delays.shutdown;
  cloud.effects.push_back({how, instance.id});
}

void Stop(Cloud& cloud, Instance& instance, StateReason reason, What how) {
  EndRunning(cloud, instance, /*is_for_good=*/false);
  instance.state = InstanceState::kStopping;
  instance.reason = std::move(reason);
  instance.changes_at = cloud.now + cloud.weather.delays.shutdown;
  cloud.effects.push_back({how, instance.id});
}

void CloseRequest(Cloud& cloud, const Instance& instance) {
  const auto found = cloud.spot_requests.find(instance.request);
  if (found == cloud.spot_requests.end()) return;
  SpotRequest& request = found->second;
  request.status =
      instance.was_reclaimed ? "instance-terminated-no-capacity" : "instance-terminated-by-user";
  if (request.state == "active") {
    request.closes_at = cloud.now + cloud.weather.delays.request_lingers;
  }
}

void LeaveThingsBehind(Cloud& cloud, const Instance& instance) {
  for (const std::string& id : instance.volumes) {
    Volume& volume = cloud.volumes.at(id);
    if (volume.disk.delete_on_termination) {
      volume.deletes_at = cloud.now + cloud.weather.delays.volume_lingers;
    } else {
      volume.instance.clear();
    }
  }
  const auto interface = cloud.interfaces.find(instance.interface);
  if (interface != cloud.interfaces.end()) {
    interface->second.deletes_at = cloud.now + cloud.weather.delays.interface_lingers;
  }
}

void Terminated(Cloud& cloud, Instance& instance) {
  instance.state = InstanceState::kTerminated;
  instance.ended = cloud.now;
  instance.changes_at.reset();
  instance.taking.reset();
  CloseRequest(cloud, instance);
  LeaveThingsBehind(cloud, instance);
  cloud.effects.push_back({What::kKill, instance.id});
}

bool Fits(const ReclaimRule& rule, const Cloud& cloud, const Instance& instance) {
  if (rule.times && *rule.times <= 0) return false;
  if (!rule.nth) return rule.pool.Matches(instance.pool());
  const auto place = static_cast<std::size_t>(*rule.nth - 1);
  return place < cloud.launch_order.size() && cloud.launch_order[place] == instance.id;
}

void BeginRunning(Cloud& cloud, Instance& instance) {
  instance.state = InstanceState::kRunning;
  instance.changes_at.reset();
  instance.ran.push_back({cloud.now, std::nullopt, instance.asked.type});
  GiveAddress(cloud, instance);
  cloud.effects.push_back({What::kBoot, instance.id, instance.ran.size() == 1});
  for (ReclaimRule& rule : cloud.weather.reclaims) {
    if (instance.taking || !Fits(rule, cloud, instance)) continue;
    Reclaim(cloud, instance, rule);
    if (rule.times) --*rule.times;
  }
}

void DieInPending(Cloud& cloud, Instance& instance) {
  const std::string code = instance.death;
  instance.reason = {code, fmt::format("{}: the instance could not be started", code)};
  if (instance.ran.empty()) return Terminated(cloud, instance);
  instance.death.clear();  // it was accepted, and ends where it was started from
  instance.state = InstanceState::kStopped;
  instance.changes_at.reset();
}

void GoOn(Cloud& cloud, Instance& instance) {
  switch (instance.state) {
    case InstanceState::kPending:
      if (instance.death.empty()) return BeginRunning(cloud, instance);
      return DieInPending(cloud, instance);
    case InstanceState::kShuttingDown:
      return Terminated(cloud, instance);
    case InstanceState::kStopping:
      instance.state = InstanceState::kStopped;
      instance.changes_at.reset();
      cloud.effects.push_back({What::kKill, instance.id});
      return;
    case InstanceState::kRunning:
    case InstanceState::kStopped:
    case InstanceState::kTerminated:
      return;
  }
}

void TakeBack(Cloud& cloud, Instance& instance) {
  const bool stops = instance.taking->action != "terminate";
  instance.taking.reset();
  if (stops) {
    Stop(cloud, instance, {"Server.SpotInstanceShutdown", "Spot instance shutdown"}, What::kKill);
    return;
  }
  instance.was_reclaimed = true;
  ShutDown(cloud, instance,
           {"Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Instance reclaimed"},
           What::kKill);
}

bool IsDue(const std::optional<Instant>& at, Instant now) { return at && *at <= now; }

void ChangeInstances(Cloud& cloud) {
  for (auto& [id, instance] : cloud.instances) {
    const bool taken = instance.state == InstanceState::kRunning && instance.taking &&
                       IsDue(instance.taking->takes_at, cloud.now);
    if (taken) TakeBack(cloud, instance);
    if (IsDue(instance.changes_at, cloud.now)) GoOn(cloud, instance);
  }
}

template <typename Thing>
void DeleteIfDue(Thing& thing, Instant now) {
  if (!thing.deleted && IsDue(thing.deletes_at, now)) thing.deleted = thing.deletes_at;
}

void ChangeLeftovers(Cloud& cloud) {
  for (auto& [id, volume] : cloud.volumes) DeleteIfDue(volume, cloud.now);
  for (auto& [id, interface] : cloud.interfaces) DeleteIfDue(interface, cloud.now);
  for (Address& address : cloud.addresses) DeleteIfDue(address, cloud.now);
  for (auto& [id, request] : cloud.spot_requests) {
    if (request.state == "active" && IsDue(request.closes_at, cloud.now)) request.state = "closed";
  }
}

bool CanBeEnded(const Instance& instance) {
  return instance.is_alive() && instance.state != InstanceState::kShuttingDown;
}

void Fire(Cloud& cloud, Schedule& schedule) {
  schedule.fired = cloud.now;
  if (schedule.delete_when_done) schedule.deleted = cloud.now;
  for (const std::string& id : schedule.instances) {
    const auto found = cloud.instances.find(id);
    if (found == cloud.instances.end() || !CanBeEnded(found->second)) continue;
    ShutDown(cloud, found->second,
             {"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: by schedule"},
             What::kShutDown);
  }
}

void FireSchedules(Cloud& cloud) {
  for (Schedule& schedule : cloud.schedules) {
    const bool waits = !schedule.fired && !schedule.deleted;
    if (waits && schedule.at <= cloud.now) Fire(cloud, schedule);
  }
}

// The earliest of what is offered that lies after now.
class Earliest {
 public:
  explicit Earliest(Instant now) : now_(now) {}
  // Due things count too: they were made due by what happened at this very instant.
  void Offer(const std::optional<Instant>& at) {
    if (at && (!found_ || *at < *found_)) found_ = std::max(*at, now_);
  }
  // What only shows, and changes nothing: when it has passed it is no change any more.
  void OfferFuture(const std::optional<Instant>& at) {
    if (at && *at > now_) Offer(at);
  }
  std::optional<Instant> found() const { return found_; }

 private:
  Instant now_;
  std::optional<Instant> found_;
};

template <typename Thing>
void OfferDeletion(Earliest& earliest, const Thing& thing) {
  if (!thing.deleted) earliest.Offer(thing.deletes_at);
}

void OfferInstances(const Cloud& cloud, Earliest& earliest) {
  for (const auto& [id, instance] : cloud.instances) {
    earliest.Offer(instance.changes_at);
    if (!instance.taking || instance.state != InstanceState::kRunning) continue;
    earliest.Offer(instance.taking->takes_at);
    earliest.OfferFuture(instance.taking->tells_at);
    earliest.OfferFuture(instance.taking->recommends_at);
  }
}

Answer<std::vector<Instance*>> FindAll(Cloud& cloud, const std::vector<std::string>& ids) {
  std::vector<Instance*> found;
  for (const std::string& id : ids) {
    TRY(FindVisible(cloud, id));
    found.push_back(&cloud.instances.at(id));
  }
  return found;
}

Refusal WrongState(const Instance& instance, std::string_view verb) {
  return {"IncorrectInstanceState",
          fmt::format("The instance '{}' is not in a state from which it can be {}: it is {}",
                      instance.id, verb, StateName(instance.state))};
}

}  // namespace

std::optional<Instant> NextChange(const Cloud& cloud) {
  Earliest earliest(cloud.now);
  OfferInstances(cloud, earliest);
  for (const auto& [id, volume] : cloud.volumes) OfferDeletion(earliest, volume);
  for (const auto& [id, interface] : cloud.interfaces) OfferDeletion(earliest, interface);
  for (const Address& address : cloud.addresses) OfferDeletion(earliest, address);
  for (const auto& [id, request] : cloud.spot_requests) {
    if (request.state == "active") earliest.Offer(request.closes_at);
  }
  for (const Schedule& schedule : cloud.schedules) {
    if (!schedule.fired && !schedule.deleted) earliest.Offer(schedule.at);
  }
  earliest.Offer(NextQuotaChange(cloud));
  return earliest.found();
}

void AdvanceTo(Cloud& cloud, Instant now) {
  while (true) {
    const std::optional<Instant> next = NextChange(cloud);
    if (!next || *next > now) break;
    cloud.now = std::max(cloud.now, *next);
    FireSchedules(cloud);
    ChangeInstances(cloud);
    ChangeLeftovers(cloud);
    ChangeQuotaRequests(cloud);
  }
  cloud.now = std::max(cloud.now, now);
}

void Reclaim(Cloud& cloud, Instance& instance, const ReclaimRule& rule) {
  const Instant told = cloud.now + rule.after;
  Taking taking{.action = rule.action};
  if (rule.recommended) taking.recommends_at = std::max(cloud.now, told - *rule.recommended);
  if (rule.notice) taking.tells_at = told;
  if (rule.is_taken) taking.takes_at = told + rule.notice.value_or(Duration{});
  instance.taking = taking;
}

Answer<StateChanges> TerminateInstances(Cloud& cloud, const std::vector<std::string>& ids) {
  TRY_ASSIGN(const std::vector<Instance*> found, FindAll(cloud, ids));
  StateChanges changes;
  for (Instance* instance : found) {
    const InstanceState before = instance->state;
    if (CanBeEnded(*instance)) {
      ShutDown(
          cloud, *instance,
          {"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"},
          What::kShutDown);
    }
    changes.push_back({instance->id, before, instance->state});
  }
  return changes;
}

Answer<StateChanges> StopInstances(Cloud& cloud, const std::vector<std::string>& ids) {
  TRY_ASSIGN(const std::vector<Instance*> found, FindAll(cloud, ids));
  for (const Instance* instance : found) {
    if (instance->asked.market == Market::kSpot) {
      return Refusal{"UnsupportedOperation",
                     fmt::format("You can't stop the Spot Instance '{}' because it is associated "
                                 "with a one-time Spot Instance request.",
                                 instance->id)};
    }
    if (instance->is_stop_protected) {
      return Refusal{"OperationNotPermitted",
                     fmt::format("The instance '{}' may not be stopped. Modify its "
                                 "'disableApiStop' instance attribute and try again.",
                                 instance->id)};
    }
    const bool stops = instance->state == InstanceState::kRunning ||
                       instance->state == InstanceState::kStopping ||
                       instance->state == InstanceState::kStopped;
    if (!stops) return WrongState(*instance, "stopped");
  }
  StateChanges changes;
  for (Instance* instance : found) {
    const InstanceState before = instance->state;
    if (before == InstanceState::kRunning) {
      Stop(
          cloud, *instance,
          {"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"},
          What::kShutDown);
    }
    changes.push_back({instance->id, before, instance->state});
  }
  return changes;
}

Answer<StateChanges> StartInstances(Cloud& cloud, const std::vector<std::string>& ids) {
  TRY_ASSIGN(const std::vector<Instance*> found, FindAll(cloud, ids));
  for (const Instance* instance : found) {
    const bool starts =
        instance->state == InstanceState::kStopped || instance->state == InstanceState::kRunning;
    if (!starts) return WrongState(*instance, "started");
    if (instance->state != InstanceState::kStopped) continue;
    TRY(CheckQuota(cloud, instance->asked.market, FindType(instance->asked.type)->vcpus));
    TRY(CheckCapacity(cloud, instance->pool()));
  }
  StateChanges changes;
  for (Instance* instance : found) {
    const InstanceState before = instance->state;
    if (before == InstanceState::kStopped) {
      instance->death = MeetDeath(cloud, instance->pool());
      instance->state = InstanceState::kPending;
      instance->reason = {};
      instance->changes_at = cloud.now + cloud.weather.delays.boot;
    }
    changes.push_back({instance->id, before, instance->state});
  }
  return changes;
}

Answer<Done> RebootInstances(Cloud& cloud, const std::vector<std::string>& ids) {
  TRY_ASSIGN(const std::vector<Instance*> found, FindAll(cloud, ids));
  for (const Instance* instance : found) {
    if (instance->state != InstanceState::kRunning) return WrongState(*instance, "rebooted");
  }
  for (const Instance* instance : found) RebootFromWithin(cloud, instance->id);
  return Done{};
}

Answer<Done> ChangeType(Cloud& cloud, const std::string& id, const std::string& type) {
  TRY_ASSIGN(const std::vector<Instance*> found, FindAll(cloud, {id}));
  if (FindType(type) == nullptr) {
    return Refusal{"InvalidParameterValue",
                   fmt::format("Invalid value '{}' for InstanceType.", type)};
  }
  if (found[0]->state != InstanceState::kStopped) return WrongState(*found[0], "modified");
  if (FindType(type)->architecture != FindType(found[0]->asked.type)->architecture) {
    return Refusal{"InvalidParameterCombination",
                   fmt::format("The instance type '{}' is of another architecture.", type)};
  }
  found[0]->asked.type = type;
  return Done{};
}

void ShutDownFromWithin(Cloud& cloud, const std::string& id) {
  const auto found = cloud.instances.find(id);
  if (found == cloud.instances.end() || found->second.state != InstanceState::kRunning) return;
  const StateReason reason{"Client.InstanceInitiatedShutdown",
                           "Client.InstanceInitiatedShutdown: Instance initiated shutdown"};
  if (found->second.asked.on_shutdown == OnShutdown::kTerminate) {
    ShutDown(cloud, found->second, reason, What::kKill);
  } else {
    Stop(cloud, found->second, reason, What::kKill);
  }
}

void RebootFromWithin(Cloud& cloud, const std::string& id) {
  const auto found = cloud.instances.find(id);
  if (found == cloud.instances.end() || found->second.state != InstanceState::kRunning) return;
  cloud.effects.push_back({What::kKill, id});
  cloud.effects.push_back({What::kBoot, id, /*is_first_boot=*/false});
}

}  // namespace mayfly::ec2
