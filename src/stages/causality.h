#pragma once
// Is what was stored at a row what its bars up to that row give? Pure: bars and stored rows come
// in, findings go out. The judge is the families' naive twins (engine/naive/twin.h), so a defect of
// an engine, of a cut into leaves, of a writer or of a later hand shows alike.
//
// The checks, by the battery of the specification, 3.2:
//   causality: rows        T9  each sampled row is stored once, at its bar's time
//   causality: truncation  T1  values are those of the history cut off after the row; so rows after
//                          T3  it cannot matter, shaken or not
//   causality: chunks      T2  the same where the look-back reaches over the beginning of a leaf
//   causality: warm-up     T4  NULL exactly where the look-back is not whole
//   causality: identities  T8  what holds between the columns of a row
// T5, T6 and T7 are of splits, joins between pairs, and targets; no stage makes any yet.

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/family.h"
#include "model/run.h"
#include "model/shape.h"
#include "seams/run_data.h"

namespace mayfly::stages {

// How far a stored value may be from its twin, relative to the window's deviation (float8) or to
// the value itself (what float4 storage costs on top).
struct CausalityTolerances {
  double float8 = 1e-9;
  double float4 = 1e-6;
};

// The tests of the battery that have nothing to judge, each with the reason: name, why.
std::vector<std::pair<std::string, std::string>> CausalityNotApplicable();

// Where to look in one history.
struct SampleRequest {
  std::span<const std::int64_t> ts_us;
  std::span<const Leaf> leaves;  // of one pair, in time order
  std::size_t count = 0;
  std::uint64_t seed = 0;  // of the phase; the pair is mixed in
  std::string pair;
};

// About `count` rows within the leaves, ascending and distinct (drawing a row twice makes them
// fewer; asking for as many as there are makes it all of them): spread over the leaves evenly, in
// turn from a leaf's first hour, its last, and all of it. The same request gives the same rows,
// everywhere.
std::vector<std::size_t> PickSamples(const SampleRequest& request);

// The rows within the leaves at which NULLs of this family begin or end: the last row of each
// look-back's warm-up and the one after, and the same behind a missing input, if there is one.
std::vector<std::size_t> PickEdges(const SampleRequest& request, const engine::Family& family,
                                   const engine::BarView& bars);

// One stage at one pair. Borrowed.
struct CausalityCase {
  std::string stage;
  std::string place;
  const engine::Family& family;
  const engine::BarView& bars;
  engine::Options options;
  std::span<const Leaf> leaves;
  std::span<const std::size_t> rows;    // ascending: what was looked at
  const Series& stored;                 // what is stored at the times of these rows, by time
  std::span<const ColumnType> types{};  // per stored column of the family; none: all float8
  CausalityTolerances tolerances{};
};

// One finding a check that had something to judge; a failed one names the first value that is wrong
// by its time and column. No rows, no findings. Needs stored.columns to be the family's stored
// columns, and rows within the bars.
std::vector<Finding> JudgeCausality(const CausalityCase& of);

}  // namespace mayfly::stages
