#include "adapters/aws/provider/refused.h"

namespace mayfly::aws {

std::optional<RefusalKind> KindOf(const Refusal& refusal) {
  switch (refusal.reaction) {
    case Reaction::kNextPool:
    case Reaction::kNextSubnet:
      return RefusalKind::kDry;
    case Reaction::kNextPrice:
      return RefusalKind::kPrice;
    case Reaction::kSkipMarketAndFamily:
      return RefusalKind::kQuota;
    case Reaction::kNewAttempt:
      return RefusalKind::kUsedUp;
    case Reaction::kFatalCredentials:
      return RefusalKind::kDenied;
    case Reaction::kFatalConfig:
    case Reaction::kAbsent:
      return RefusalKind::kWrong;
    case Reaction::kRetrySameToken:
    case Reaction::kSuccess:
    case Reaction::kTaken:
    case Reaction::kWaitAndRepeat:
      return std::nullopt;
  }
  return std::nullopt;
}

mayfly::PoolRefusal RefusalOf(const Pool& pool, const Refusal& refusal, RefusalKind kind) {
  const std::string said = refusal.message.empty() ? "" : refusal.message + "; ";
  return {pool, kind, refusal.code, said + refusal.next_step};
}

}  // namespace mayfly::aws
