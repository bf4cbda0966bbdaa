#pragma once
// What a host costs a month before and after it is resized, what CPU credits can add, and what its
// snapshots cost while they are kept. Pure.

#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "cost/price_book.h"
#include "model/host.h"

namespace mayfly::resize {

// Of burstable types: the share of each vCPU that is paid for with the hour, in percent; absent for
// all others. AWS does not tell it by an interface, so it is a table.
std::optional<int> BaselinePercent(std::string_view type);

struct MonthlyLine {
  std::string what;
  std::optional<Money> before, after;  // absent: no price is known
};

struct Monthly {
  std::vector<MonthlyLine> lines;
  Money before, after;                                 // of what has a price
  std::optional<Money> credits_before, credits_after;  // at most, if every vCPU is always busy
  std::optional<Money> snapshots_at_most;              // a month, if the disks were full
  std::optional<Money> snapshots_expected;             // by what is in use on them
  std::vector<std::string> origins;                    // where the prices are from
};

struct MonthlyQuestion {
  Host host;
  HostType from, to;
  std::optional<HostUse> use;
};
Monthly PriceMonthly(const MonthlyQuestion& question, const cost::PriceBook& book);

// The keys that PriceMonthly looks up: for whoever asks for their prices first.
std::vector<PriceKey> KeysOf(const Host& host, const std::string& to);

// What a type costs a month alone; absent: no price is known.
std::optional<Money> MonthOf(const Host& host, const std::string& type,
                             const cost::PriceBook& book);
// What so much beyond the baseline costs a month, in thousandths of a vCPU.
std::optional<Money> MonthOfCredits(const Host& host, std::int64_t milli_vcpu,
                                    const cost::PriceBook& book);

}  // namespace mayfly::resize
