#include "sched/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace mayfly::sched {
namespace {

// Why a pool is not asked now.
struct Block {
  enum class Why { kDry, kPriceRefused, kQuotaRefused, kQuotaFull, kTooBig, kPrice, kOnDemand };
  Why why = Why::kDry;
  std::optional<Instant> until;  // absent: for ever, as far as is known
};

bool IsFinal(RefusalKind kind) {
  return kind == RefusalKind::kWrong || kind == RefusalKind::kDenied;
}

const QuotaRoom* FindRoom(const LadderView& view, Market market) {
  auto room = std::ranges::find(view.quotas, market, &QuotaRoom::market);
  return room == view.quotas.end() ? nullptr : &*room;
}

// May more become of it: a request that is open, or granted and not in force yet?
bool MayGrow(const QuotaRoom& room) {
  if (!room.asked) return false;
  bool not_in_force = room.asked->state == "APPROVED" && room.asked->desired > room.limit;
  return !room.asked->is_decided || not_in_force;
}

std::optional<Block> BlockOfQuota(const LadderView& view, const Rung& rung,
                                  const LadderRules& rules) {
  const QuotaRoom* room = FindRoom(view, rung.pool.pool.market);
  if (room == nullptr || room->used + rung.pool.vcpus <= room->limit) return std::nullopt;
  bool may_fit = rung.pool.vcpus <= room->limit || MayGrow(*room);
  if (!may_fit) return Block{Block::Why::kTooBig, std::nullopt};
  return Block{Block::Why::kQuotaFull, view.now + rules.look_again};
}

int VcpusOf(const LadderView& view, const Pool& pool) {
  auto rung = std::ranges::find_if(view.rungs, [&](const Rung& r) { return r.pool.pool == pool; });
  return rung == view.rungs.end() ? 0 : rung->pool.vcpus;
}

// A quota is of a market and not of a pool: what refused one refuses all that are as large.
bool Concerns(const LadderView& view, const SeenRefusal& seen, const Rung& rung) {
  if (seen.refusal.kind != RefusalKind::kQuota) return seen.refusal.pool == rung.pool.pool;
  return seen.refusal.pool.market == rung.pool.pool.market &&
         VcpusOf(view, seen.refusal.pool) <= rung.pool.vcpus;
}

std::optional<Block> BlockOfRefusals(const LadderView& view, const Rung& rung,
                                     const LadderRules& rules) {
  std::optional<Block> block;
  for (const SeenRefusal& seen : view.refusals) {
    bool passes = IsFinal(seen.refusal.kind) || seen.refusal.kind == RefusalKind::kUsedUp;
    Instant until = seen.at + rules.dry_for;
    if (passes || until <= view.now || !Concerns(view, seen, rung)) continue;
    if (block && *block->until >= until) continue;
    auto why = seen.refusal.kind == RefusalKind::kQuota   ? Block::Why::kQuotaRefused
               : seen.refusal.kind == RefusalKind::kPrice ? Block::Why::kPriceRefused
                                                          : Block::Why::kDry;
    block = Block{why, until};
  }
  return block;
}

// Since when Spot is tried in vain: its first refusal since a machine was last to be had.
std::optional<Instant> SpotTriedSince(const LadderView& view) {
  std::optional<Instant> since;
  for (const SeenRefusal& seen : view.refusals) {
    bool counts = seen.refusal.pool.market == Market::kSpot && !IsFinal(seen.refusal.kind) &&
                  (!view.last_had || seen.at > *view.last_had);
    if (counts && (!since || seen.at < *since)) since = seen.at;
  }
  return since;
}

std::optional<Block> BlockOfRule(const LadderView& view, const Rung& rung, const LadderRules& rules,
                                 bool spot_is_hopeless) {
  bool is_late_choice =
      rung.pool.pool.market == Market::kOnDemand && rules.on_demand == OnDemandRule::kAfterSpot;
  if (!is_late_choice || spot_is_hopeless) return std::nullopt;
  Instant until = SpotTriedSince(view).value_or(view.now) + rules.on_demand_after;
  if (until <= view.now && SpotTriedSince(view)) return std::nullopt;
  return Block{Block::Why::kOnDemand, until};
}

std::optional<Block> FindBlock(const LadderView& view, const Rung& rung, const LadderRules& rules) {
  if (auto quota = BlockOfQuota(view, rung, rules)) return quota;
  if (auto refused = BlockOfRefusals(view, rung, rules)) return refused;
  if (rung.offer.price > rung.offer.highest) {
    return Block{Block::Why::kPrice, view.now + rules.look_again};
  }
  return std::nullopt;
}

std::vector<std::optional<Block>> FindBlocks(const LadderView& view, const LadderRules& rules) {
  std::vector<std::optional<Block>> blocks;
  bool spot_is_hopeless = true;
  for (const Rung& rung : view.rungs) {
    blocks.push_back(FindBlock(view, rung, rules));
    bool is_hopeless = blocks.back() && !blocks.back()->until;
    if (rung.pool.pool.market == Market::kSpot && !is_hopeless) spot_is_hopeless = false;
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i]) continue;
    blocks[i] = BlockOfRule(view, view.rungs[i], rules, spot_is_hopeless);
  }
  return blocks;
}

// The place of a rung on the ladder, lowest first.
auto StepOf(const Rung& rung) {
  return std::tuple(rung.pool.pool.market == Market::kOnDemand, rung.pool.step_down);
}

std::vector<std::size_t> LowestOpenStep(const LadderView& view,
                                        const std::vector<std::optional<Block>>& blocks) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < view.rungs.size(); ++i) {
    if (blocks[i]) continue;
    if (!open.empty() && StepOf(view.rungs[i]) > StepOf(view.rungs[open.front()])) continue;
    if (!open.empty() && StepOf(view.rungs[i]) < StepOf(view.rungs[open.front()])) open.clear();
    open.push_back(i);
  }
  std::ranges::stable_sort(open, {},
                           [&](std::size_t i) { return view.rungs[i].offer.price.micro_usd; });
  return open;
}

AskPools Ask(const LadderView& view, std::vector<std::size_t> open, const LadderRules& rules) {
  std::string first = Describe(view.rungs[open.front()].pool.pool);
  std::size_t pools = open.size();
  if (pools < rules.least_for_fleet) open.resize(1);
  if (pools == 1) return {std::move(open), first};
  return {std::move(open), fmt::format("{}, the cheapest of {} pools", first, pools)};
}

std::string DescribeQuota(const QuotaRoom& room) {
  std::string text = fmt::format("{} of {} {} vCPU are used (quota {})", room.used, room.limit,
                                 Name(room.market), room.code);
  if (room.asked) {
    text += fmt::format(", a request for {} is {}", room.asked->desired, room.asked->state);
    if (room.asked->state == "APPROVED" && room.asked->desired > room.limit) {
      text += " and not in force yet";
    }
  }
  return text;
}

std::string DescribeBlocks(const LadderView& view,
                           const std::vector<std::optional<Block>>& blocks) {
  std::map<Block::Why, int> count;
  for (const std::optional<Block>& block : blocks) ++count[block->why];
  std::vector<std::string> parts;
  if (int dry = count[Block::Why::kDry]) parts.push_back(fmt::format("no capacity in {}", dry));
  if (int walls = count[Block::Why::kQuotaRefused]) {
    parts.push_back(fmt::format("a quota refuses {}", walls));
  }
  if (int full = count[Block::Why::kQuotaFull]) {
    parts.push_back(fmt::format("{} do not fit into the quota now", full));
  }
  if (int big = count[Block::Why::kTooBig]) {
    parts.push_back(fmt::format("{} are larger than the quota", big));
  }
  if (int dear = count[Block::Why::kPrice] + count[Block::Why::kPriceRefused]) {
    parts.push_back(fmt::format("{} cost more than max_price", dear));
  }
  if (int later = count[Block::Why::kOnDemand]) {
    parts.push_back(fmt::format("{} are On-Demand, and Spot is tried first", later));
  }
  std::string text = fmt::format("of {} pools: {}", view.rungs.size(), fmt::join(parts, ", "));
  for (const QuotaRoom& room : view.quotas) {
    auto is_short = [&](std::size_t i) {
      Block::Why why = blocks[i]->why;
      bool quota = why == Block::Why::kQuotaFull || why == Block::Why::kTooBig ||
                   why == Block::Why::kQuotaRefused;
      return quota && view.rungs[i].pool.pool.market == room.market;
    };
    bool says = false;
    for (std::size_t i = 0; i < blocks.size(); ++i) says = says || is_short(i);
    if (says) text += "; " + DescribeQuota(room);
  }
  return text;
}

// What an operator has to mend, if any pool said so since they last did.
std::optional<NoPool> FindFinal(const LadderView& view) {
  const SeenRefusal* newest = nullptr;
  for (const SeenRefusal& seen : view.refusals) {
    if (!IsFinal(seen.refusal.kind) || seen.at < view.mended) continue;
    if (newest == nullptr || seen.at > newest->at) newest = &seen;
  }
  if (newest == nullptr) return std::nullopt;
  return NoPool{fmt::format("{} refused for a reason that waiting does not mend: {}: {}",
                            Describe(newest->refusal.pool), newest->refusal.code,
                            newest->refusal.message)};
}

}  // namespace

Choice ChoosePools(const LadderView& view, const LadderRules& rules) {
  if (view.rungs.empty()) return NoPool{"no pool is offered that the phase allows"};
  if (std::optional<NoPool> final = FindFinal(view)) return *final;
  std::vector<std::optional<Block>> blocks = FindBlocks(view, rules);
  std::vector<std::size_t> open = LowestOpenStep(view, blocks);
  if (!open.empty()) return Ask(view, std::move(open), rules);
  std::optional<Instant> until;
  for (const std::optional<Block>& block : blocks) {
    if (block->until && (!until || *block->until < *until)) until = *block->until;
  }
  std::string reason = DescribeBlocks(view, blocks);
  if (!until) return NoPool{reason + "; ask for a larger quota, or allow a smaller type"};
  return WaitForPools{*until, reason};
}

}  // namespace mayfly::sched
