#include "engine/families/regq_terms.h"

#include "engine/families/domain.h"
#include "engine/families/fill_column.h"

namespace mayfly::engine {

// With u counted from the middle, t = u + half, and half = (n - 1) / 2 at the last row. The
// residual is taken of values about the window's reference: from a prediction at the level of the
// prices the last digits would be gone.
void RegqTerms::FinishTile(const FitConstants& of, const double* y, const TermColumns& to) const {
  const double* const reference = fits_.reference.data();
  const double* const offset = fits_.offset.data();
  const double* const slope = fits_.slope.data();
  const double* const bend = fits_.bend.data();
  const double* const rmse = fits_.rmse.data();
  const double last = of.n - 1;
  const double half = of.half;
  const double square = last * last;
  const double edge = half * half - of.mean_square;  // u^2 - k at both ends
  FillColumn(fits_.rmse, to.quadratic, [=](std::size_t i) { return bend[i] * square; });
  FillColumn(fits_.rmse, to.linear,
             [=](std::size_t i) { return (slope[i] - bend[i] * last) * last; });
  FillColumn(fits_.rmse, to.constant, [=](std::size_t i) {
    return reference[i] + (offset[i] - slope[i] * half + bend[i] * edge);
  });
  FillColumn(fits_.rmse, to.residual, [=](std::size_t i) {
    return (y[i] - reference[i]) - (offset[i] + slope[i] * half + bend[i] * edge);
  });
  if (to.rmse != nullptr) FillColumn(fits_.rmse, to.rmse, [=](std::size_t i) { return rmse[i]; });
}

void RegqTerms::Compute(const Stretch& series, std::size_t window, RowRange rows,
                        const TermColumns& to) {
  const FitConstants of(window);
  ForEachTile(window, rows, [&](RowRange tile) {
    kernel_.Compute(series, window, tile, fits_);
    const std::size_t at = tile.begin - rows.begin;
    FinishTile(of, series.at(tile.begin),
               {to.quadratic + at, to.linear + at, to.constant + at, to.residual + at,
                to.rmse == nullptr ? nullptr : to.rmse + at});
  });
}

}  // namespace mayfly::engine
