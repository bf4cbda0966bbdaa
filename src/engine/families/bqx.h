#pragma once
// bqx: where the recent past stood relative to now, over windows of 15 to 75 rows.

#include "engine/family.h"

namespace mayfly::engine {

Family MakeBqx();

}  // namespace mayfly::engine
