// What the engine gives for the synthetic pair, for those who judge it: every published column of a
// family at some rows, as raw doubles, row by row.
//
//   mayfly_engine_values FAMILY ROWS STRIDE     rows ROWS-1, ROWS-1-STRIDE, … in falling order
//   mayfly_engine_values FAMILY                 the names of the columns, one a line

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/check.h"
#include "engine/catalogue.h"
#include "engine/testing/series.h"

namespace mayfly::engine {
namespace {

constexpr std::size_t kMonth = 31'000;

// The rows of one part, last first.
void Print(const ColumnBlock& block, RowRange part, std::size_t rows, std::size_t stride) {
  std::vector<double> line(block.columns.size());
  for (std::size_t row = part.end; row-- > part.begin;) {
    if ((rows - 1 - row) % stride != 0) continue;
    for (std::size_t c = 0; c < line.size(); ++c) line[c] = block.columns[c][row - part.begin];
    CHECK(std::fwrite(line.data(), sizeof(double), line.size(), stdout) == line.size(),
          "the reader is gone");
  }
}

void PrintValues(const Family& family, std::size_t rows, std::size_t stride) {
  const testing::Bars bars = testing::GoldenBars(rows);
  const Options options{.baseline = testing::kGoldenBaseline};
  ColumnBlock stored, published;
  for (std::size_t end = rows; end > 0;) {
    const RowRange part{(end - 1) / kMonth * kMonth, end};
    const auto computed = family.Compute(bars.View(), options, part, stored);
    CHECK(computed.ok(), computed.error().message());
    family.Derive(stored, options, published);
    Print(published, part, rows, stride);
    end = part.begin;
  }
}

}  // namespace
}  // namespace mayfly::engine

int main(int count, char** arguments) {
  using namespace mayfly::engine;  // NOLINT(google-build-using-namespace): a program of one file
  const Family* family = count == 2 || count == 4 ? FindFamily(arguments[1]) : nullptr;
  const long rows = count == 4 ? std::atol(arguments[2]) : 1;
  const long stride = count == 4 ? std::atol(arguments[3]) : 1;
  if (family == nullptr || rows < 1 || stride < 1) {
    fmt::print(stderr, "usage: mayfly_engine_values FAMILY [ROWS STRIDE]\n");
    return 2;
  }
  if (count == 2) {
    for (const FamilyColumn& column : family->columns()) fmt::print("{}\n", column.name);
    return 0;
  }
  PrintValues(*family, static_cast<std::size_t>(rows), static_cast<std::size_t>(stride));
  return 0;
}
