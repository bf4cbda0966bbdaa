#include "sim/world/misfortune.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::sim {
namespace {

struct Share {
  Misfortune what;
  int weight;
  Duration shortest, longest;
};

// How often each kind of misfortune is drawn, and how long it lasts.
constexpr Share kShares[] = {
    {Misfortune::kSlotKilled, 5, {}, {}},
    {Misfortune::kSlotStopped, 2, {}, {}},
    {Misfortune::kSlotHangs, 4, seconds(2), seconds(40)},
    {Misfortune::kSupervisorKilled, 2, {}, {}},
    {Misfortune::kSupervisorHangs, 6, seconds(8), seconds(60)},
    {Misfortune::kMachineVanishes, 3, {}, {}},
    {Misfortune::kMachineStalls, 6, seconds(5), seconds(40)},
    {Misfortune::kMachineCutOff, 5, seconds(5), seconds(40)},
    {Misfortune::kMachineTakenAway, 3, seconds(1), seconds(20)},
    {Misfortune::kControllerKilled, 4, seconds(1), seconds(20)},
    {Misfortune::kControllerStalls, 2, seconds(2), seconds(30)},
    {Misfortune::kRivalController, 1, {}, {}},
    {Misfortune::kDatabaseRestarts, 3, milliseconds(100), seconds(15)},
    {Misfortune::kOperatorPauses, 1, seconds(5), seconds(20)},
    {Misfortune::kOperatorCancels, 1, {}, {}},
    {Misfortune::kNobodyIsThere, 1, minutes(10), minutes(40)},
    {Misfortune::kNoControllerIsThere, 1, minutes(2), minutes(40)},
};

Duration Between(Rng& rng, Duration low, Duration high) {
  auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
  return low + Duration(static_cast<std::int64_t>(rng.Below(span)));
}

Incident DrawIncident(Rng& rng) {
  int total = 0;
  for (const Share& share : kShares) total += share.weight;
  auto lot = static_cast<int>(rng.Below(static_cast<std::uint64_t>(total)));
  const Share* share = kShares;
  while (lot >= share->weight) lot -= (share++)->weight;
  return {.at = Between(rng, seconds(1), seconds(50)),
          .what = share->what,
          .lasts = Between(rng, share->shortest, share->longest)};
}

// A zone without capacity, a market without, or a quota that is used up: by others, for a while.
PoolTrouble DrawPoolTrouble(Rng& rng) {
  Duration from = Between(rng, Duration{0}, seconds(40));
  PoolTrouble trouble{.from = from, .until = from + Between(rng, seconds(1), seconds(50))};
  bool is_quota = rng.Chance(0.25);
  trouble.kind = is_quota ? RefusalKind::kQuota : RefusalKind::kDry;
  if (is_quota || rng.Chance(0.5)) trouble.market = Market::kSpot;
  if (!is_quota && rng.Chance(0.7))
    trouble.zone = fmt::format("sim-1{:c}", static_cast<int>('a' + rng.Below(3)));
  return trouble;
}

bool IsAbsence(const Incident& incident) {
  return incident.what == Misfortune::kNobodyIsThere ||
         incident.what == Misfortune::kNoControllerIsThere;
}

CloudWeather DrawClouds(Rng& rng) {
  CloudWeather clouds;
  if (rng.Chance(0.3)) clouds.never_boots = 0.3;
  if (rng.Chance(0.3)) clouds.late = 0.4;
  if (rng.Chance(0.5)) clouds.list_lag = Between(rng, Duration{0}, seconds(8));
  if (rng.Chance(0.7)) clouds.shutdown_max = seconds(45);
  if (rng.Chance(0.5)) clouds.residue_max = seconds(5);
  if (rng.Chance(0.2)) clouds.dies_unborn = 0.3;
  if (rng.Chance(0.3)) clouds.timer_dead = 0.5;
  if (rng.Chance(0.2)) clouds.no_last_end = 0.5;
  if (rng.Chance(0.4)) {
    for (std::uint64_t left = 1 + rng.Below(4); left > 0; --left) {
      clouds.pools.push_back(DrawPoolTrouble(rng));
    }
  }
  return clouds;
}

}  // namespace

std::string_view Name(Misfortune what) {
  switch (what) {
    case Misfortune::kSlotKilled:
      return "a slot is killed";
    case Misfortune::kSlotStopped:
      return "somebody stops a slot";
    case Misfortune::kSlotHangs:
      return "a slot hangs";
    case Misfortune::kSupervisorKilled:
      return "a supervisor is killed, and its machine ends";
    case Misfortune::kSupervisorHangs:
      return "a supervisor hangs, and its slots work on";
    case Misfortune::kMachineVanishes:
      return "a machine vanishes without a word";
    case Misfortune::kMachineStalls:
      return "a machine stalls";
    case Misfortune::kMachineCutOff:
      return "a machine is cut off from the ledger";
    case Misfortune::kMachineTakenAway:
      return "the cloud gives notice: a machine will be taken away";
    case Misfortune::kControllerKilled:
      return "the controller is killed";
    case Misfortune::kControllerStalls:
      return "the controller stalls";
    case Misfortune::kRivalController:
      return "somebody starts a second controller";
    case Misfortune::kDatabaseRestarts:
      return "the database server goes down";
    case Misfortune::kOperatorPauses:
      return "the operator asks for a pause";
    case Misfortune::kOperatorCancels:
      return "the operator cancels the run";
    case Misfortune::kNobodyIsThere:
      return "the ledger goes down with every controller, and nobody is there";
    case Misfortune::kNoControllerIsThere:
      return "every controller is killed, and nobody starts another";
  }
  return "";
}

Fate DrawFate(Rng& rng) {
  Fate fate{.machines = 1 + static_cast<int>(rng.Below(3)),
            .slots = 1 + static_cast<int>(rng.Below(3)),
            .group = 1 + static_cast<int>(rng.Below(4))};
  fate.calls.delayed = 0.15;
  if (rng.Chance(0.5)) fate.calls.slow = rng.Chance(0.2) ? 0.15 : 0.01;
  if (rng.Chance(0.6)) fate.calls.not_sent = 0.02;
  if (rng.Chance(0.6)) fate.calls.reply_lost = 0.02;
  fate.clouds = DrawClouds(rng);
  fate.operator_mends = rng.Chance(0.5);
  if (rng.Chance(0.3)) fate.silence = Between(rng, seconds(20), minutes(5));
  std::uint64_t incidents = rng.Below(9);
  for (std::uint64_t i = 0; i < incidents; ++i) fate.incidents.push_back(DrawIncident(rng));
  // With nobody there, a machine whose every end fails at once is more than anybody promises.
  if (std::ranges::any_of(fate.incidents, IsAbsence)) {
    fate.clouds.no_last_end = 0;
    if (fate.clouds.late > 0) fate.clouds.never_boots = 0;
  }
  return fate;
}

}  // namespace mayfly::sim
