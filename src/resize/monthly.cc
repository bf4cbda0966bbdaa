#include "resize/monthly.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cost/standing.h"

namespace mayfly::resize {
namespace {

struct BaselineRow {
  std::string_view size;
  int percent;
};
constexpr std::array<BaselineRow, 7> kBaselines{{{"nano", 5},
                                                 {"micro", 10},
                                                 {"small", 20},
                                                 {"medium", 20},
                                                 {"large", 30},
                                                 {"xlarge", 40},
                                                 {"2xlarge", 40}}};

PriceKey KeyOf(const Host& host, Item item, const std::string& type = "") {
  return {item,
          {.region = host.region,
           .zone = host.zone,
           .instance_type = type,
           .market = Market::kOnDemand}};
}

std::optional<Money> Month(const PriceKey& key, std::int64_t amount, const cost::PriceBook& book) {
  const Result<cost::StandingCost> cost =
      cost::PriceStanding({{key, amount}}, BilledMonths(1), book);
  if (!cost.ok() || !cost->unknown.empty()) return std::nullopt;
  return cost->total;
}

std::int64_t DiskGib(const Host& host) {
  std::int64_t gib = 0;
  for (const HostDisk& disk : host.disks) gib += disk.gib;
  return gib;
}

std::optional<Money> CreditsAtMost(const Host& host, const HostType& type,
                                   const cost::PriceBook& book) {
  const std::optional<int> baseline = BaselinePercent(type.name);
  if (!baseline) return std::nullopt;
  return MonthOfCredits(host, type.vcpus * (100 - *baseline) * 10, book);
}

void AddOrigin(const PriceKey& key, const cost::PriceBook& book, Monthly& monthly) {
  const Result<cost::Price> price = book.Find(key);
  if (!price.ok()) return;
  std::string origin = cost::DescribeOrigin(*price);
  if (std::ranges::find(monthly.origins, origin) == monthly.origins.end()) {
    monthly.origins.push_back(std::move(origin));
  }
}

void AddSnapshots(const MonthlyQuestion& question, const cost::PriceBook& book, Monthly& monthly) {
  const PriceKey key = KeyOf(question.host, Item::kSnapshot);
  monthly.snapshots_at_most = Month(key, DiskGib(question.host), book);
  if (!question.use) return;
  std::int64_t kib = 0;
  for (const MountUse& mount : question.use->mounts) kib += mount.used_kib;
  constexpr std::int64_t kKibOfGib = 1024 * 1024;
  monthly.snapshots_expected = Month(key, (kib + kKibOfGib - 1) / kKibOfGib, book);
}

}  // namespace

std::optional<int> BaselinePercent(std::string_view type) {
  const std::size_t dot = type.find('.');
  const std::string_view family = type.substr(0, dot);
  const bool is_burstable = family == "t3" || family == "t3a" || family == "t4g";
  if (!is_burstable || dot == std::string_view::npos) return std::nullopt;
  for (const BaselineRow& row : kBaselines) {
    if (row.size == type.substr(dot + 1)) return row.percent;
  }
  return std::nullopt;
}

std::vector<PriceKey> KeysOf(const Host& host, const std::string& to) {
  std::vector<PriceKey> keys{KeyOf(host, Item::kCompute, host.type),
                             KeyOf(host, Item::kCompute, to), KeyOf(host, Item::kDisk)};
  if (!host.public_ip.empty()) keys.push_back(KeyOf(host, Item::kPublicAddress));
  return keys;
}

std::optional<Money> MonthOf(const Host& host, const std::string& type,
                             const cost::PriceBook& book) {
  return Month(KeyOf(host, Item::kCompute, type), 1, book);
}

std::optional<Money> MonthOfCredits(const Host& host, std::int64_t milli_vcpu,
                                    const cost::PriceBook& book) {
  return Month(KeyOf(host, Item::kCpuCredit), milli_vcpu, book);
}

Monthly PriceMonthly(const MonthlyQuestion& question, const cost::PriceBook& book) {
  const Host& host = question.host;
  Monthly monthly;
  monthly.lines.push_back({fmt::format("{} -> {}", question.from.name, question.to.name),
                           MonthOf(host, question.from.name, book),
                           MonthOf(host, question.to.name, book)});
  const std::optional<Money> disks = Month(KeyOf(host, Item::kDisk), DiskGib(host), book);
  monthly.lines.push_back({fmt::format("{} GB of disk, as gp3", DiskGib(host)), disks, disks});
  if (!host.public_ip.empty()) {
    const std::optional<Money> address = Month(KeyOf(host, Item::kPublicAddress), 1, book);
    monthly.lines.push_back({"public address", address, address});
  }
  for (const MonthlyLine& line : monthly.lines) {
    monthly.before += line.before.value_or(Money{});
    monthly.after += line.after.value_or(Money{});
  }
  for (const PriceKey& key : KeysOf(host, question.to.name)) AddOrigin(key, book, monthly);
  monthly.credits_before = CreditsAtMost(host, question.from, book);
  monthly.credits_after = CreditsAtMost(host, question.to, book);
  AddSnapshots(question, book, monthly);
  return monthly;
}

}  // namespace mayfly::resize
