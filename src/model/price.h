#pragma once
// Prices, and what things cost at them. Exact: a rate is a whole number of micro-dollars for one
// unit, a quantity a whole number of the unit's smallest part, their product has 128 bits, and it
// is rounded once, half up, to a micro-dollar.

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/ids.h"
#include "base/money.h"
#include "base/result.h"
#include "base/time.h"

namespace mayfly {

// Bills count a month as 730 hours and a year as 8,760. Both convert to Duration.
using BilledMonths = std::chrono::duration<std::int64_t, std::ratio<730LL * 3600>>;
using BilledYears = std::chrono::duration<std::int64_t, std::ratio<8760LL * 3600>>;

// What is billed.
enum class Item {
  kCompute,           // a machine
  kDisk,              // its disk
  kPublicAddress,     // its public IPv4 address
  kSnapshot,          // of a disk
  kDatabaseCapacity,  // Aurora capacity units
  kDatabaseIo,        // Aurora I/O requests
  kDatabaseStorage,
  kCrossZone,    // transfer between zones, both ways together
  kNatHour,      // a NAT gateway that is there
  kNatTransfer,  // what passes through it
  kExportStorage,
  kRequests,  // of writing objects
  kSecret,
  kCpuCredit,  // of burstable machines beyond their baseline
};

// How a machine is bought; local machines are not.
enum class Market { kLocal, kSpot, kOnDemand };

enum class Unit { kHour, kGbMonth, kGb, kCapacityHour, kMillion, kPieceMonth };

std::string_view Name(Item item);      // "compute", "disk", "public address", …
std::string_view Name(Market market);  // "local", "spot", "on-demand"
std::string_view Name(Unit unit);      // "h", "GB-month", "GB", "ACU-h", "million", "month"
Result<Item> ParseItem(std::string_view name);
Result<Market> ParseMarket(std::string_view name);
Result<Unit> ParseUnit(std::string_view name);

// The unit in which an item is priced.
Unit UnitOf(Item item);

// Can mayfly end it? Compute, disk and address go with the machine; the rest stays or was used.
bool EndsWithMachine(Item item);

struct Rate {
  std::int64_t micro_usd = 0;  // for one unit
  Unit unit = Unit::kHour;
  friend auto operator<=>(const Rate&, const Rate&) = default;
};

// "0.45 USD/h". kInvalid says what is wrong; zero is a price.
Result<Rate> ParseRate(std::string_view text);
std::string FormatRate(Rate rate);

// So much of a unit, counted in its smallest parts: microseconds, GB-microseconds, bytes,
// milli-ACU-microseconds, pieces, piece-microseconds.
struct Quantity {
  std::int64_t parts = 0;
  Unit unit = Unit::kHour;
};
Quantity ForTime(Duration length, std::int64_t machines = 1);
Quantity ForDisk(std::int64_t gigabytes, Duration length);
Quantity ForBytes(std::int64_t bytes);
Quantity ForCapacity(std::int64_t milli_units, Duration length);
Quantity ForPieces(std::int64_t pieces);
Quantity ForPiecesOverTime(std::int64_t pieces, Duration length);

inline constexpr std::int64_t kGigabyte = 1'000'000'000;

// Needs the same unit. kInvalid: more than kMostMoney, less than nothing, or more parts than can be
// counted.
Result<Money> Charge(Rate rate, Quantity quantity);

// How much a rate buys: the longest time that costs no more than `money`. Absent: at no price, for
// ever. Needs a rate by the hour.
std::optional<Duration> TimeFor(Money money, Rate rate);

// One kind of machine to be had: a type, in a zone, from a market.
struct Pool {
  std::string region, zone, instance_type;
  Market market = Market::kLocal;
  friend auto operator<=>(const Pool&, const Pool&) = default;
};

// "c7i.8xlarge spot in us-east-1a".
std::string Describe(const Pool& pool);

struct PriceKey {
  Item item = Item::kCompute;
  Pool pool;
  friend auto operator<=>(const PriceKey&, const PriceKey&) = default;
};

std::string Describe(const PriceKey& key);

// The price from an instant on, until the next one.
struct PricePoint {
  Instant from;
  Rate rate;
  friend auto operator<=>(const PricePoint&, const PricePoint&) = default;
};

// A price that was seen, for something.
struct PriceChange {
  PriceKey key;
  PricePoint point;
  friend auto operator<=>(const PriceChange&, const PriceChange&) = default;
};

// What a market's bill does beside counting. Time is billed in whole seconds, begun ones in full.
struct BillingTerms {
  Duration minimum{};            // less is billed as this
  Duration free_if_reclaimed{};  // what the cloud takes back earlier costs no compute
  friend auto operator<=>(const BillingTerms&, const BillingTerms&) = default;
};
inline constexpr Duration kBillingUnit = seconds(1);

// EC2's Linux machines: a minute at least, and a first hour that is free on Spot if EC2 ends it.
BillingTerms TermsOf(Market market);

// What a machine is asked for at: its pool, its price then, and the highest that it can be billed.
struct Offer {
  Pool pool;
  Rate price, highest;
  BillingTerms terms;
  int disk_gb = 0, addresses = 0;
  friend auto operator<=>(const Offer&, const Offer&) = default;
};

// What a bill is made of, beside the offer. Instants are the provider's.
struct Billed {
  std::optional<Instant> running, ended;
  bool reclaimed = false;  // the provider took it back
  friend auto operator<=>(const Billed&, const Billed&) = default;
};

}  // namespace mayfly
