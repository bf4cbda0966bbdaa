#pragma once
// What is known of prices, and from where. A price is the first that is there of
//
//   stated      in the phase
//   observed    in the ledger, within the last day
//   live        the source's Spot price history, or its list price
//   observed    in the ledger, longer ago
//   snapshot    shipped with the binary; always shown with its date
//
// An answer that cannot be a price is refused whole and leaves nothing behind; a price that nobody
// knows is kNotFound, and never guessed.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cost/snapshot_prices.h"
#include "model/price.h"

namespace mayfly::cost {

enum class PriceOrigin { kStated, kObserved, kSpotHistory, kListPrice, kSnapshot };

struct Price {
  Rate rate;
  PriceOrigin origin = PriceOrigin::kStated;
  std::optional<Instant> as_of;  // absent: stated
  Rate lowest, highest;          // of a Spot history; elsewhere the rate itself
};

// "Spot price history of 2026-11-27", "stated in the phase".
std::string DescribeOrigin(const Price& price);

// Answers beyond this are nonsense: a thousand dollars for one unit of anything.
inline constexpr std::int64_t kMostMicrosOfAUnit = 1'000'000'000;

class PriceBook {
 public:
  // `now` is what "within the last day" and "in the future" are measured from.
  explicit PriceBook(Instant now, std::span<const SnapshotPrice> snapshot = SnapshotPrices());

  // No machine may be billed more than this: the phase's ceiling.
  void Limit(Rate ceiling) { ceiling_ = ceiling; }

  // Zero is a price here and nowhere else: only the phase knows that a machine costs nothing.
  void State(const PriceKey& key, Rate rate, Rate highest);

  // kCorrupt names the point that cannot be a price; kNotFound: a history without a point.
  Status Observe(const PriceChange& change);
  Status AddSpotHistory(const Pool& pool, const std::vector<PricePoint>& points);
  Status AddListPrice(const PriceKey& key, const PricePoint& point);

  Result<Price> Find(const PriceKey& wanted) const;

  // What a machine of this pool may be asked for at. The highest it can be billed is the stated or
  // On-Demand price: a Spot machine whose price rises above that is taken away, not billed.
  Result<Offer> MakeOffer(const Pool& pool) const;

 private:
  struct Known {
    std::optional<Price> stated, observed, live, snapshot;
  };
  Status Judge(const PriceKey& key, const PricePoint& point) const;
  Known& At(const PriceKey& key);

  Instant now_;
  std::optional<Rate> ceiling_;
  std::map<PriceKey, Known> known_;
};

}  // namespace mayfly::cost
