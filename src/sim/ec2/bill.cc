#include "sim/ec2/bill.h"

#include <algorithm>

#include "sim/ec2/prices.h"

namespace mayfly::ec2 {
namespace {

constexpr std::int64_t kMinimumSeconds = 60;
constexpr std::int64_t kHour = 3600;

std::int64_t SecondsBegun(Duration stretch) { return (stretch.count() + 999'999) / 1'000'000; }

std::int64_t BilledSeconds(Instant from, Instant to) {
  return std::max(kMinimumSeconds, SecondsBegun(to - from));
}

std::int64_t DivideHalfUp(std::int64_t amount, std::int64_t by) { return (amount + by / 2) / by; }

// Micro-dollars times seconds over an hour, of so many seconds from `from` on.
std::int64_t SpotAmount(const Cloud& cloud, const PoolKey& pool, Instant from,
                        std::int64_t seconds_billed) {
  const Instant to = from + seconds(seconds_billed);
  const std::vector<PricePoint> series = SpotSeries(cloud, pool, from, to);
  std::int64_t amount = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    // A second is charged at the price in force at its beginning.
    const std::int64_t begin = i == 0 ? 0 : SecondsBegun(series[i].from - from);
    const std::int64_t end =
        i + 1 < series.size() ? SecondsBegun(series[i + 1].from - from) : seconds_billed;
    amount += series[i].micro_usd_h * (end - begin);
  }
  return amount;
}

bool IsFree(const Instance& instance, const Span& span, Instant to) {
  return instance.was_reclaimed && &span == &instance.ran.back() && to - span.from < hours(1);
}

BillLine ComputeLine(const Cloud& cloud, const Instance& instance) {
  BillLine line{.item = "compute",
                .resource = instance.id,
                .instance = instance.id,
                .market = std::string(MarketName(instance.asked.market))};
  std::int64_t amount = 0;
  for (const Span& span : instance.ran) {
    const Instant to = span.to.value_or(cloud.now);
    const std::int64_t billed = BilledSeconds(span.from, to);
    if (IsFree(instance, span, to)) {
      line.note = "the first hour of a Spot instance that is taken back is free";
      continue;
    }
    line.seconds += billed;
    amount += instance.asked.market == Market::kSpot
                  ? SpotAmount(cloud, instance.pool(), span.from, billed)
                  : FindType(span.type)->on_demand_micro_usd_h * billed;
  }
  line.micro_usd = DivideHalfUp(amount, kHour);
  return line;
}

BillLine DiskLine(const Cloud& cloud, const Volume& volume) {
  BillLine line{.item = "disk", .resource = volume.id, .instance = volume.instance};
  line.seconds = BilledSeconds(volume.created, volume.deleted.value_or(cloud.now));
  line.micro_usd = DivideHalfUp(kGp3MicroUsdGbMonth * volume.disk.size_gib * line.seconds,
                                kHoursOfMonth * kHour);
  return line;
}

BillLine AddressLine(const Cloud& cloud, const Address& address) {
  BillLine line{.item = "address", .resource = address.ip, .instance = address.instance};
  line.seconds = BilledSeconds(address.created, address.deleted.value_or(cloud.now));
  line.micro_usd = DivideHalfUp(kAddressMicroUsdHour * line.seconds, kHour);
  return line;
}

BillLine SnapshotLine(const Cloud& cloud, const Snapshot& snapshot) {
  BillLine line{.item = "snapshot", .resource = snapshot.id};
  const Instant to = snapshot.deleted.value_or(cloud.now);
  line.seconds = std::max<std::int64_t>(0, SecondsBegun(to - snapshot.completes_at));
  line.micro_usd = DivideHalfUp(kSnapshotMicroUsdGbMonth * snapshot.size_gib * line.seconds,
                                kHoursOfMonth * kHour);
  return line;
}

}  // namespace

Bill MakeBill(const Cloud& cloud) {
  Bill bill;
  for (const std::string& id : cloud.launch_order) {
    const Instance& instance = cloud.instances.at(id);
    if (!instance.ran.empty()) bill.lines.push_back(ComputeLine(cloud, instance));
  }
  for (const auto& [id, volume] : cloud.volumes) bill.lines.push_back(DiskLine(cloud, volume));
  for (const Address& address : cloud.addresses) {
    bill.lines.push_back(AddressLine(cloud, address));
  }
  for (const auto& [id, snapshot] : cloud.snapshots) {
    bill.lines.push_back(SnapshotLine(cloud, snapshot));
  }
  for (const BillLine& line : bill.lines) bill.micro_usd += line.micro_usd;
  return bill;
}

}  // namespace mayfly::ec2
