#include "cost/decision.h"

#include <fmt/format.h>

#include <cstdlib>
#include <set>

namespace mayfly::cost {
namespace {

__extension__ using Wide = __int128;

}  // namespace

Result<StepsTotal> AddUp(std::span<const Step> steps) {
  StepsTotal total;
  for (const Step& step : steps) {
    TRY_ASSIGN(Money money, Charge(step.rate, ForTime(step.length)));
    total.money += money;
    total.length += step.length;
    if (step.host_is_down) total.downtime += step.length;
  }
  return total;
}

Result<Score> Judge(std::span<const Criterion> criteria) {
  Score score;
  std::set<std::string> said;
  for (const Criterion& criterion : criteria) {
    if (criterion.first.index() != criterion.second.index()) {
      return Invalid(
          fmt::format("\"{}\" measures its two sides in different ways; measure both "
                      "in one",
                      criterion.name));
    }
    if (!criterion.of.empty() && !said.insert(criterion.of).second) {
      score.repeated.push_back(criterion.name);
    } else if (criterion.first == criterion.second) {
      ++score.ties;
    } else {
      ++(criterion.first < criterion.second ? score.first : score.second);
    }
  }
  return score;
}

std::string FormatShare(Money part, Money whole) {
  CHECK(whole.micro_usd > 0, "a share is of something");
  Wide hundredths =
      (Wide{std::llabs(part.micro_usd)} * 20'000 + whole.micro_usd) / (Wide{2} * whole.micro_usd);
  auto counted = static_cast<std::int64_t>(hundredths);
  bool is_less = part.micro_usd < 0 && counted > 0;
  return fmt::format("{}{}.{:02} %", is_less ? "-" : "", counted / 100, counted % 100);
}

}  // namespace mayfly::cost
