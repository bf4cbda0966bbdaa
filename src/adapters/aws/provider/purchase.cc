#include "adapters/aws/provider/purchase.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/ec2_things.h"
#include "adapters/aws/provider/refused.h"
#include "adapters/aws/text.h"

namespace mayfly::aws {
namespace {

// An instance profile that was made a moment ago is not known everywhere for so long.
constexpr Duration kProfilePatience = seconds(60);
constexpr Duration kProfilePause = seconds(5);
constexpr std::string_view kMismatch = "IdempotentParameterMismatch";

std::vector<Pool> PoolsOf(const Order& order) {
  std::vector<Pool> pools;
  for (const Offer& offer : order.offers) pools.push_back(offer.pool);
  return pools;
}

bool IsForFleet(const Order& order) {
  const bool all_spot =
      std::all_of(order.offers.begin(), order.offers.end(),
                  [](const Offer& offer) { return offer.pool.market == Market::kSpot; });
  return all_spot && order.offers.size() >= Buyer::kFleetFrom;
}

// The token made something before, from parameters that have changed since: it is there, and will
// be seen by its tags.
Error UsedBefore(const Order& order, const Refusal& refusal) {
  return Ambiguous(fmt::format("machine {}: {}: it was asked for before; look for it by its tags",
                               order.name.machine.value, refusal.code));
}

Error PassesByItself(const Order& order, const Refusal& refusal) {
  return Unavailable(fmt::format("machine {}: {}: {}; nothing was bought, it is asked for again",
                                 order.name.machine.value, refusal.code, refusal.message));
}

std::optional<Money> HighestOf(const Offer& offer) {
  if (offer.pool.market != Market::kSpot || offer.highest.micro_usd <= 0) return std::nullopt;
  return Money{offer.highest.micro_usd};
}

}  // namespace

Buyer::Buyer(Caller& caller, Waiter& waiter, std::string ledger, Ec2Places places)
    : caller_(caller), waiter_(waiter), ledger_(std::move(ledger)), places_(std::move(places)) {}

Result<mayfly::LaunchAnswer> Buyer::Buy(const Order& order) {
  return IsForFleet(order) ? BuyFromAny(order) : BuyInOrder(order);
}

TokenParts Buyer::TokenOf(const Order& order, std::string_view what) const {
  return {.ledger = ledger_,
          .run = order.name.run,
          .intent = order.intent,
          .pools = PoolsOf(order),
          .what = what};
}

// --- One pool after another
// -----------------------------------------------------------------------

Result<InstanceRequest> Buyer::RequestFor(const Order& order, const Offer& offer) const {
  InstanceRequest request = order.machine;
  TokenParts token = TokenOf(order, "machine");
  token.pools = {offer.pool};
  request.client_token = ClientToken(token);
  request.instance_type = offer.pool.instance_type;
  const auto subnet = places_.subnets.find(offer.pool.zone);
  if (subnet != places_.subnets.end()) {
    request.network.subnet_id = subnet->second;
  } else if (places_.subnets.empty()) {
    request.zone = offer.pool.zone;
  } else {
    return Invalid(fmt::format("{}: no subnet of machines.ec2.subnets is in {}",
                               Describe(offer.pool), offer.pool.zone));
  }
  if (offer.pool.market == Market::kSpot) request.spot = Spot{HighestOf(offer)};
  return request;
}

// The first that has one. What is not known of a pool ends it: the next would be a second machine.
Result<mayfly::LaunchAnswer> Buyer::BuyInOrder(const Order& order) {
  mayfly::LaunchAnswer answer;
  for (const Offer& offer : order.offers) {
    TRY_ASSIGN(mayfly::LaunchAnswer one, BuyFrom(order, offer));
    answer.refusals.insert(answer.refusals.end(), one.refusals.begin(), one.refusals.end());
    answer.external_id = one.external_id;
    answer.pool = one.pool;
    if (!answer.external_id.empty()) return answer;
  }
  return answer;
}

Result<mayfly::LaunchAnswer> Buyer::BuyFrom(const Order& order, const Offer& offer) {
  TRY_ASSIGN(const InstanceRequest request, RequestFor(order, offer));
  TRY_ASSIGN(const LaunchAnswer said, RunPatiently(request));
  mayfly::LaunchAnswer answer;
  if (!said.instances.empty()) {
    answer.external_id = said.instances.front().instance_id;
    answer.pool = offer.pool;
    return answer;
  }
  const Refusal& refusal = said.refusals.front().refusal;
  if (refusal.code == kMismatch) return UsedBefore(order, refusal);
  const bool is_profile = refusal.reaction == Reaction::kWaitAndRepeat;
  const std::optional<RefusalKind> kind = is_profile ? RefusalKind::kWrong : KindOf(refusal);
  if (!kind) return PassesByItself(order, refusal);
  answer.refusals.push_back(RefusalOf(offer.pool, refusal, *kind));
  return answer;
}

// What passes by itself in a minute, as a new instance profile, is waited for here.
Result<LaunchAnswer> Buyer::RunPatiently(const InstanceRequest& request) {
  const Duration ends = caller_.clock().Mono() + kProfilePatience;
  while (true) {
    TRY_ASSIGN(LaunchAnswer said, RunInstances(caller_, request));
    const bool passes = said.instances.empty() &&
                        said.refusals.front().refusal.reaction == Reaction::kWaitAndRepeat;
    const Duration next = caller_.clock().Mono() + kProfilePause;
    if (!passes || next > ends) return said;
    while (caller_.clock().Mono() < next) {
      if (waiter_.stop_requests() > 1) return said;
      waiter_.WaitUntil(next);
    }
  }
}

// --- EC2 chooses
// ----------------------------------------------------------------------------------

Result<mayfly::LaunchAnswer> Buyer::BuyFromAny(const Order& order) {
  int& round = empty_fleets_[ClientToken(TokenOf(order, "fleet"))];
  TRY_ASSIGN(const std::string template_id, FindOrMakeTemplate(order, round));
  TRY_ASSIGN(const FleetRequest request, FleetFor(order, template_id, round));
  // After an error the template stays: the same fleet is asked for again with it.
  TRY_ASSIGN(const LaunchAnswer said, CreateFleet(caller_, request));
  const bool is_used = !said.refusals.empty() && said.refusals.front().refusal.code == kMismatch;
  if (is_used) return UsedBefore(order, said.refusals.front().refusal);
  const bool is_empty = said.instances.empty() && !said.fleet_id.empty();
  if (is_empty) {
    Status deleted = DeleteFleet(caller_, said.fleet_id);
    if (!deleted.ok() && deleted.error().kind() != ErrorKind::kNotFound) return deleted.error();
    ++round;
  }
  // One that stays is removed with the machine, by its tags.
  (void)DeleteLaunchTemplate(caller_, template_id);
  return ReadFleet(order, said);
}

Result<std::string> Buyer::FindOrMakeTemplate(const Order& order, int round) {
  LaunchTemplateRequest request;
  request.name = TemplateName(ledger_, order.name);
  request.machine = order.machine;
  TRY_ASSIGN(const std::vector<LaunchTemplate> there,
             DescribeLaunchTemplates(
                 caller_, {.ids = {}, .filters = {{"launch-template-name", {request.name}}}}));
  if (!there.empty()) return there.front().id;
  // The text is part of the token: another text is another template, and never a mismatch.
  const std::string what = "template " + Sha256Hex(LaunchTemplateQuery(request).Body());
  TokenParts token = TokenOf(order, what);
  token.round = round;
  request.client_token = ClientToken(token);
  Result<std::string> made = CreateLaunchTemplate(caller_, request);
  const bool is_hidden = !made.ok() && made.error().kind() == ErrorKind::kConflict;
  if (is_hidden) return Ambiguous(made.error().message() + "; it is not shown yet");
  return made;
}

Result<FleetRequest> Buyer::FleetFor(const Order& order, const std::string& template_id,
                                     int round) const {
  TokenParts token = TokenOf(order, "fleet");
  token.round = round;
  FleetRequest request;
  request.client_token = ClientToken(token);
  request.launch_template_id = template_id;
  request.tags = order.machine.tags;
  for (const Offer& offer : order.offers) {
    TRY_ASSIGN(const InstanceRequest one, RequestFor(order, offer));
    request.overrides.push_back({.instance_type = one.instance_type,
                                 .subnet_id = one.network.subnet_id,
                                 .zone = one.zone,
                                 .highest_price = HighestOf(offer),
                                 .priority = std::nullopt});
  }
  return request;
}

bool Buyer::IsAbout(const PoolRefusal& refusal, const Pool& pool) const {
  if (refusal.instance_type != pool.instance_type) return false;
  if (refusal.zone == pool.zone) return true;
  const auto subnet = places_.subnets.find(pool.zone);
  return subnet != places_.subnets.end() && subnet->second == refusal.subnet_id;
}

// Each pool with what was said of it; what was said of none holds for all that nothing was said of.
Result<mayfly::LaunchAnswer> Buyer::ReadFleet(const Order& order, const LaunchAnswer& said) const {
  mayfly::LaunchAnswer answer;
  if (!said.instances.empty()) {
    answer.external_id = said.instances.front().instance_id;
    answer.pool = PoolOf(order, said.instances.front());
  }
  Refusal silence = Classify("UnfulfillableCapacity", "the fleet stayed empty", 200);
  for (const Offer& offer : order.offers) {
    const Refusal* found = nullptr;
    for (const PoolRefusal& one : said.refusals) {
      const bool is_general = one.instance_type.empty() && found == nullptr;
      if (is_general || IsAbout(one, offer.pool)) found = &one.refusal;
    }
    if (found == nullptr && !answer.external_id.empty()) continue;
    const Refusal& refusal = found == nullptr ? silence : *found;
    const std::optional<RefusalKind> kind = KindOf(refusal);
    if (kind) {
      answer.refusals.push_back(RefusalOf(offer.pool, refusal, *kind));
    } else if (answer.external_id.empty()) {
      return PassesByItself(order, refusal);
    }
  }
  return answer;
}

Pool Buyer::PoolOf(const Order& order, const Launched& launched) const {
  for (const Offer& offer : order.offers) {
    const auto subnet = places_.subnets.find(offer.pool.zone);
    const bool is_there = launched.zone == offer.pool.zone ||
                          (subnet != places_.subnets.end() && subnet->second == launched.subnet_id);
    if (launched.instance_type == offer.pool.instance_type && is_there) return offer.pool;
  }
  return {places_.region, launched.zone, launched.instance_type,
          launched.is_spot ? Market::kSpot : Market::kOnDemand};
}

}  // namespace mayfly::aws
