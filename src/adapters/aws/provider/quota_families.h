#pragma once
// Which quota a machine counts against: EC2 has one for groups of families, and for each market.
// Pure.

#include <optional>
#include <string_view>

#include "model/price.h"

namespace mayfly::aws {

enum class QuotaGroup {
  kStandard,  // A C D H I M R T Z
  kGraphics,  // G VT
  kTraining,  // P
};

// By the letters before the generation ("c" of "c7i.large"); absent: a group that mayfly does not
// know the quota of.
std::optional<QuotaGroup> QuotaGroupOf(std::string_view instance_type);

// "L-34B43A08": by which the limit is read, and a raise asked for. Needs Spot or On-Demand.
std::string_view QuotaCode(QuotaGroup group, Market market);

}  // namespace mayfly::aws
