#pragma once
// bollinger: bands of two standard deviations about the mean of the last 20 to 120 rows.

#include "engine/families/domain.h"
#include "engine/family.h"

namespace mayfly::engine {

Family MakeBollinger(Domain domain);

}  // namespace mayfly::engine
