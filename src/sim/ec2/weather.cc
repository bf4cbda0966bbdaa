#include "sim/ec2/weather.h"

namespace mayfly::ec2 {

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last * seen, and where its match ends
  std::size_t mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] != '*' && pattern[p] == text[t]))) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool PoolPattern::Matches(const PoolKey& pool) const {
  return MatchesGlob(type, pool.type) && MatchesGlob(zone, pool.zone) &&
         MatchesGlob(market, MarketName(pool.market));
}

}  // namespace mayfly::ec2
