#include "resize/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "resize/judge.h"
#include "resize/monthly.h"

namespace mayfly::resize {
namespace {

constexpr Duration kLongEnough = hours(24);  // less says little of what a host needs

std::int64_t NeededMemory(const AdviceQuestion& question) {
  const Observed& seen = question.observed;
  std::int64_t needed = seen.use ? NeededMib(*seen.use) : 0;
  if (seen.memory_peak) {
    const double mib = *seen.memory_peak / 100 * static_cast<double>(question.from.memory_mib);
    needed = std::max(needed, static_cast<std::int64_t>(std::ceil(mib * 6 / 5)) + 128);
  }
  return needed;
}

std::int64_t MilliOf(double percent, const HostType& type) {
  return static_cast<std::int64_t>(std::ceil(percent * 10 * static_cast<double>(type.vcpus)));
}

std::int64_t NeededProcessors(const AdviceQuestion& question) {
  const Observed& seen = question.observed;
  std::int64_t milli = 0;
  if (seen.cpu_peak) milli = MilliOf(*seen.cpu_peak, question.from) * 5 / 4;
  if (seen.use) milli = std::max(milli, static_cast<std::int64_t>(seen.use->load15 * 1000));
  return milli;
}

std::string WhyNot(const HostType& type, const Advice& advice) {
  if (advice.needed_mib > type.memory_mib) {
    return fmt::format("{} MiB of memory, {} MiB are needed", type.memory_mib, advice.needed_mib);
  }
  if (advice.needed_milli_vcpu > type.vcpus * 1000) {
    return fmt::format("{} vCPU, {:.1f} are needed", type.vcpus,
                       static_cast<double>(advice.needed_milli_vcpu) / 1000);
  }
  return {};
}

// As busy as it was on average, on a type whose baseline is lower than that.
std::optional<Money> CreditsOf(const HostType& type, const AdviceQuestion& question,
                               const cost::PriceBook& book) {
  const std::optional<int> baseline = BaselinePercent(type.name);
  if (!baseline || !question.observed.cpu_average) return std::nullopt;
  const std::int64_t above =
      MilliOf(*question.observed.cpu_average, question.from) - type.vcpus * *baseline * 10;
  if (above <= 0) return Money{};
  return MonthOfCredits(question.host, above, book);
}

void TellSeen(const AdviceQuestion& question, Advice& advice) {
  const Observed& seen = question.observed;
  if (seen.use) {
    advice.seen.push_back(fmt::format("memory: {} of {} MiB in use now", seen.use->used_kib / 1024,
                                      seen.use->memory_kib / 1024));
    if (seen.use->high_water_kib) {
      advice.seen.push_back(fmt::format("memory: {} MiB at most, as sysstat has it",
                                        *seen.use->high_water_kib / 1024));
    }
  }
  if (seen.memory_peak) {
    advice.seen.push_back(
        fmt::format("memory: {:.0f} % at most, by CloudWatch's agent", *seen.memory_peak));
  }
  if (seen.cpu_average && seen.cpu_peak) {
    advice.seen.push_back(fmt::format("processors: {:.0f} % on average, {:.0f} % at most, over {}",
                                      *seen.cpu_average, *seen.cpu_peak,
                                      HumanDuration(seen.seen_for)));
  }
  if (seen.credits_least) {
    advice.seen.push_back(
        fmt::format("CPU credits: {:.0f} left at the least", *seen.credits_least));
  }
  if (seen.credits_charged) {
    advice.seen.push_back(
        fmt::format("CPU credits: {:.0f} billed beyond them", *seen.credits_charged));
  }
}

void TellUnseen(const AdviceQuestion& question, Advice& advice) {
  const Observed& seen = question.observed;
  advice.unseen = seen.unseen;
  const bool has_history = seen.memory_peak || (seen.use && seen.use->high_water_kib);
  if (seen.use && !has_history) {
    advice.unseen.push_back(
        "memory over time: neither sysstat nor CloudWatch's agent has kept it, "
        "so this is one moment's");
  }
  if (!seen.cpu_average) advice.unseen.push_back("processors over time: CloudWatch has nothing");
  if (seen.cpu_average && seen.seen_for < kLongEnough) {
    advice.unseen.push_back(
        fmt::format("a whole day: there are figures of {} only", HumanDuration(seen.seen_for)));
  }
}

void AddOptions(const AdviceQuestion& question, const cost::PriceBook& book, Advice& advice) {
  std::vector<HostType> types = question.types;
  const bool has_own = std::ranges::find(types, question.from.name, &HostType::name) != types.end();
  if (!has_own) types.push_back(question.from);
  for (const HostType& type : types) {
    advice.options.push_back({.type = type,
                              .month = MonthOf(question.host, type.name, book),
                              .credits = CreditsOf(type, question, book),
                              .why_not = WhyNot(type, advice),
                              .is_now = type.name == question.from.name});
  }
  std::ranges::sort(advice.options, [](const Option& a, const Option& b) {
    constexpr Money kLast = kMostMoney;
    return std::make_tuple(a.total().value_or(kLast), a.type.memory_mib, a.type.name) <
           std::make_tuple(b.total().value_or(kLast), b.type.memory_mib, b.type.name);
  });
}

void Recommend(const AdviceQuestion& question, Advice& advice) {
  if (advice.needed_mib == 0) {
    advice.sentence = "nobody can tell what it needs: its memory was not seen";
    return;
  }
  const auto best = std::ranges::find_if(advice.options, [](const Option& option) {
    return option.why_not.empty() && option.total().has_value();
  });
  if (best == advice.options.end()) {
    advice.sentence = "none of these types fits what was seen";
    return;
  }
  if (best->is_now) {
    advice.sentence = fmt::format("stay: {} is the cheapest that fits", best->type.name);
    return;
  }
  advice.recommended = best->type.name;
  advice.sentence = fmt::format("{0} is the cheapest that fits: mayfly resize {1} {0}",
                                best->type.name, question.host.id);
}

}  // namespace

std::optional<Money> Option::total() const {
  if (!month) return std::nullopt;
  return *month + credits.value_or(Money{});
}

Advice Advise(const AdviceQuestion& question, const cost::PriceBook& book) {
  Advice advice;
  advice.needed_mib = NeededMemory(question);
  advice.needed_milli_vcpu = NeededProcessors(question);
  TellSeen(question, advice);
  TellUnseen(question, advice);
  AddOptions(question, book, advice);
  Recommend(question, advice);
  return advice;
}

}  // namespace mayfly::resize
