#pragma once
// regn: a parabola through the last 15 to 90 rows, the rows counted in standard deviations.

#include "engine/families/domain.h"
#include "engine/family.h"

namespace mayfly::engine {

Family MakeRegn(Domain domain);

}  // namespace mayfly::engine
