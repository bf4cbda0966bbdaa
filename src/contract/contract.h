#pragma once
// What a stage promises about its output, and the judgement of evidence against it. Pure: evidence
// comes in as counts taken from the data, findings go out. Nothing here believes the writer.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/run.h"
#include "model/shape.h"

namespace mayfly::contract {

struct ColumnPromise {
  std::string name;
  // The value at a row is there iff all inputs are there in the row and in `lookback` rows before
  // it. No inputs: nothing is promised about NULLs.
  std::vector<std::string> inputs;
  std::int64_t lookback = 0;
  bool null_when_flat = false;   // nor is it there where the inputs are the same in all those rows
  bool may_be_constant = false;  // judged neither for constancy nor for being all NULL
};

struct StageContract {
  std::string stage;
  std::string table;
  std::vector<ColumnPromise> columns;  // in the order of the shape
  bool rows_of_source = false;         // as many rows as the source has in the leaf's range
  bool may_be_empty = false;           // empty = "allow"
  bool declares_constants = false;     // the phase can say may_be_constant of its columns
};

// What was counted in one column of a leaf, and what the source says it should be.
struct ColumnEvidence {
  std::int64_t non_null = 0;
  std::int64_t not_finite = 0;
  std::optional<double> min, max;
  bool constant = false;
  std::optional<std::int64_t> expected_non_null;  // absent: nothing promised
};

struct LeafEvidence {
  std::string leaf;
  bool exists = false;
  std::int64_t rows = 0;
  bool in_bounds = true;                      // first and last row lie inside the leaf's range
  std::optional<std::int64_t> source_rows;    // absent: the stage has no source to count
  std::optional<std::int64_t> accepted_rows;  // what the accepted attempt wrote; absent: none did
  bool storage_is_accepted = false;           // no TRUNCATE or rewrite since the accepted attempt
  // Of other transactions than the accepted attempt's; absent: the ledger does not know which one.
  std::optional<std::int64_t> foreign_rows;
  // The figures that the writer took of what it sent, against the same counted in the table;
  // absent: not compared.
  std::optional<bool> figures_agree;
  bool is_by_figures = false;  // they stand in for counts in `columns`
  std::vector<ColumnEvidence> columns;
};

// Findings about the leaves of one place (a pair, or the whole table where it has no pair). One
// finding a check; a failed one names the first leaf and column that is wrong.
std::vector<Finding> JudgePlace(const StageContract& contract, const std::string& place,
                                std::span<const LeafEvidence> leaves);

// The leaves that the plan expects against those that the catalog has, and the key.
std::vector<Finding> JudgeTable(const StageContract& contract,
                                std::span<const std::string> expected_leaves,
                                std::span<const std::string> found_leaves, bool has_key);

// A statement of the phase that should be true. Not a boolean, or an error: cannot tell.
Finding JudgeAssertion(const std::string& stage, const std::string& name,
                       const std::optional<bool>& answer, const std::string& error);

}  // namespace mayfly::contract
