#include "cost/price_book.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::cost {
namespace {

constexpr Duration kFresh = hours(24);
constexpr Duration kClocksDiffer = minutes(5);

// Only Spot has a price of its own in every zone, and only machines one for each type.
PriceKey Reduce(PriceKey key) {
  if (key.item != Item::kCompute) {
    key.pool.instance_type.clear();
    key.pool.market = Market::kOnDemand;
  }
  if (key.pool.market != Market::kSpot) key.pool.zone.clear();
  return key;
}

std::string Day(const std::optional<Instant>& instant) {
  return instant ? FormatInstant(*instant).substr(0, 10) : "";
}

// The snapshot has one Spot price for a region; every zone may fall back on it.
PriceKey WithoutZone(PriceKey key) {
  key.pool.zone.clear();
  return key;
}

Price MakePrice(const PricePoint& point, PriceOrigin origin) {
  return {.rate = point.rate,
          .origin = origin,
          .as_of = point.from,
          .lowest = point.rate,
          .highest = point.rate};
}

}  // namespace

std::string DescribeOrigin(const Price& price) {
  switch (price.origin) {
    case PriceOrigin::kStated:
      return "stated in the phase";
    case PriceOrigin::kObserved:
      return fmt::format("seen by a run on {}", Day(price.as_of));
    case PriceOrigin::kSpotHistory:
      return fmt::format("Spot price history of {}", Day(price.as_of));
    case PriceOrigin::kListPrice:
      return fmt::format("list price of {}", Day(price.as_of));
    case PriceOrigin::kSnapshot:
      return fmt::format("{} ({})", kSnapshotWords, Day(price.as_of));
  }
  return "";
}

PriceBook::PriceBook(Instant now, std::span<const SnapshotPrice> snapshot) : now_(now) {
  for (const SnapshotPrice& row : snapshot) {
    PriceKey key{row.item,
                 {.region = std::string(kSnapshotRegion),
                  .instance_type = std::string(row.instance_type),
                  .market = row.market}};
    PricePoint point{SnapshotDate(), {row.micro_usd, UnitOf(row.item)}};
    At(key).snapshot = MakePrice(point, PriceOrigin::kSnapshot);
  }
}

PriceBook::Known& PriceBook::At(const PriceKey& key) { return known_[Reduce(key)]; }

Status PriceBook::Judge(const PriceKey& key, const PricePoint& point) const {
  std::string wrong;
  if (point.rate.unit != UnitOf(key.item)) {
    wrong =
        fmt::format("is by the {}, not by the {}", Name(point.rate.unit), Name(UnitOf(key.item)));
  } else if (point.rate.micro_usd <= 0) {
    wrong = "is not above zero";
  } else if (point.rate.micro_usd > kMostMicrosOfAUnit) {
    wrong = "is absurd";
  } else if (point.from > now_ + kClocksDiffer) {
    wrong = fmt::format("is of {}, which has not come yet", FormatInstant(point.from));
  }
  if (wrong.empty()) return {};
  return Corrupt(fmt::format("the price of {} that was answered, {}, {}: the answer is not used",
                             Describe(key), FormatRate(point.rate), wrong));
}

void PriceBook::State(const PriceKey& key, Rate rate, Rate highest) {
  At(key).stated = Price{rate, PriceOrigin::kStated, std::nullopt, rate, highest};
}

Status PriceBook::Observe(const PriceChange& change) {
  TRY(Judge(change.key, change.point));
  std::optional<Price>& observed = At(change.key).observed;
  if (observed && *observed->as_of > change.point.from) return {};
  observed = MakePrice(change.point, PriceOrigin::kObserved);
  return {};
}

Status PriceBook::AddSpotHistory(const Pool& pool, const std::vector<PricePoint>& points) {
  PriceKey key{Item::kCompute, pool};
  if (points.empty()) return NotFound("the Spot price history of " + Describe(pool) + " is empty");
  for (const PricePoint& point : points) TRY(Judge(key, point));
  auto newest = std::ranges::max_element(points, {}, &PricePoint::from);
  Price price = MakePrice(*newest, PriceOrigin::kSpotHistory);
  price.lowest = std::ranges::min_element(points, {}, &PricePoint::rate)->rate;
  price.highest = std::ranges::max_element(points, {}, &PricePoint::rate)->rate;
  At(key).live = price;
  return {};
}

Status PriceBook::AddListPrice(const PriceKey& key, const PricePoint& point) {
  TRY(Judge(key, point));
  At(key).live = MakePrice(point, PriceOrigin::kListPrice);
  return {};
}

Result<Price> PriceBook::Find(const PriceKey& wanted) const {
  PriceKey key = Reduce(wanted);
  std::optional<Price> old;
  if (auto found = known_.find(key); found != known_.end()) {
    const Known& known = found->second;
    bool is_fresh = known.observed && now_ - *known.observed->as_of <= kFresh;
    if (known.stated) return *known.stated;
    if (is_fresh) return *known.observed;
    if (known.live) return *known.live;
    old = known.observed ? known.observed : known.snapshot;
  }
  if (old) return *old;
  if (auto shipped = known_.find(WithoutZone(key));
      shipped != known_.end() && shipped->second.snapshot) {
    return *shipped->second.snapshot;
  }
  return NotFound(fmt::format(
      "no price of {} is known: nobody answered, and the snapshot of {} does not have it",
      Describe(wanted), Day(SnapshotDate())));
}

Result<Offer> PriceBook::MakeOffer(const Pool& pool) const {
  TRY_ASSIGN(Price price, Find({Item::kCompute, pool}));
  Offer offer{.pool = pool, .price = price.rate, .highest = price.highest};
  offer.terms = TermsOf(pool.market);
  if (pool.market == Market::kSpot) {
    Pool on_demand = pool;
    on_demand.market = Market::kOnDemand;
    TRY_ASSIGN(Price most, Find({Item::kCompute, on_demand}));
    offer.highest = std::max(most.rate, price.highest);
  }
  if (ceiling_) offer.highest = std::min(offer.highest, *ceiling_);
  return offer;
}

}  // namespace mayfly::cost
