#include "worker/utilisation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace mayfly {
namespace {

constexpr double kMostlyIdle = 0.5;
constexpr double kMostlyWaiting = 0.5;
constexpr std::size_t kIdleMinutes = 10;

int Percent(double share) { return static_cast<int>(std::lround(share * 100)); }

Duration Scaled(Duration length, double by) {
  return Duration(std::llround(static_cast<double>(length.count()) * by));
}

double ShareOf(Duration part, Duration whole) {
  if (whole <= Duration(0)) return 0;
  double share = static_cast<double>(part.count()) / static_cast<double>(whole.count());
  return std::clamp(share, 0.0, 1.0);
}

}  // namespace

void Utilisation::Span::Add(const Span& other) {
  capacity += other.capacity;
  used += other.used;
  length += other.length;
  worked += other.worked;
  waited += other.waited;
}

double Utilisation::Span::IdleShare() const {
  return capacity <= Duration(0) ? 0 : 1 - ShareOf(used, capacity);
}

double Utilisation::Span::WaitShare() const { return ShareOf(waited, worked); }

void Utilisation::AddWork(Duration worked, Duration waited) {
  minute_.worked += worked;
  minute_.waited += std::min(worked, waited);
}

std::vector<std::string> Utilisation::Take(const MachineReading& reading, Duration now) {
  peak_bytes_ = std::max(peak_bytes_, reading.used_bytes);
  if (last_) {
    const Duration length = now - last_at_;
    const Duration used = std::max(Duration(0), reading.worked - last_->worked);
    minute_.Add({.capacity = Scaled(length, reading.cores), .used = used, .length = length});
  }
  last_ = reading;
  last_at_ = now;
  if (minute_.length < minutes(1)) return {};
  std::vector<std::string> lines{"utilisation: " + Describe(minute_)};
  life_.Add(minute_);
  if (minute_.IdleShare() < kMostlyIdle) {
    idle_minutes_.clear();
    advised_ = false;
  } else {
    idle_minutes_.push_back(minute_);
    if (idle_minutes_.size() > kIdleMinutes) idle_minutes_.erase(idle_minutes_.begin());
  }
  minute_ = {};
  if (std::optional<std::string> advice = Advise()) lines.push_back(*advice);
  return lines;
}

std::string Utilisation::Describe(const Span& span) const {
  std::string text = fmt::format("cores {}% idle", Percent(span.IdleShare()));
  if (last_) {
    text += fmt::format(", memory {} of {} (at most {})", HumanBytes(last_->used_bytes),
                        HumanBytes(last_->memory_bytes), HumanBytes(peak_bytes_));
  }
  if (span.worked == Duration(0)) return text + ", no task ended";
  return text +
         fmt::format(", {}% of slot time waited for the database", Percent(span.WaitShare()));
}

// Cores that wait for the database have nothing to gain from more slots.
std::optional<std::string> Utilisation::Advise() {
  if (idle_minutes_.size() < kIdleMinutes || advised_) return std::nullopt;
  advised_ = true;
  Span ten;
  for (const Span& minute : idle_minutes_) ten.Add(minute);
  std::string text =
      fmt::format("cores {}% idle for 10 min with {} slots", Percent(ten.IdleShare()), slots_);
  const std::string_view smaller = is_rented_ ? "a smaller type" : "fewer slots";
  if (ten.worked > Duration(0) && ten.WaitShare() >= kMostlyWaiting) {
    return text + fmt::format(", which wait for the database {}% of their time: {} would do",
                              Percent(ten.WaitShare()), smaller);
  }
  return text + (is_rented_ ? ": more slots or a smaller type would do" : ": more slots would do");
}

std::string Utilisation::Summary() const {
  Span all = life_;
  all.Add(minute_);
  return fmt::format("utilisation over {}: {}", HumanDuration(all.length), Describe(all));
}

}  // namespace mayfly
