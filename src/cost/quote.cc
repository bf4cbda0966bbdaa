#include "cost/quote.h"

#include <fmt/format.h>

#include <algorithm>

#include "cost/three_way.h"

namespace mayfly::cost {
namespace {

constexpr Duration kOneMonth = BilledMonths(1);

class Quoting {
 public:
  Quoting(const QuoteRequest& request, const PriceBook& book) : request_(request), book_(book) {}

  Result<Quote> Run() {
    if (request_.pools.empty()) return Invalid("a quote needs a pool of machines");
    for (const Pool& pool : request_.pools) TRY(AddCompute(pool));
    TRY(AddByMachineTime());
    TRY(AddBeside());
    SumUp();
    TRY(CompareWays());
    quote_.id = QuoteId(quote_);
    return quote_;
  }

 private:
  // Nothing where the price is not known: its name is in `unknown`.
  std::optional<Price> FindPrice(const PriceKey& key) {
    Result<Price> price = book_.Find(key);
    if (!price.ok()) {
      quote_.unknown.push_back(Describe(key));
      return std::nullopt;
    }
    NoteDate(*price);
    return *price;
  }

  PriceKey RegionKey(Item item) const {
    return {item, {.region = request_.pools.front().region, .market = Market::kOnDemand}};
  }

  void NoteDate(const Price& price) {
    if (!price.as_of) return;
    std::string date = FormatInstant(*price.as_of).substr(0, 10);
    if (quote_.price_date.empty() || date < quote_.price_date) quote_.price_date = date;
  }

  std::string MachineTime() const {
    Duration length = request_.length.expected.value_or(request_.deadline);
    std::string_view bound = request_.length.expected ? "" : "at most ";
    return fmt::format("{} x {}{}", request_.machines, bound, FormatDuration(length));
  }

  Status AddCompute(const Pool& pool) {
    std::optional<Price> price = FindPrice({Item::kCompute, pool});
    if (!price) return {};
    Result<Offer> offer = book_.MakeOffer(pool);
    if (!offer.ok()) {
      quote_.unknown.push_back("the highest price of " + Describe(pool));
      return {};
    }
    QuoteLine line{.item = Item::kCompute,
                   .what = Describe(pool),
                   .premise = MachineTime(),
                   .price = FormatRate(price->rate),
                   .source = DescribeOrigin(*price)};
    if (request_.length.expected) {
      Quantity time = ForTime(*request_.length.expected, request_.machines);
      TRY_ASSIGN(line.low, Charge(price->lowest, time));
      TRY_ASSIGN(line.expected, Charge(price->rate, time));
    }
    TRY_ASSIGN(line.high, Charge(offer->highest, ForTime(request_.deadline, request_.machines)));
    quote_.lines.push_back(std::move(line));
    return {};
  }

  // Disks, addresses and database capacity: billed as long as machines live.
  Status AddByMachineTime() {
    auto disk = [&](Duration length) {
      return ForDisk(std::int64_t{request_.disk_gb} * request_.machines, length);
    };
    auto address = [&](Duration length) {
      return ForTime(length, std::int64_t{request_.addresses} * request_.machines);
    };
    std::int64_t capacity = request_.beside.capacity_milli_above_floor;
    auto units = [&](Duration length) { return ForCapacity(capacity, length); };
    if (request_.disk_gb > 0) {
      TRY(AddTimed(Item::kDisk, fmt::format("{} GB, {}", request_.disk_gb, MachineTime()), disk));
    }
    if (request_.addresses > 0) TRY(AddTimed(Item::kPublicAddress, MachineTime(), address));
    if (capacity == 0) return {};
    return AddTimed(Item::kDatabaseCapacity,
                    fmt::format("{:.1f} ACU above the floor", static_cast<double>(capacity) / 1000),
                    units);
  }

  template <typename QuantityFor>
  Status AddTimed(Item item, std::string premise, QuantityFor quantity_for) {
    std::optional<Price> price = FindPrice(RegionKey(item));
    if (!price) return {};
    QuoteLine line{.item = item,
                   .what = std::string(Name(item)),
                   .premise = std::move(premise),
                   .price = FormatRate(price->rate),
                   .source = DescribeOrigin(*price)};
    if (request_.length.expected) {
      TRY_ASSIGN(line.expected, Charge(price->rate, quantity_for(*request_.length.expected)));
      line.low = line.expected;
    }
    TRY_ASSIGN(line.high, Charge(price->rate, quantity_for(request_.deadline)));
    quote_.lines.push_back(std::move(line));
    return {};
  }

  Status AddFixed(Item item, std::string premise, Quantity quantity) {
    if (quantity.parts == 0) return {};
    std::optional<Price> price = FindPrice(RegionKey(item));
    if (!price) return {};
    TRY_ASSIGN(Money money, Charge(price->rate, quantity));
    quote_.lines.push_back({.item = item,
                            .what = std::string(Name(item)),
                            .premise = std::move(premise),
                            .price = FormatRate(price->rate),
                            .source = DescribeOrigin(*price),
                            .low = money,
                            .expected = money,
                            .high = money});
    return {};
  }

  Status AddBeside() {
    const UsageBeside& use = request_.beside;
    auto gigabytes = [](std::int64_t bytes) {
      return fmt::format("{:.1f} GB", static_cast<double>(bytes) / static_cast<double>(kGigabyte));
    };
    std::int64_t export_gb = (use.export_bytes + kGigabyte - 1) / kGigabyte;
    TRY(AddFixed(Item::kSnapshot, fmt::format("{} GB for a month", use.snapshot_gb),
                 ForDisk(use.snapshot_gb, kOneMonth)));
    TRY(AddFixed(Item::kDatabaseIo, fmt::format("{} requests", use.database_requests),
                 ForPieces(use.database_requests)));
    TRY(AddFixed(Item::kCrossZone, gigabytes(use.cross_zone_bytes),
                 ForBytes(use.cross_zone_bytes)));
    TRY(AddFixed(Item::kNatTransfer, gigabytes(use.nat_bytes), ForBytes(use.nat_bytes)));
    TRY(AddFixed(Item::kExportStorage, fmt::format("{} GB for a month", export_gb),
                 ForDisk(export_gb, kOneMonth)));
    return AddFixed(Item::kRequests, fmt::format("{} requests", use.write_requests),
                    ForPieces(use.write_requests));
  }

  // Of alternative markets one is bought: the cheapest is the low, the first the expected, the
  // dearest the high. Whatever ends with the machine stays below the cap.
  void SumUp() {
    std::optional<Money> low, expected;
    Money compute_high{}, ended_high{}, rest_high{}, rest{};
    for (const QuoteLine& line : quote_.lines) {
      if (line.item == Item::kCompute) {
        compute_high = std::max(compute_high, line.high);
        if (line.low) low = std::min(low.value_or(*line.low), *line.low);
        if (line.expected && !expected) expected = line.expected;
        continue;
      }
      (EndsWithMachine(line.item) ? ended_high : rest_high) += line.high;
      if (line.expected) rest += *line.expected;
    }
    ended_high += compute_high;
    quote_.cap = request_.cap;
    if (request_.cap) ended_high = std::min(ended_high, *request_.cap);
    quote_.high = ended_high + rest_high;
    if (low) quote_.low = *low + rest;
    if (expected) quote_.expected = *expected + rest;
    quote_.hours_source = request_.length.source.empty() ? "not measured" : request_.length.source;
  }

  // Only where every input is known.
  Status CompareWays() {
    if (!request_.host || !request_.length.expected) return {};
    auto rate = [&](Item item, const Pool& pool) -> std::optional<Rate> {
      Result<Price> price = book_.Find({item, pool});
      return price.ok() ? std::optional<Rate>(price->rate) : std::nullopt;
    };
    Pool spot = request_.pools.front(), on_demand = spot;
    spot.market = Market::kSpot;
    on_demand.market = Market::kOnDemand;
    std::optional<Rate> spot_rate = rate(Item::kCompute, spot);
    std::optional<Rate> on_demand_rate = rate(Item::kCompute, on_demand);
    std::optional<Rate> host_rate = rate(Item::kCompute, *request_.host);
    std::optional<Rate> disk = rate(Item::kDisk, on_demand);
    std::optional<Rate> address = rate(Item::kPublicAddress, on_demand);
    if (!spot_rate || !on_demand_rate || !host_rate || !disk || !address) return {};
    TRY_ASSIGN(quote_.three_way, CompareThreeWays({.length = *request_.length.expected,
                                                   .spot = *spot_rate,
                                                   .on_demand = *on_demand_rate,
                                                   .host = *host_rate,
                                                   .disk_gb = request_.disk_gb,
                                                   .disk = *disk,
                                                   .address = *address}));
    return {};
  }

  const QuoteRequest& request_;
  const PriceBook& book_;
  Quote quote_;
};

const QuoteLine* FindLine(const Quote& quote, const QuoteLine& like) {
  for (const QuoteLine& line : quote.lines) {
    if (line.item == like.item && line.what == like.what) return &line;
  }
  return nullptr;
}

}  // namespace

Result<Quote> MakeQuote(const QuoteRequest& request, const PriceBook& book) {
  return Quoting(request, book).Run();
}

Status CheckWithin(const Quote& approved, const Quote& today) {
  if (today.high <= approved.high) return {};
  const QuoteLine* grown = nullptr;
  Money growth{};
  for (const QuoteLine& line : today.lines) {
    const QuoteLine* before = FindLine(approved, line);
    Money more = before == nullptr ? line.high : line.high - before->high;
    if (grown != nullptr && more <= growth) continue;
    grown = &line;
    growth = more;
  }
  std::string which = "its cap";
  if (grown != nullptr) {
    const QuoteLine* before = FindLine(approved, *grown);
    which = fmt::format("{} {} ({} at {}, approved {})", Name(grown->item), grown->what,
                        FormatMoney(grown->high), grown->price,
                        before == nullptr ? "without it" : FormatMoney(before->high));
  }
  return Conflict(fmt::format(
      "quote {} of today may come to {}, and what was approved as quote {} was at most "
      "{}; what grew is {}; look at it with `mayfly plan` and approve it again",
      today.id, FormatMoney(today.high), approved.id, FormatMoney(approved.high), which));
}

}  // namespace mayfly::cost
