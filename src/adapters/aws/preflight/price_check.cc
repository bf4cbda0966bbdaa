// What machines cost now, whether the phase allows it, and how long its budget pays for them.

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/preflight/survey.h"
#include "adapters/aws/pricing.h"
#include "base/text.h"

namespace mayfly::aws {
namespace {

constexpr Duration kLeastUseful = minutes(10);  // less buys a boot and little else

struct SeenPrice {
  std::string type;
  Rate now;                     // of the cheapest zone
  std::optional<Rate> highest;  // that it can be billed; absent: not known
};

Rate HourlyRate(Money money) { return Rate{money.micro_usd, Unit::kHour}; }

Result<Rate> ListPriceOf(const Survey& survey, const std::string& type) {
  TRY_ASSIGN(const Money price,
             OnDemandPrice(survey.caller, type, survey.caller.endpoints().region()));
  return HourlyRate(price);
}

// Newest first within a pool: the first of a zone is the price in force.
std::optional<Rate> CheapestNow(const std::vector<SpotPrice>& history, const std::string& type,
                                const std::vector<Subnet>& subnets) {
  std::optional<Rate> cheapest;
  for (const Subnet& subnet : subnets) {
    const auto now = std::ranges::find_if(history, [&](const SpotPrice& price) {
      return price.instance_type == type && price.zone == subnet.zone;
    });
    if (now == history.end()) continue;
    const Rate rate = HourlyRate(now->per_hour);
    if (!cheapest || rate < *cheapest) cheapest = rate;
  }
  return cheapest;
}

// A Spot machine without a price of its own is billed up to the On-Demand price of its type.
Result<std::vector<SeenPrice>> SeeSpot(const Survey& survey) {
  SpotPriceQuestion question;
  for (const InstanceType& type : *survey.types) question.instance_types.push_back(type.name);
  question.from = survey.caller.clock().Wall();
  TRY_ASSIGN(const std::vector<SpotPrice> history,
             DescribeSpotPriceHistory(survey.caller, question));
  std::vector<SeenPrice> seen;
  for (const InstanceType& type : *survey.types) {
    const std::optional<Rate> now = CheapestNow(history, type.name, *survey.subnets);
    if (!now) continue;
    SeenPrice price{type.name, *now, survey.request.max_price};
    if (!price.highest) {
      TRY_ASSIGN(price.highest, ListPriceOf(survey, type.name));
    }
    seen.push_back(std::move(price));
  }
  return seen;
}

Result<std::vector<SeenPrice>> SeeOnDemand(const Survey& survey) {
  std::vector<SeenPrice> seen;
  for (const InstanceType& type : *survey.types) {
    TRY_ASSIGN(const Rate price, ListPriceOf(survey, type.name));
    seen.push_back({type.name, price, price});
  }
  return seen;
}

std::string Describe(const std::vector<SeenPrice>& prices) {
  std::vector<std::string> parts;
  for (const SeenPrice& price : prices) {
    parts.push_back(fmt::format("{} {}", price.type, FormatRate(price.now)));
  }
  return Join(parts, ", ");
}

// How long the budget pays for all machines together, at the highest price one can be billed.
std::optional<Duration> PaidFor(const PreflightRequest& request, const SeenPrice& price) {
  if (!request.budget || !price.highest) return std::nullopt;
  Rate together = *price.highest;
  together.micro_usd *= request.machines;
  return TimeFor(*request.budget, together);
}

PreflightCheck CheckBudget(const std::string& what, std::string found,
                           const PreflightRequest& request, const SeenPrice& first) {
  const std::optional<Duration> paid = PaidFor(request, first);
  if (!paid) return Pass(what, std::move(found));
  found +=
      fmt::format("; {} pay for {} of {} x {} at {} at most", FormatMoney(*request.budget),
                  HumanDuration(*paid), request.machines, first.type, FormatRate(*first.highest));
  const Duration needed = std::max(request.expect.value_or(kLeastUseful), kLeastUseful);
  if (*paid < needed) {
    return Fail(what, found, "raise phase.budget, name cheaper types, or lower machines.max_price");
  }
  if (*paid < request.deadline) found += "; machines end there, before the deadline";
  return Pass(what, std::move(found));
}

PreflightCheck Judge(const std::string& what, const PreflightRequest& request,
                     const std::vector<SeenPrice>& prices) {
  std::string found = Describe(prices);
  const auto is_allowed = [&](const SeenPrice& price) {
    return !request.max_price || price.now <= *request.max_price;
  };
  const auto first = std::ranges::find_if(prices, is_allowed);
  if (first == prices.end()) {
    return Fail(what, fmt::format("{}; the phase allows {}", found, FormatRate(*request.max_price)),
                "raise machines.max_price, name cheaper types, or wait");
  }
  return CheckBudget(what, std::move(found), request, *first);
}

PreflightCheck CheckPrice(const Survey& survey, Market market) {
  const std::string what = fmt::format("price {}", Name(market));
  if (!survey.types.ok() || !survey.subnets.ok()) {
    return CannotTell(what, "types or subnets are not known", "mend the line that names them");
  }
  Result<std::vector<SeenPrice>> prices =
      market == Market::kSpot ? SeeSpot(survey) : SeeOnDemand(survey);
  if (!prices.ok()) return FromError(what, prices.error(), "name types that are sold here");
  if (prices->empty()) {
    return Fail(what, "none of these types has a price in these zones",
                "name types that are sold here");
  }
  return Judge(what, survey.request, *prices);
}

}  // namespace

std::vector<PreflightCheck> CheckPrices(const Survey& survey) {
  std::vector<PreflightCheck> checks;
  for (Market market : MarketsOf(survey.request.ec2.on_demand)) {
    checks.push_back(CheckPrice(survey, market));
  }
  const auto passing = std::ranges::find(checks, Verdict::kPass, &PreflightCheck::verdict);
  if (passing == checks.end()) return checks;
  for (PreflightCheck& check : checks) {
    if (check.verdict == Verdict::kFail) check.excuse = passing->what + " is allowed";
  }
  return checks;
}

}  // namespace mayfly::aws
