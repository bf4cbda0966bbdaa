#include "cost/standing.h"

#include <fmt/format.h>

namespace mayfly::cost {
namespace {

Result<Quantity> QuantityOf(const Standing& thing, Duration length) {
  switch (UnitOf(thing.what.item)) {
    case Unit::kHour:
      return ForTime(length, thing.amount);
    case Unit::kGbMonth:
      return ForDisk(thing.amount, length);
    case Unit::kCapacityHour:
      return ForCapacity(thing.amount, length);
    case Unit::kPieceMonth:
      return ForPiecesOverTime(thing.amount, length);
    case Unit::kGb:
    case Unit::kMillion:
      break;
  }
  return Invalid(fmt::format("{} is billed by its use, and costs nothing while it stands",
                             Name(thing.what.item)));
}

std::string DescribeThing(const Standing& thing) {
  std::string what = Describe(thing.what);
  switch (UnitOf(thing.what.item)) {
    case Unit::kGbMonth:
      return fmt::format("{} GB of {}", thing.amount, what);
    case Unit::kCapacityHour:
      return fmt::format("{:.1f} units of {}", static_cast<double>(thing.amount) / 1000, what);
    case Unit::kHour:
    case Unit::kPieceMonth:
    case Unit::kGb:
    case Unit::kMillion:
      break;
  }
  return fmt::format("{} x {}", thing.amount, what);
}

}  // namespace

Result<StandingCost> PriceStanding(const std::vector<Standing>& things, Duration length,
                                   const PriceBook& book) {
  StandingCost cost;
  for (const Standing& thing : things) {
    TRY_ASSIGN(Quantity quantity, QuantityOf(thing, length));
    std::string what = DescribeThing(thing);
    Result<Price> price = book.Find(thing.what);
    if (!price.ok()) {
      cost.unknown.push_back(std::move(what));
      continue;
    }
    TRY_ASSIGN(Money money, Charge(price->rate, quantity));
    cost.total += money;
    cost.lines.push_back({std::move(what), money});
  }
  return cost;
}

}  // namespace mayfly::cost
