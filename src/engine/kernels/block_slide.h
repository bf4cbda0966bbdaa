#pragma once
// Sliding windows without drift: the skeleton under every sum-like and extreme-like kernel.
//
// The problem. For every row, a figure of the W rows that end there (a sum, a sum of squares, a
// maximum), over hundreds of thousands of rows, for many W.
//
// Why the obvious fails. Summing each window anew costs W per row. Keeping a running sum (add the
// row that enters, subtract the row that leaves) costs one step per row, but its rounding errors
// stay: after one pair-year of minute bars the variance of a 15-row window taken that way is more
// than 100 % wrong. The difference of two prefix sums over the whole history is worse still. Both
// also make a value depend on where the computation was started, so two machines that cut the
// history differently write different bits; and one NULL, once added, poisons all that follows.
//
// The idea (van Herk 1992, Gil and Werman 1993, known for maxima; it needs only that partial
// results can be merged). Cut the history at the multiples of W, counted from row 0. A window of W
// rows crosses at most one cut b: it is a suffix of the block that ends before b and a prefix of
// the block that begins at b.
//
//        block k                 b          block k + 1
//   ... [ . . . s . . . . . b-1 ][ b . . . e . . . . ] ...
//               [  suffix(s)    ]+[ prefix(e) ]          e = s + W - 1
//
// Walk block k backwards once and keep all its suffixes, walk block k + 1 forwards and carry its
// prefix: each window is one merge. Nothing is ever subtracted, so
//   - no error outlives its window, and a NULL (NaN) reaches exactly the windows that hold it;
//   - the bits of a window depend on its own rows and on row 0's position only, hence any range of
//     rows, computed anywhere, in any order, gives the bits of the whole;
//   - rows after a window cannot touch it.
// Sums are taken of (value - reference), where the reference is the value at b - 1: it is in every
// window that crosses b, it is near the others, so nothing large cancels later, and if it is NULL
// then so are all those windows.
//
// Cost: three merges per row whatever W is, and a scratch of W states; rows before the range are
// read back to the first window's own first row and no further.

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "engine/family.h"

namespace mayfly::engine {

// Where the two parts of a window meet.
template <typename Sample>
struct Anchor {
  std::size_t cut;   // the first row of the later block
  Sample reference;  // the sample at cut - 1
};

// Calls emit(row, state, anchor) for each row in `ends`, in order, with the merged state of the
// `window` rows that end at `row` (itself included). Needs window >= 1, ends.begin >= window - 1,
// and all of those rows in `series`.
//
// Series: series[row] is the sample at that row of the history (a number, or a struct of several).
// State: default constructed it is the empty window; state.Add(sample, row, anchor) takes one more
// row in, and state.Merge(later) takes in all that a state of later rows has.
// `suffixes` is scratch, kept by the caller so that many calls allocate once.
template <typename State, typename Series, typename Emit>
void SlideBlocks(const Series& series, std::size_t window, RowRange ends,
                 std::vector<State>& suffixes, const Emit& emit) {
  if (suffixes.size() < window) suffixes.resize(window);
  std::size_t end = ends.begin;
  while (end < ends.end) {
    const std::size_t start = end + 1 - window;  // of the window that ends at `end`
    const std::size_t block = start - start % window;
    const std::size_t cut = block + window;
    const Anchor<std::decay_t<decltype(series[cut])>> anchor{cut, series[cut - 1]};

    State suffix;
    for (std::size_t row = cut; row-- > start;) {
      suffix.Add(series[row], row, anchor);
      suffixes[row - block] = suffix;
    }
    State prefix;
    for (std::size_t row = cut; row < end; ++row) prefix.Add(series[row], row, anchor);

    const std::size_t last = std::min(ends.end, cut + window - 1);
    for (; end < last; ++end) {
      if (end >= cut) prefix.Add(series[end], end, anchor);
      State whole = suffixes[end + 1 - cut];
      whole.Merge(prefix);
      emit(end, whole, anchor);
    }
  }
}

}  // namespace mayfly::engine
