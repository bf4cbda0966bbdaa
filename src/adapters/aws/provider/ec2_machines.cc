#include "adapters/aws/provider/ec2_machines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "adapters/aws/ec2_things.h"
#include "adapters/aws/provider/residue.h"
#include "adapters/aws/secrets.h"
#include "adapters/aws/sts.h"

namespace mayfly::aws {
namespace {

constexpr Duration kLook = seconds(1);  // between two looks at a machine that is to end

bool IsAlive(InstanceState state) {
  return state == InstanceState::kPending || state == InstanceState::kRunning;
}

bool IsEnding(InstanceState state) {
  return state == InstanceState::kShuttingDown || state == InstanceState::kTerminated;
}

bool IsReclaimed(const Instance& instance) {
  return instance.reason_code == "Server.SpotInstanceTermination" ||
         instance.reason_code == "Server.SpotInstanceShutdown";
}

// Accepted, and never ran.
bool DiedInPending(const Instance& instance) {
  constexpr auto kCodes = std::to_array<std::string_view>(
      {"Server.InsufficientInstanceCapacity", "Server.InternalError", "Client.VolumeLimitExceeded",
       "Client.InternalError", "Client.InvalidSnapshot.NotFound"});
  return IsEnding(instance.state) &&
         std::find(kCodes.begin(), kCodes.end(), instance.reason_code) != kCodes.end();
}

// A repeated launch has to say the same: whole minutes, but for what ends soon.
Instant RoundDeadline(Instant ends_at, Duration in) {
  if (in < minutes(10)) return std::chrono::floor<seconds>(ends_at);
  return std::chrono::floor<minutes>(ends_at);
}

std::string PurposeOf(const LaunchIntent& intent) {
  for (const auto& [key, value] : intent.tags) {
    if (key == "purpose") return value;
  }
  return "worker";
}

Status GoneIsFine(const Status& status) {
  const bool is_gone = !status.ok() && status.error().kind() == ErrorKind::kNotFound;
  return is_gone ? Status() : status;
}

// Where AWS has an object, whatever endpoints this process was given.
std::string UrlOf(const std::string& region, const BundleObject& bundle) {
  const std::string base = Endpoints(region).For(Service::kS3).base;
  const std::size_t host = base.find("://") + 3;
  if (bundle.bucket.find('.') != std::string::npos) {
    return fmt::format("{}/{}/{}", base, bundle.bucket, bundle.key);
  }
  return fmt::format("{}{}.{}/{}", base.substr(0, host), bundle.bucket, base.substr(host),
                     bundle.key);
}

Status CheckIntent(const LaunchIntent& intent) {
  if (intent.interrupt_after) {
    return Invalid("a machine of EC2 is not interrupted for rehearsal: mayfly rehearse does that");
  }
  if (intent.offers.empty()) return Invalid("a machine is asked for without a pool");
  if (intent.deadline_in > Duration(0)) return {};
  return Invalid(
      fmt::format("machine {} would be born without a deadline or after it", intent.machine.value));
}

}  // namespace

Ec2Machines::Ec2Machines(Caller& caller, Waiter& waiter, Ec2Options options)
    : caller_(caller),
      waiter_(waiter),
      options_(std::move(options)),
      buyer_(caller, waiter, options_.names.ledger, options_.places),
      last_ends_(caller, options_.names.ledger, options_.spec.scheduler_role) {
  options_.names.own.assign(options_.spec.tags.begin(), options_.spec.tags.end());
}

Status Ec2Machines::Preflight() {
  TRY(CheckLedgerName(options_.names.ledger));
  TRY(GetCallerIdentity(caller_));
  if (options_.spec.types.empty()) return Invalid("machines.ec2.types names no type");
  LaunchIntent intent;
  intent.token = "preflight";
  intent.deadline_in = hours(1);
  const bool is_spot = options_.spec.on_demand != OnDemandRule::kOnly;
  Offer offer;
  offer.pool = {options_.places.region, "", options_.spec.types.front(),
                is_spot ? Market::kSpot : Market::kOnDemand};
  if (!options_.places.subnets.empty()) {
    offer.pool.zone = options_.places.subnets.begin()->first;
  } else if (!options_.spec.zones.empty()) {
    offer.pool.zone = options_.spec.zones.front();
  }
  intent.offers = {offer};
  TRY_ASSIGN(const Order order, MakeOrder(intent, caller_.clock().Wall() + hours(1)));
  TRY_ASSIGN(const InstanceRequest request, buyer_.RequestFor(order, offer));
  return DryRunInstances(caller_, request);
}

// --- Birth
// ----------------------------------------------------------------------------------------

Result<mayfly::LaunchAnswer> Ec2Machines::Launch(const LaunchIntent& intent) {
  TRY(CheckLedgerName(options_.names.ledger));
  TRY(CheckIntent(intent));
  Asked& asked = Remember(intent);
  TRY_ASSIGN(const Order order, MakeOrder(intent, asked.ends_at));
  // A repeated intent has a new secret, for the machine that is there too.
  TRY(PutParameter(caller_, ParameterName(options_.names.ledger, order.name), intent.database));
  TRY_ASSIGN(std::optional<mayfly::LaunchAnswer> there, FindBought(intent));
  if (there) return *std::move(there);
  TRY_ASSIGN(mayfly::LaunchAnswer answer, buyer_.Buy(order));
  asked.was_refused = answer.external_id.empty();
  if (asked.was_refused) {
    TRY(RemoveParameters(intent.machine));
  } else {
    last_ends_.Arm(order.name, answer.external_id, asked.ends_at);
  }
  return answer;
}

Ec2Machines::Asked& Ec2Machines::Remember(const LaunchIntent& intent) {
  const Instant ends_at = caller_.clock().Wall() + intent.deadline_in;
  const auto [place, is_first] =
      asked_.try_emplace(intent.machine, Asked{RoundDeadline(ends_at, intent.deadline_in)});
  place->second.at = caller_.clock().Mono();
  place->second.was_refused = false;
  return place->second;
}

// One that has ended is the machine of this intent as well: its token is used up.
Result<std::optional<mayfly::LaunchAnswer>> Ec2Machines::FindBought(const LaunchIntent& intent) {
  Filters filters = OfRun(options_.names.ledger, intent.run);
  filters.push_back({fmt::format("tag:{}", kMachineTag), {std::to_string(intent.machine.value)}});
  TRY_ASSIGN(std::vector<Instance> seen,
             DescribeInstances(caller_, {.ids = {}, .filters = std::move(filters)}));
  if (seen.empty()) return std::optional<mayfly::LaunchAnswer>();
  const auto alive = std::find_if(seen.begin(), seen.end(),
                                  [](const Instance& one) { return IsAlive(one.state); });
  const Instance& found = alive == seen.end() ? seen.front() : *alive;
  return std::optional(
      mayfly::LaunchAnswer{.external_id = found.id, .pool = PoolOf(found), .refusals = {}});
}

Result<Order> Ec2Machines::MakeOrder(const LaunchIntent& intent, Instant ends_at) const {
  const Ec2Spec& spec = options_.spec;
  Order order;
  order.name = {intent.run, intent.machine};
  order.intent = intent.token;
  order.offers = intent.offers;
  InstanceRequest& machine = order.machine;
  machine.image_id = options_.places.image_id;
  machine.instance_profile = spec.instance_profile;
  machine.network.security_groups = spec.security_groups;
  machine.network.has_public_address = spec.public_address;
  machine.disk = RootDisk{.device = options_.places.root_device,
                          .gib = spec.disk_gib,
                          .type = spec.disk_type,
                          .iops = std::nullopt,
                          .throughput = std::nullopt};
  machine.tags = MachineTags(options_.names, order.name, ends_at, PurposeOf(intent));
  const BirthSpec birth{.run = intent.run,
                        .machine = intent.machine,
                        .ends_at = ends_at,
                        .region = options_.places.region,
                        .bundle = options_.bundle,
                        .bundle_url = UrlOf(options_.places.region, options_.bundle),
                        .parameter = ParameterName(options_.names.ledger, order.name)};
  TRY_ASSIGN(machine.user_data, UserData(birth));
  return order;
}

// --- Life
// -----------------------------------------------------------------------------------------

Pool Ec2Machines::PoolOf(const Instance& instance) const {
  return {options_.places.region, instance.zone, instance.type,
          instance.is_spot ? Market::kSpot : Market::kOnDemand};
}

Billed Ec2Machines::BilledOf(const Instance& instance) {
  Billed billed;
  const bool ran = instance.state != InstanceState::kPending && !DiedInPending(instance);
  if (ran) billed.running = instance.launched;
  if (IsAlive(instance.state)) return billed;
  const Instant first = ended_.try_emplace(instance.id, caller_.clock().Wall()).first->second;
  if (ran) billed.ended = instance.transition_at.value_or(first);
  billed.reclaimed = IsReclaimed(instance);
  return billed;
}

Result<std::vector<MachineSighting>> Ec2Machines::List(RunId run) {
  TRY_ASSIGN(const std::vector<Instance> instances,
             DescribeInstances(caller_, {.ids = {}, .filters = OfRun(options_.names.ledger, run)}));
  std::vector<MachineSighting> seen;
  for (const Instance& instance : instances) {
    const std::optional<MachineId> machine = MachineOf(instance.tags);
    if (!machine) continue;  // it is residue all the same
    const Result<Instant> ends_at = ParseInstant(TagValue(instance.tags, kDeadlineTag));
    const bool has_end = IsAlive(instance.state) && ends_at.ok();
    if (has_end) last_ends_.Arm({run, *machine}, instance.id, *ends_at);
    seen.push_back({.machine = *machine,
                    .external_id = instance.id,
                    .alive = IsAlive(instance.state),
                    .billed = BilledOf(instance),
                    .pool = PoolOf(instance)});
  }
  return seen;
}

// --- End
// ------------------------------------------------------------------------------------------

Status Ec2Machines::Terminate(MachineId machine, const std::string& external_id) {
  const Selection tagged{.ids = {}, .filters = OfMachine(options_.names.ledger, machine)};
  TRY_ASSIGN(const std::vector<Instance> seen, DescribeInstances(caller_, tagged));
  bool is_known = external_id.empty();
  for (const Instance& one : seen) {
    is_known = is_known || one.id == external_id;
    if (!IsEnding(one.state)) TRY(End(one.id, /*was_seen=*/true, machine));
  }
  if (!is_known) TRY(End(external_id, /*was_seen=*/false, machine));
  if (seen.empty() && external_id.empty()) TRY(WaitOutLag(machine));
  TRY(RemoveWhatItNeeded(machine, seen));
  asked_.erase(machine);
  missed_.erase(machine);
  return {};
}

Status Ec2Machines::End(const std::string& id, bool was_seen, MachineId machine) {
  Result<InstanceState> state = TerminateInstance(caller_, id);
  if (state.ok()) return IsEnding(*state) ? Status() : WaitUntilEnding(id);
  if (state.error().kind() != ErrorKind::kNotFound) return state.error();
  return was_seen ? Status() : WaitOutLag(machine);
}

Status Ec2Machines::WaitUntilEnding(const std::string& id) {
  const Duration ends = caller_.clock().Mono() + options_.end_limit;
  while (true) {
    TRY_ASSIGN(const std::vector<Instance> seen,
               DescribeInstances(caller_, {.ids = {id}, .filters = {}}));
    const bool is_ending = std::all_of(seen.begin(), seen.end(),
                                       [](const Instance& one) { return IsEnding(one.state); });
    if (is_ending) return {};
    const Duration next = caller_.clock().Mono() + kLook;
    if (next > ends || waiter_.stop_requests() > 1) {
      return Unavailable(fmt::format("{} was told to end and is {} after {}", id,
                                     InstanceStateName(seen.front().state),
                                     HumanDuration(options_.end_limit)));
    }
    while (caller_.clock().Mono() < next) waiter_.WaitUntil(next);
  }
}

// Not seen: it was refused, it is not shown yet, or EC2 has forgotten it.
Status Ec2Machines::WaitOutLag(MachineId machine) {
  const Duration now = caller_.clock().Mono();
  const auto asked = asked_.find(machine);
  if (asked != asked_.end() && asked->second.was_refused) return {};
  const Duration since =
      asked != asked_.end() ? asked->second.at : missed_.try_emplace(machine, now).first->second;
  const Duration left = since + options_.shown_within - now;
  if (left <= Duration(0)) return {};
  return Unavailable(fmt::format("machine {} is not shown, and may be within {}; then it is gone",
                                 machine.value, HumanDuration(left)));
}

Status Ec2Machines::RemoveWhatItNeeded(MachineId machine, const std::vector<Instance>& seen) {
  const Selection tagged{.ids = {}, .filters = OfMachine(options_.names.ledger, machine)};
  for (const std::string& id : FleetsOf(seen)) {
    TRY_ASSIGN(const bool is_gone, IsFleetGone(caller_, id));
    if (!is_gone) TRY(GoneIsFine(DeleteFleet(caller_, id)));
  }
  TRY_ASSIGN(const std::vector<LaunchTemplate> templates, DescribeLaunchTemplates(caller_, tagged));
  for (const LaunchTemplate& one : templates) {
    TRY(GoneIsFine(DeleteLaunchTemplate(caller_, one.id)));
  }
  TRY_ASSIGN(const std::vector<SpotRequest> requests, DescribeSpotRequests(caller_, tagged));
  for (const SpotRequest& one : requests) {
    if (one.state == "open") TRY(GoneIsFine(CancelSpotRequest(caller_, one.id)));
  }
  TRY(last_ends_.Disarm(machine));
  return RemoveParameters(machine);
}

// By its name in whichever run: the caller knows the machine only.
Status Ec2Machines::RemoveParameters(MachineId machine) {
  TRY_ASSIGN(const std::vector<std::string> names,
             ListParameters(caller_, ParameterFolder(options_.names.ledger)));
  const std::string end = fmt::format("/machine-{}", machine.value);
  for (const std::string& name : names) {
    if (name.ends_with(end)) TRY(GoneIsFine(DeleteParameter(caller_, name)));
  }
  return {};
}

Result<ResidueLook> Ec2Machines::FindResidue(RunId run) {
  TRY_ASSIGN(ResidueLook look, ListResidue(caller_, options_.names.ledger, run));
  look.shown_within = options_.shown_within;
  TRY_ASSIGN(const std::vector<std::string> schedules, last_ends_.List(run));
  TRY(RemoveIdleEnds(run, schedules));
  for (const std::string& name : schedules) look.found.push_back({"schedule", name});
  look.kinds.emplace_back("schedule");
  return look;
}

Status Ec2Machines::RemoveIdleEnds(RunId run, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  TRY_ASSIGN(const std::vector<Instance> instances,
             DescribeInstances(caller_, {.ids = {}, .filters = OfRun(options_.names.ledger, run)}));
  std::set<std::string> wanted;
  for (const Instance& instance : instances) {
    const std::optional<MachineId> machine = MachineOf(instance.tags);
    if (!machine || !IsAlive(instance.state)) continue;
    TRY_ASSIGN(std::string name, ScheduleName(options_.names.ledger, {run, *machine}));
    wanted.insert(std::move(name));
  }
  for (const std::string& name : names) {
    if (!wanted.contains(name)) TRY(last_ends_.Remove(name));
  }
  return {};
}

}  // namespace mayfly::aws
