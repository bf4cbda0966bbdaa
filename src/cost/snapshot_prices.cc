#include "cost/snapshot_prices.h"

#include <array>

namespace mayfly::cost {
namespace {

// us-east-1, Linux. The Spot price is what was paid around that date, no promise.
constexpr std::array<SnapshotPrice, 18> kPrices{{
    {Item::kCompute, "t3.small", Market::kOnDemand, 20'800},
    {Item::kCompute, "t3.xlarge", Market::kOnDemand, 166'400},
    {Item::kCompute, "t3.2xlarge", Market::kOnDemand, 332'800},
    {Item::kCompute, "c7i.8xlarge", Market::kOnDemand, 1'428'000},
    {Item::kCompute, "c7i.8xlarge", Market::kSpot, 450'000},
    {Item::kDisk, "", Market::kOnDemand, 80'000},
    {Item::kPublicAddress, "", Market::kOnDemand, 5'000},
    {Item::kSnapshot, "", Market::kOnDemand, 50'000},
    {Item::kDatabaseCapacity, "", Market::kOnDemand, 120'000},
    {Item::kDatabaseIo, "", Market::kOnDemand, 200'000},
    {Item::kDatabaseStorage, "", Market::kOnDemand, 100'000},
    {Item::kCrossZone, "", Market::kOnDemand, 20'000},
    {Item::kNatHour, "", Market::kOnDemand, 45'000},
    {Item::kNatTransfer, "", Market::kOnDemand, 45'000},
    {Item::kExportStorage, "", Market::kOnDemand, 23'000},
    {Item::kRequests, "", Market::kOnDemand, 5'000'000},
    {Item::kSecret, "", Market::kOnDemand, 400'000},
    {Item::kCpuCredit, "", Market::kOnDemand, 50'000},
}};

}  // namespace

Instant SnapshotDate() { return MakeInstant(2025, 11, 17); }

std::span<const SnapshotPrice> SnapshotPrices() { return kPrices; }

}  // namespace mayfly::cost
