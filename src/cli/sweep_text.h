#pragma once
// What a sweep found, for people and for programs. Pure.

#include <optional>
#include <string>
#include <vector>

#include "cli/render.h"
#include "cost/price_book.h"
#include "sweep/sweeper.h"

namespace mayfly::cli {

struct SweepReport {
  const sweep::Pass& last;
  bool is_proved = false;
  int passes = 0;
  Duration window{};
  std::string not_asked;            // why no cloud was; empty: one was
  std::vector<std::string> by_tag;  // regions that were only asked for our tag
  const cost::PriceBook& prices;
};

// A month of all that is ours and left, and of all that is for its reader to judge; at most, where
// that is all that is known of some of it. Things whose price is not known are counted apart.
struct SweepTotals {
  Money ours, nobodys;
  bool ours_is_at_most = false, nobodys_is_at_most = false;
  int unpriced = 0;
};
SweepTotals SumUp(const SweepReport& report);

// 0: proved; 8: something of ours is left; 5: a place did not answer.
int ExitCodeOf(const SweepReport& report);

std::string RenderSweep(const SweepReport& report, const Paint& paint);
std::string SweepToJson(const SweepReport& report);

// "marked volume vol-1 in us-east-1 as an orphan".
std::string Describe(const sweep::Deed& deed);

}  // namespace mayfly::cli
