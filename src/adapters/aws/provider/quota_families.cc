#include "adapters/aws/provider/quota_families.h"

#include <array>

#include "adapters/aws/quotas.h"
#include "base/check.h"

namespace mayfly::aws {
namespace {

struct FamilyRow {
  std::string_view letters;
  QuotaGroup group;
};
constexpr auto kFamilies = std::to_array<FamilyRow>({{"a", QuotaGroup::kStandard},
                                                     {"c", QuotaGroup::kStandard},
                                                     {"d", QuotaGroup::kStandard},
                                                     {"h", QuotaGroup::kStandard},
                                                     {"i", QuotaGroup::kStandard},
                                                     {"im", QuotaGroup::kStandard},
                                                     {"is", QuotaGroup::kStandard},
                                                     {"m", QuotaGroup::kStandard},
                                                     {"r", QuotaGroup::kStandard},
                                                     {"t", QuotaGroup::kStandard},
                                                     {"z", QuotaGroup::kStandard},
                                                     {"g", QuotaGroup::kGraphics},
                                                     {"gr", QuotaGroup::kGraphics},
                                                     {"vt", QuotaGroup::kGraphics},
                                                     {"p", QuotaGroup::kTraining}});

struct CodeRow {
  QuotaGroup group;
  std::string_view spot, on_demand;
};
constexpr auto kCodes =
    std::to_array<CodeRow>({{QuotaGroup::kStandard, kSpotStandardQuota, kOnDemandStandardQuota},
                            {QuotaGroup::kGraphics, "L-3819A6DF", "L-DB2E81BA"},
                            {QuotaGroup::kTraining, "L-7212CCBC", "L-417A185B"}});

}  // namespace

std::optional<QuotaGroup> QuotaGroupOf(std::string_view instance_type) {
  const std::string_view letters =
      instance_type.substr(0, instance_type.find_first_not_of("abcdefghijklmnopqrstuvwxyz"));
  for (const FamilyRow& row : kFamilies) {
    if (row.letters == letters) return row.group;
  }
  return std::nullopt;
}

std::string_view QuotaCode(QuotaGroup group, Market market) {
  CHECK(market != Market::kLocal, "local machines have no quota");
  for (const CodeRow& row : kCodes) {
    if (row.group == group) return market == Market::kSpot ? row.spot : row.on_demand;
  }
  return {};
}

}  // namespace mayfly::aws
