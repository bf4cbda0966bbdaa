#include "model/price.h"

#include <fmt/format.h>

#include <array>

namespace mayfly {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kHourParts = 3'600'000'000;
constexpr std::int64_t kMonthParts = 730 * kHourParts;

struct ItemRow {
  Item item;
  std::string_view name;
  Unit unit;
  bool ends_with_machine;
};

constexpr std::array<ItemRow, 14> kItems{{
    {Item::kCompute, "compute", Unit::kHour, true},
    {Item::kDisk, "disk", Unit::kGbMonth, true},
    {Item::kPublicAddress, "public address", Unit::kHour, true},
    {Item::kSnapshot, "snapshot", Unit::kGbMonth, false},
    {Item::kDatabaseCapacity, "database capacity", Unit::kCapacityHour, false},
    {Item::kDatabaseIo, "database I/O", Unit::kMillion, false},
    {Item::kDatabaseStorage, "database storage", Unit::kGbMonth, false},
    {Item::kCrossZone, "cross-zone transfer", Unit::kGb, false},
    {Item::kNatHour, "NAT gateway", Unit::kHour, false},
    {Item::kNatTransfer, "NAT transfer", Unit::kGb, false},
    {Item::kExportStorage, "export storage", Unit::kGbMonth, false},
    {Item::kRequests, "requests", Unit::kMillion, false},
    {Item::kSecret, "secret", Unit::kPieceMonth, false},
    {Item::kCpuCredit, "CPU credits", Unit::kCapacityHour, false},
}};

constexpr std::array<std::pair<Market, std::string_view>, 3> kMarkets{
    {{Market::kLocal, "local"}, {Market::kSpot, "spot"}, {Market::kOnDemand, "on-demand"}}};

struct UnitRow {
  Unit unit;
  std::string_view name;
  std::int64_t parts;  // that make one
};

constexpr std::array<UnitRow, 6> kUnits{{
    {Unit::kHour, "h", kHourParts},
    {Unit::kGbMonth, "GB-month", kMonthParts},
    {Unit::kGb, "GB", kGigabyte},
    {Unit::kCapacityHour, "ACU-h", 1000 * kHourParts},
    {Unit::kMillion, "million", 1'000'000},
    {Unit::kPieceMonth, "month", kMonthParts},
}};

// -1, which Charge refuses, where the product has more than 63 bits.
std::int64_t Times(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? -1 : product;
}

const ItemRow& RowOf(Item item) { return kItems.at(static_cast<std::size_t>(item)); }
const UnitRow& RowOf(Unit unit) { return kUnits.at(static_cast<std::size_t>(unit)); }

}  // namespace

std::string_view Name(Item item) { return RowOf(item).name; }
std::string_view Name(Market market) {
  return kMarkets.at(static_cast<std::size_t>(market)).second;
}
std::string_view Name(Unit unit) { return RowOf(unit).name; }
Unit UnitOf(Item item) { return RowOf(item).unit; }
bool EndsWithMachine(Item item) { return RowOf(item).ends_with_machine; }

Result<Item> ParseItem(std::string_view name) {
  for (const ItemRow& row : kItems) {
    if (row.name == name) return row.item;
  }
  return Invalid(fmt::format("\"{}\" is nothing that is billed", name));
}

Result<Market> ParseMarket(std::string_view name) {
  for (const auto& [market, market_name] : kMarkets) {
    if (market_name == name) return market;
  }
  return Invalid(fmt::format("\"{}\" is not a market", name));
}

Result<Unit> ParseUnit(std::string_view name) {
  for (const UnitRow& row : kUnits) {
    if (row.name == name) return row.unit;
  }
  return Invalid(fmt::format("\"{}\" is not a unit of a price", name));
}

Result<Rate> ParseRate(std::string_view text) {
  std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return Invalid(
        fmt::format("\"{}\" is not a price; write money by the hour, such as "
                    "\"0.10 USD/h\"",
                    text));
  }
  TRY_ASSIGN(Money money, ParseMoney(text.substr(0, slash)));
  if (text.substr(slash + 1) != "h") {
    return Invalid(fmt::format("\"{}\" is not by the hour; write it as \"0.10 USD/h\"", text));
  }
  return Rate{money.micro_usd, Unit::kHour};
}

std::string FormatRate(Rate rate) {
  return fmt::format("{}/{}", FormatExactMoney(Money{rate.micro_usd}), Name(rate.unit));
}

Quantity ForTime(Duration length, std::int64_t machines) {
  return {Times(length.count(), machines), Unit::kHour};
}
Quantity ForDisk(std::int64_t gigabytes, Duration length) {
  return {Times(gigabytes, length.count()), Unit::kGbMonth};
}
Quantity ForBytes(std::int64_t bytes) { return {bytes, Unit::kGb}; }
Quantity ForCapacity(std::int64_t milli_units, Duration length) {
  return {Times(milli_units, length.count()), Unit::kCapacityHour};
}
Quantity ForPieces(std::int64_t pieces) { return {pieces, Unit::kMillion}; }
Quantity ForPiecesOverTime(std::int64_t pieces, Duration length) {
  return {Times(pieces, length.count()), Unit::kPieceMonth};
}

Result<Money> Charge(Rate rate, Quantity quantity) {
  CHECK(rate.unit == quantity.unit, "a rate is charged for a quantity of its own unit");
  Wide per = RowOf(rate.unit).parts;
  Wide doubled = 2 * Wide{rate.micro_usd} * quantity.parts + per;
  if (rate.micro_usd < 0 || quantity.parts < 0) {
    return Invalid(fmt::format("a charge of {} for {} parts cannot be counted", FormatRate(rate),
                               quantity.parts));
  }
  Wide micros = doubled / (2 * per);
  if (micros > kMostMoney.micro_usd) {
    return Invalid(
        fmt::format("a charge at {} is more than the 1000000000 USD that mayfly counts "
                    "to",
                    FormatRate(rate)));
  }
  return Money{static_cast<std::int64_t>(micros)};
}

std::optional<Duration> TimeFor(Money money, Rate rate) {
  CHECK(rate.unit == Unit::kHour, "time is bought by the hour");
  if (rate.micro_usd <= 0) return std::nullopt;
  if (money.micro_usd <= 0) return Duration(0);
  Wide parts = Wide{money.micro_usd} * kHourParts / rate.micro_usd;
  constexpr Wide kLongest = 100LL * 8760 * kHourParts;  // a century is for ever
  if (parts > kLongest) return std::nullopt;
  return Duration(static_cast<std::int64_t>(parts));
}

std::string Describe(const Pool& pool) {
  if (pool.market == Market::kLocal) return "local machines";
  std::string place = pool.zone.empty() ? pool.region : pool.zone;
  return fmt::format("{} {} in {}", pool.instance_type, Name(pool.market), place);
}

std::string Describe(const PriceKey& key) {
  if (key.item == Item::kCompute) return Describe(key.pool);
  return fmt::format("{} in {}", Name(key.item), key.pool.region);
}

BillingTerms TermsOf(Market market) {
  switch (market) {
    case Market::kLocal:
      return {};
    case Market::kSpot:
      return {.minimum = minutes(1), .free_if_reclaimed = hours(1)};
    case Market::kOnDemand:
      return {.minimum = minutes(1)};
  }
  CheckFailed(__FILE__, __LINE__, "market", "a market without terms");
}

}  // namespace mayfly
