#include "model/kept.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace mayfly {
namespace {

constexpr std::int64_t kMostMilli = 256'000;  // of Aurora Serverless v2
constexpr std::int64_t kStepMilli = 500;

constexpr std::array<std::string_view, 5> kDiskNames{"intended", "pending", "completed", "failed",
                                                     "deleted"};
constexpr std::array<std::string_view, 5> kFloorNames{"intended", "raised", "restoring", "restored",
                                                      "left"};

constexpr std::array<std::pair<DiskState, DiskState>, 6> kDiskSteps{{
    {DiskState::kIntended, DiskState::kPending},
    {DiskState::kIntended, DiskState::kCompleted},
    {DiskState::kIntended, DiskState::kFailed},
    {DiskState::kPending, DiskState::kCompleted},
    {DiskState::kPending, DiskState::kFailed},
    {DiskState::kCompleted, DiskState::kDeleted},
}};
constexpr std::array<std::pair<FloorState, FloorState>, 6> kFloorSteps{{
    {FloorState::kIntended, FloorState::kRaised},
    {FloorState::kIntended, FloorState::kRestoring},
    {FloorState::kIntended, FloorState::kLeft},
    {FloorState::kRaised, FloorState::kRestoring},
    {FloorState::kRestoring, FloorState::kRestored},
    {FloorState::kRestoring, FloorState::kLeft},
}};

template <typename State>
Result<State> ParseIn(const std::array<std::string_view, 5>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<State>(found - names.begin());
  return Corrupt(fmt::format("the ledger holds an unknown state \"{}\"", name));
}

}  // namespace

std::string_view Name(DiskState state) { return kDiskNames.at(static_cast<std::size_t>(state)); }
std::string_view Name(FloorState state) { return kFloorNames.at(static_cast<std::size_t>(state)); }

Result<DiskState> ParseDiskState(std::string_view name) {
  return ParseIn<DiskState>(kDiskNames, name);
}
Result<FloorState> ParseFloorState(std::string_view name) {
  return ParseIn<FloorState>(kFloorNames, name);
}

bool MayStep(DiskState from, DiskState to) {
  return from == to || std::ranges::find(kDiskSteps, std::pair{from, to}) != kDiskSteps.end();
}
bool MayStep(FloorState from, FloorState to) {
  return from == to || std::ranges::find(kFloorSteps, std::pair{from, to}) != kFloorSteps.end();
}

std::string FormatUnits(std::int64_t milli) {
  return milli % 1000 == 0 ? fmt::format("{}", milli / 1000)
                           : fmt::format("{:g}", static_cast<double>(milli) / 1000);
}

Result<std::int64_t> ParseUnits(std::string_view text) {
  std::int64_t milli = 0;
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view rest = dot == text.npos ? "0" : text.substr(dot + 1);
  const bool is_form = !whole.empty() && whole.size() <= 3 &&
                       std::ranges::all_of(whole, [](char c) { return c >= '0' && c <= '9'; });
  const bool is_half = rest == "5" || rest == "50";
  const bool is_whole = rest == "0" || rest == "00";
  if (is_form && (is_half || is_whole)) {
    for (char c : whole) milli = milli * 10 + (c - '0');
    milli = milli * 1000 + (is_half ? kStepMilli : 0);
    if (milli <= kMostMilli) return milli;
  }
  return Invalid(fmt::format(
      "\"{}\" is no capacity: 0 to 256 units in steps of a half, such as 8 or 0.5", text));
}

}  // namespace mayfly
