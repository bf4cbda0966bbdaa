#pragma once
// Strong ids: a TaskId is not a MachineId. All are positive int64 given by the ledger.

#include <compare>
#include <cstdint>
#include <functional>

namespace mayfly {

template <typename Tag>
struct Id {
  std::int64_t value = 0;

  friend auto operator<=>(const Id&, const Id&) = default;
  explicit operator bool() const { return value != 0; }
};

using RunId = Id<struct RunTag>;
using StageId = Id<struct StageTag>;
using TaskId = Id<struct TaskTag>;
using MachineId = Id<struct MachineTag>;

// The number that only grows: whoever writes under an older fence is refused (I2).
using Fence = Id<struct FenceTag>;

}  // namespace mayfly

template <typename Tag>
struct std::hash<mayfly::Id<Tag>> {
  std::size_t operator()(const mayfly::Id<Tag>& id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
