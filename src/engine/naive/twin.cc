#include "engine/naive/twin.h"

#include <algorithm>
#include <array>

#include "engine/naive/families.h"
#include "engine/naive/regressions.h"

namespace mayfly::engine::naive {
namespace {

struct Entry {
  std::string_view family;
  Twin twin;
};

constexpr std::array kTwins = {
    Entry{"rate_index", RateIndexCells},    Entry{"bqx", BqxCells},
    Entry{"regn_rate", ParabolaCells},      Entry{"regn_bqx", ParabolaCells},
    Entry{"regq_rate", ParabolaCells},      Entry{"regq_bqx", ParabolaCells},
    Entry{"regq_cov_rate", ParabolaCells},  Entry{"regq_cov_bqx", ParabolaCells},
    Entry{"bollinger_rate", ParabolaCells}, Entry{"bollinger_bqx", ParabolaCells}};

}  // namespace

Twin FindTwin(std::string_view family) {
  const auto found = std::find_if(kTwins.begin(), kTwins.end(),
                                  [&](const Entry& entry) { return entry.family == family; });
  return found == kTwins.end() ? nullptr : found->twin;
}

}  // namespace mayfly::engine::naive
