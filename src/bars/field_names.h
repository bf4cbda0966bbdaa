#pragma once
// What a header's names mean. Internal to bars/.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bars/bars.h"

namespace mayfly::bars {

enum class FieldKind {
  kTimestamp,  // "timestamp", "ts": a whole time stamp
  kDate,       // "date": a whole time stamp, or its date
  kTime,       // "time": a whole time stamp, or its time of day
  kColumn,
};

struct FieldMeaning {
  FieldKind kind = FieldKind::kColumn;
  BarColumn column = BarColumn::kClose;  // for kColumn
  int rank = 0;                          // of two names for one thing the smaller rank wins
};

// Compared without case and punctuation; absent when the name is not known.
std::optional<FieldMeaning> MeaningOf(std::string_view name);

// The plain names, for messages: "ts", "date", "time", "open", …
std::vector<std::string> PlainFieldNames();

}  // namespace mayfly::bars
