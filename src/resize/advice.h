#pragma once
// Which type a host should have, from what was seen of it: the cheapest that holds everything that
// ever ran, credits included; never one that is too small for it, and none at all where memory was
// not seen. Pure.

#include <optional>
#include <string>
#include <vector>

#include "cost/price_book.h"
#include "model/host.h"

namespace mayfly::resize {

struct Observed {
  std::optional<HostUse> use;                   // now, from inside
  Duration seen_for{};                          // of the figures below
  std::optional<double> cpu_average, cpu_peak;  // percent of all its vCPU
  std::optional<double> credits_least, credits_charged;
  std::optional<double> memory_peak;  // percent
  std::vector<std::string> unseen;    // what could not be seen, and why
};

struct AdviceQuestion {
  Host host;
  HostType from;
  Observed observed;
  std::vector<HostType> types;  // that it could have; its own among them or not
};

struct Option {
  HostType type;
  std::optional<Money> month;    // the instance alone
  std::optional<Money> credits;  // a month, as busy as it was
  std::string why_not;           // empty: it fits
  bool is_now = false;
  std::optional<Money> total() const;  // absent: no price is known
};

struct Advice {
  std::int64_t needed_mib = 0;         // zero: memory was not seen
  std::int64_t needed_milli_vcpu = 0;  // at its busiest, and a quarter more
  std::vector<std::string> seen, unseen;
  std::vector<Option> options;             // the cheapest first, those without a price last
  std::optional<std::string> recommended;  // a type; absent: stay, or nobody can tell
  std::string sentence;
};

Advice Advise(const AdviceQuestion& question, const cost::PriceBook& book);

}  // namespace mayfly::resize
