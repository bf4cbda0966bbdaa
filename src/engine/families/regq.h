#pragma once
// regq: a parabola through the last 60 to 630 rows, in terms of plain row numbers; and how its
// terms vary with one another.

#include "engine/families/domain.h"
#include "engine/family.h"

namespace mayfly::engine {

Family MakeRegq(Domain domain);
Family MakeRegqCov(Domain domain);

}  // namespace mayfly::engine
