#pragma once
// Columns to COPY's binary rows, straight from the columns: no text, no value at a time.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/shape.h"
#include "seams/run_data.h"

namespace mayfly::postgres {

// Encodes rows [0, rows) and hands them to `take` in pieces of at most `piece` bytes, header and
// trailer included. kDefect: a column's data does not suit its type, or is shorter than `rows`.
using TakeBytes = std::function<Status(std::span<const char>)>;
Status EncodeRows(const TableShape& shape, std::size_t rows, std::span<const ColumnData> data,
                  std::size_t piece, const TakeBytes& take);

// Reads COPY's binary rows of one timestamptz and then float8 columns; NULL becomes NaN.
class SeriesDecoder {
 public:
  explicit SeriesDecoder(std::size_t columns) : columns_(columns), pending_(columns) {
    series_.columns.resize(columns);
  }
  Status Take(std::string_view message);  // any cut of the stream
  Series Finish() && { return std::move(series_); }

 private:
  bool TakeRow(std::string_view& rest);

  std::size_t columns_;
  bool header_read_ = false;
  std::string carry_;
  std::vector<double> pending_;
  Series series_;
};

}  // namespace mayfly::postgres
