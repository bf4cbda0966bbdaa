#pragma once
// Feature families: bars in, columns of numbers out.
//
// Everything here is pure: the same bars give the same bits, whatever the clock, the locale, the
// machine, the number of threads, or the way in which the history is cut into ranges (I8). A value
// at row t depends on rows <= t only. Safe to call from any thread; nothing is kept between calls.
//
// Numbers: a NaN is a NULL, on the way in and on the way out (always the same quiet NaN).
//
// Columns: a stored column is computed and written. A derived one is arithmetic on stored columns
// of its family, offered by the published view under its full name; storing it would cost as much
// as any other column and say nothing new.
//
// The NULL rule, which holds for every stored column of every family: the value at row i is not
// NULL if and only if
//   - i >= lookback, and all the column's inputs are not NULL in rows i - lookback .. i;
//   - nothing that the formula divides by is zero (a price of zero, in families of the bqx domain);
//   - where the column says null_when_flat, and without compat_epsilon: its inputs are not the same
//     in all of those rows.
// So NULLs are counted from the source alone. The value at row i depends on those rows, on their
// row numbers, and on nothing else. Windows count rows of the history; time gaps do not matter.
// A derived column is NULL where a column that it reads is, or where it divides by zero.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/expression.h"

namespace mayfly::engine {

// The bar columns that a family may read.
enum class Input { kOpen, kHigh, kLow, kClose };

// "open", "high", "low", "close".
std::string_view InputName(Input input);

// The whole history of one pair in time order; borrowed. Every span is empty (the input is absent)
// or as long as ts_us. Prices are finite or NaN.
struct BarView {
  std::span<const std::int64_t> ts_us;  // UTC microseconds, strictly increasing
  std::span<const double> open, high, low, close;

  std::size_t rows() const { return ts_us.size(); }
  std::span<const double> Of(Input input) const;
  bool Has(Input input) const { return !Of(input).empty(); }
};

// Rows [begin, end) of the history.
struct RowRange {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const { return end - begin; }
  friend bool operator==(const RowRange&, const RowRange&) = default;
};

// How a phase wants its numbers.
struct Options {
  double baseline = 0;  // the price that stands for 100

  // Repeat the 1e-10 that the first implementation added to its divisors. By default nothing is
  // added, and a division by zero is a NULL.
  bool compat_epsilon = false;
};

// What a derived column is, over stored columns of the same family.
struct Derivation {
  Expression exact;
  std::optional<Expression> compat;  // absent: compat_epsilon changes nothing

  const Expression& For(const Options& options) const {
    return options.compat_epsilon && compat ? *compat : exact;
  }
};

struct FamilyColumn {
  std::string name;              // "w15_bqx_return"
  std::vector<Input> inputs;     // what its value is made of
  std::size_t lookback = 0;      // rows before the current one that must not be NULL either
  bool may_be_constant = false;  // judged neither for constancy nor for being all NULL
  bool null_when_flat = false;   // NULL too where the inputs are the same in the whole look-back
  bool level = false;            // at the price's level: float4 would eat its moves
  std::optional<Derivation> derived = std::nullopt;  // absent: stored
  std::string formula;                               // one line, for people
};

// Column-major output: columns[c][r] is column c at row range.begin + r.
// Use one block for many calls: its memory is kept, and fresh memory costs more than the sums.
struct ColumnBlock {
  std::vector<std::vector<double>> columns;
};

// What a family's own code is given: checked by Family::Compute, `out` shaped already.
struct Request {
  const BarView& bars;
  const Options& options;
  RowRange range;
};
using ComputeFn = void (*)(const Request& request, ColumnBlock& out);

class Family {
 public:
  Family(std::string name, std::string summary, std::vector<FamilyColumn> columns,
         ComputeFn compute);

  const std::string& name() const { return name_; }
  const std::string& summary() const { return summary_; }

  // All columns in the order in which they are shown, and the stored ones of them in that order.
  std::span<const FamilyColumn> columns() const { return columns_; }
  std::span<const FamilyColumn> stored_columns() const { return stored_; }

  // The largest lookback of any column: rows [range.begin - lookback, range.end) are all that
  // Compute reads, and all that its time depends on.
  std::size_t lookback() const { return lookback_; }

  // The inputs that any column reads, each once, in the order of Input.
  std::span<const Input> inputs() const { return inputs_; }

  // Fills `out` with one vector of range.size() values per stored column. A column whose input is
  // absent is all NULL.
  // Fails, leaving `out` as it was: invalid for a range outside the history, spans of different
  // lengths, or a baseline that is not finite and above zero; corrupt for an infinite price in the
  // rows that would be read.
  Result<void> Compute(const BarView& bars, const Options& options, RowRange range,
                       ColumnBlock& out) const;

  // Fills `out` with one vector per column of columns(), as the published view would show them:
  // the stored ones copied from `stored` (what Compute made), the derived ones evaluated.
  void Derive(const ColumnBlock& stored, const Options& options, ColumnBlock& out) const;

 private:
  std::string name_;
  std::string summary_;
  std::vector<FamilyColumn> columns_;
  std::vector<FamilyColumn> stored_;
  std::vector<Input> inputs_;
  std::size_t lookback_ = 0;
  ComputeFn compute_;
};

}  // namespace mayfly::engine
