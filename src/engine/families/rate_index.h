#pragma once
// rate_index: close, open, high and low of a bar as an index that is 100 at the pair's baseline.

#include "engine/family.h"

namespace mayfly::engine {

Family MakeRateIndex();

}  // namespace mayfly::engine
