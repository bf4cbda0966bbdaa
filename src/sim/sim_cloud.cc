#include "sim/sim_cloud.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mayfly::sim {

// After it everything that was asked for has appeared, and is told.
Duration SimCloud::TrueWindow(const CloudWeather& weather) {
  const Duration late = weather.late > 0 ? weather.late_max + Duration(1) : Duration(0);
  return weather.list_lag + late;
}

Duration SimCloud::Between(Duration low, Duration high) {
  auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
  return low + Duration(static_cast<std::int64_t>(rng_.Below(span)));
}

std::optional<PoolRefusal> SimCloud::Refuse(const Pool& pool) const {
  for (const PoolTrouble& trouble : weather_.pools) {
    bool is_now = time_.now >= trouble.from && time_.now < trouble.until;
    bool is_here = (!trouble.market || *trouble.market == pool.market) &&
                   (trouble.zone.empty() || trouble.zone == pool.zone);
    if (is_now && is_here) return PoolRefusal{pool, trouble.kind, "SimRefusal", "none is left"};
  }
  return std::nullopt;
}

Result<LaunchAnswer> SimCloud::Ask(const LaunchIntent& intent) {
  for (const CloudMachine& m : machines_) {
    if (m.token == intent.token) return LaunchAnswer{m.external_id, m.offer.pool, {}};
  }
  LaunchAnswer answer;
  for (const Offer& offer : intent.offers) {
    if (std::optional<PoolRefusal> refusal = Refuse(offer.pool)) {
      answer.refusals.push_back(*refusal);
      continue;
    }
    CloudMachine& given = Give(intent, offer);
    if (given.appears > time_.now) return Ambiguous("the launch was sent and never answered");
    answer.external_id = given.external_id;
    answer.pool = offer.pool;
    break;
  }
  return answer;
}

CloudMachine& SimCloud::Give(const LaunchIntent& intent, const Offer& offer) {
  bool is_late = rng_.Chance(weather_.late);
  bool boots = !rng_.Chance(weather_.never_boots);
  Duration late = Duration(1) + Between(Duration{0}, weather_.late_max);
  Duration appears = is_late ? time_.now + late : time_.now;
  machines_.push_back({.machine = intent.machine,
                       .run = intent.run,
                       .token = intent.token,
                       .external_id = fmt::format("i-{:04}", machines_.size() + 1),
                       .slots = intent.slots,
                       .asked = time_.now,
                       .appears = appears,
                       .deadline = time_.now + intent.deadline_in,
                       .offer = offer});
  CloudMachine& given = machines_.back();
  if (boots) given.boots = appears + Between(weather_.boot_min, weather_.boot_max);
  given.timer_dead = rng_.Chance(weather_.timer_dead);
  given.dies_unborn = boots && !is_late && rng_.Chance(weather_.dies_unborn);
  return given;
}

void SimCloud::End(std::size_t index, EndedBy by) {
  CloudMachine& m = machines_[index];
  if (m.ended) return;
  m.ended = time_.now;
  m.ended_by = by;
  if (!m.billed_until) m.billed_until = time_.now;
  m.residue_until = time_.now + Between(Duration{0}, weather_.residue_max);
  changes_.push_back({CloudChange::What::kEnded, index});
}

void SimCloud::Reclaim(std::size_t index) {
  CloudMachine& m = machines_[index];
  m.reclaimed = m.reclaimed || (!m.ended && !m.ends);
  End(index, EndedBy::kCloud);
}

Duration SimCloud::Terminate(std::size_t index) {
  CloudMachine& m = machines_[index];
  if (m.ended) return time_.now;
  if (!m.billed_until) m.billed_until = time_.now;
  if (!m.ends) m.ends = time_.now + Between(Duration{0}, weather_.shutdown_max);
  if (*m.ends <= time_.now) End(index, EndedBy::kOrder);
  return *m.ends;
}

std::vector<CloudChange> SimCloud::TakeChanges() {
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    CloudMachine& m = machines_[i];
    if (m.ends && *m.ends <= time_.now) End(i, EndedBy::kOrder);
    if (m.ended) continue;
    bool boots = m.boots && !m.has_booted && *m.boots <= time_.now;
    if (boots && m.dies_unborn) {
      Reclaim(i);
    } else if (boots) {
      m.has_booted = true;
      changes_.push_back({CloudChange::What::kBooted, i});
    }
    if (m.has_booted && !m.timer_dead && m.deadline <= time_.now) End(i, EndedBy::kTimer);
    if (m.last_end && *m.last_end <= time_.now) {
      m.last_end.reset();
      End(i, EndedBy::kScheduler);
    }
  }
  return std::exchange(changes_, {});
}

bool SimCloud::ArmLastEnd(std::size_t index) {
  CloudMachine& m = machines_[index];
  if (m.last_end || m.ended) return true;
  if (rng_.Chance(weather_.no_last_end)) return false;
  m.last_end = m.deadline + kLastEndAfter;
  return true;
}

std::optional<Duration> SimCloud::NextChange() const {
  std::optional<Duration> next;
  if (!changes_.empty()) next = time_.now;
  for (const CloudMachine& m : machines_) {
    if (m.ended) continue;
    const Duration timer = m.timer_dead ? Duration::max() : m.deadline;
    Duration due = m.has_booted ? timer : m.boots.value_or(Duration::max());
    for (const std::optional<Duration>& end : {m.ends, m.last_end})
      due = std::min(due, end.value_or(Duration::max()));
    if (due < next.value_or(Duration::max())) next = due;
  }
  return next;
}

void SimCloud::ClearUp() {
  weather_.never_boots = 0;
  weather_.late = 0;
  weather_.dies_unborn = 0;
  weather_.timer_dead = 0;
  weather_.no_last_end = 0;
  weather_.pools.clear();
}

Result<LaunchAnswer> SimProvider::Launch(const LaunchIntent& intent) {
  TRY_ASSIGN(LaunchAnswer answer, cloud_.Ask(intent));
  for (std::size_t i = 0; i < cloud_.machines().size(); ++i) {
    if (cloud_.machines()[i].external_id == answer.external_id) cloud_.ArmLastEnd(i);
  }
  return answer;
}

Result<std::vector<MachineSighting>> SimProvider::List(RunId run) {
  Duration as_of = cloud_.now() - cloud_.weather().list_lag;
  std::vector<MachineSighting> sightings;
  for (std::size_t i = 0; i < cloud_.machines().size(); ++i) {
    const CloudMachine& m = cloud_.machines()[i];
    if (m.run != run || m.appears > as_of) continue;
    bool alive = !m.ended || *m.ended > as_of;
    if (alive) cloud_.ArmLastEnd(i);
    Billed billed;
    if (!m.dies_unborn) billed.running = cloud_.WallAt(m.appears);
    if (!alive) billed.ended = cloud_.WallAt(*m.billed_until);
    billed.reclaimed = !alive && m.reclaimed;
    sightings.push_back({.machine = m.machine,
                         .external_id = m.external_id,
                         .alive = alive,
                         .billed = billed,
                         .pool = m.offer.pool});
    if (!alive && m.dies_unborn) {
      sightings.back().refusal =
          PoolRefusal{m.offer.pool, RefusalKind::kDry, "SimDeath", "none was left after all"};
    }
  }
  return sightings;
}

Status SimProvider::Terminate(MachineId machine, const std::string& external_id) {
  bool is_seen = false;
  for (std::size_t i = 0; i < cloud_.machines().size(); ++i) {
    const CloudMachine& m = cloud_.machines()[i];
    bool meant = m.machine == machine || (!external_id.empty() && m.external_id == external_id);
    if (!meant || m.appears > cloud_.now()) continue;
    is_seen = true;
    cloud_.DisarmLastEnd(i);
    if (!cloud_.IsAlive(m)) continue;
    Duration ends = cloud_.Terminate(i);
    bool gone = ends <= cloud_.now() || wait_(ends - cloud_.now());
    if (!gone)
      return Ambiguous(fmt::format("{} was told to end and was not seen gone", m.external_id));
  }
  return is_seen ? Status() : WaitOutLag(machine);
}

// A launch that was asked for and never answered may be on its way still.
Status SimProvider::WaitOutLag(MachineId machine) {
  const Duration since = missed_.try_emplace(machine, cloud_.now()).first->second;
  if (cloud_.now() - since >= cloud_.weather().shown_within) return {};
  return Unavailable(fmt::format("machine {} is not shown, and may be later", machine.value));
}

Result<ResidueLook> SimProvider::FindResidue(RunId run) {
  ResidueLook look{.kinds = {"machine", "volume", "schedule"},
                   .shown_within = cloud_.shown_within()};
  const Duration as_of = cloud_.now() - cloud_.weather().list_lag;
  for (std::size_t i = 0; i < cloud_.machines().size(); ++i) {
    const CloudMachine& m = cloud_.machines()[i];
    if (m.run != run || m.appears > as_of) continue;
    if (!m.ended || *m.ended > as_of) {
      look.found.push_back({"machine", m.external_id});
    } else if (m.residue_until > as_of) {
      look.found.push_back({"volume", "vol-" + m.external_id});
    }
    if (!m.last_end || *m.last_end <= cloud_.now()) continue;
    look.found.push_back({"schedule", m.external_id});
    if (m.ended) cloud_.DisarmLastEnd(i);  // ordered by a late look, for nothing to end
  }
  return look;
}

}  // namespace mayfly::sim
