#include "adapters/aws/provider/imds_notice.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::aws {
namespace {

constexpr Duration kEvery = seconds(2);
constexpr Duration kEveryWhenAway = seconds(10);  // a question takes up to 2 s of the supervisor's
constexpr int kSaidAfter = 3;
constexpr Duration kWarning = minutes(2);  // EC2's, before it takes a Spot machine
constexpr Duration kNear = minutes(10);

}  // namespace

ImdsNotice::ImdsNotice(Imds& imds, Clock& clock, Say say)
    : imds_(imds), clock_(clock), say_(std::move(say)) {}

Result<std::optional<Notice>> ImdsNotice::Poll() {
  const Duration now = clock_.Mono();
  if (!next_ || now >= *next_) {
    Result<std::optional<Notice>> told = Ask();
    const Duration asked = clock_.Mono();
    next_ = asked + (told.ok() ? kEvery : kEveryWhenAway);
    if (told.ok()) {
      if (failures_ >= kSaidAfter) say_("the machine's metadata answer again");
      failures_ = 0;
    } else {
      OnFailure(told.error());
    }
    const bool is_sooner =
        told.ok() && *told && (!taken_at_ || asked + (*told)->taken_in < *taken_at_);
    if (is_sooner) {
      taken_at_ = asked + (*told)->taken_in;
      reason_ = (*told)->reason;
    }
  }
  if (!taken_at_) return std::optional<Notice>();
  return std::optional(Notice{std::max(*taken_at_ - clock_.Mono(), Duration(0)), reason_});
}

void ImdsNotice::OnFailure(const Error& error) {
  if (++failures_ == kSaidAfter) {
    say_(fmt::format("no notice of an interruption can be heard: {}", error.message()));
  }
}

Result<std::optional<Notice>> ImdsNotice::Ask() {
  TRY_ASSIGN(const std::optional<SpotNotice> action, imds_.SpotAction());
  if (action) {
    // A clock that is wrong must not make the notice longer than EC2 gives it.
    const auto left = std::chrono::duration_cast<Duration>(action->at - clock_.Wall());
    return std::optional(Notice{std::clamp(left, Duration(0), Duration(kWarning)),
                                fmt::format("interruption notice: {}", action->action)});
  }
  TRY_ASSIGN(const std::optional<Instant> rebalance, imds_.Rebalance());
  if (rebalance) return std::optional(Notice{kWarning, "rebalance recommendation"});
  return AskMaintenance();
}

Result<std::optional<Notice>> ImdsNotice::AskMaintenance() {
  TRY_ASSIGN(const std::vector<MaintenanceEvent> events, imds_.Maintenance());
  std::optional<Notice> soonest;
  for (const MaintenanceEvent& event : events) {
    const bool is_over = event.state == "completed" || event.state == "canceled";
    if (is_over || !event.not_before) continue;
    const auto left = std::chrono::duration_cast<Duration>(*event.not_before - clock_.Wall());
    if (left > kNear || (soonest && soonest->taken_in <= left)) continue;
    soonest = Notice{std::max(left, Duration(0)), fmt::format("maintenance: {}", event.code)};
  }
  return soonest;
}

}  // namespace mayfly::aws
