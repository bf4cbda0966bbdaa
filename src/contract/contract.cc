#include "contract/contract.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace mayfly::contract {
namespace {

// Fewer values than this are too few to call a column constant.
constexpr std::int64_t kEnoughToJudge = 30;

struct Check {
  const StageContract& contract;
  const std::string& place;

  Finding Make(std::string name, bool pass, std::string expected, std::string found) const {
    return {contract.stage,      std::move(name), place, pass ? Verdict::kPass : Verdict::kFail,
            std::move(expected), std::move(found)};
  }
};

std::int64_t TotalRows(std::span<const LeafEvidence> leaves) {
  std::int64_t rows = 0;
  for (const LeafEvidence& leaf : leaves) rows += leaf.rows;
  return rows;
}

Finding JudgeNotEmpty(const Check& check, std::span<const LeafEvidence> leaves) {
  std::int64_t rows = TotalRows(leaves);
  bool allowed = check.contract.may_be_empty;
  return check.Make("rows", rows > 0 || allowed, allowed ? "any number" : "more than 0",
                    std::to_string(rows));
}

// What is wrong with the origin of a leaf's rows, if anything is.
std::optional<Finding> DoubtOrigin(const Check& check, const LeafEvidence& leaf) {
  auto doubt = [&](std::string expected, std::string found) {
    return check.Make("written by this run", false, std::move(expected), std::move(found));
  };
  if (!leaf.exists) return doubt(leaf.leaf, "no such table");
  if (!leaf.accepted_rows) return doubt(leaf.leaf + " by an accepted attempt", "none");
  if (*leaf.accepted_rows != leaf.rows || !leaf.storage_is_accepted) {
    return doubt(fmt::format("{}: {} rows", leaf.leaf, *leaf.accepted_rows),
                 fmt::format("{} rows, {}", leaf.rows,
                             leaf.storage_is_accepted ? "same storage" : "rewritten since"));
  }
  std::string expected = leaf.leaf + ": rows of one transaction";
  if (!leaf.foreign_rows) {
    Finding finding = doubt(std::move(expected), "the ledger is older than the note of which");
    finding.verdict = Verdict::kCannotTell;
    return finding;
  }
  if (*leaf.foreign_rows == 0) return std::nullopt;
  return doubt(std::move(expected), fmt::format("{} rows of others", *leaf.foreign_rows));
}

// The rows are those that the accepted attempts wrote in this run, and nobody changed them since.
Finding JudgeAccepted(const Check& check, std::span<const LeafEvidence> leaves) {
  std::string all = fmt::format("{} leaves", leaves.size());
  Finding judged = check.Make("written by this run", true, all, all);
  for (const LeafEvidence& leaf : leaves) {
    std::optional<Finding> doubt = DoubtOrigin(check, leaf);
    if (!doubt) continue;
    if (doubt->verdict == Verdict::kFail) return *doubt;
    judged = *doubt;
  }
  return judged;
}

// Where the writer's figures were held against the data, they must be the data's; and where they
// stand in for the data, those of some leaf must have been.
std::optional<Finding> JudgeFigures(const Check& check, std::span<const LeafEvidence> leaves) {
  std::int64_t compared = 0, rows_read = 0, rows_believed = 0;
  for (const LeafEvidence& leaf : leaves) {
    if (leaf.is_by_figures) rows_believed += leaf.rows;
    if (!leaf.figures_agree) continue;
    ++compared;
    rows_read += leaf.rows;
    if (*leaf.figures_agree) continue;
    return check.Make("figures of the writer", false, leaf.leaf + ": those of the data", "others");
  }
  if (rows_believed > 0 && rows_read == 0) {
    Finding finding = check.Make("figures of the writer", false, "those of a leaf that is read",
                                 fmt::format("{} rows, none read", rows_believed));
    finding.verdict = Verdict::kCannotTell;
    return finding;
  }
  if (compared == 0) return std::nullopt;
  std::string all = fmt::format("{} leaves", compared);
  return check.Make("figures of the writer", true, all, all);
}

Finding JudgeBounds(const Check& check, std::span<const LeafEvidence> leaves) {
  for (const LeafEvidence& leaf : leaves) {
    if (!leaf.in_bounds) {
      return check.Make("rows in their partition", false, leaf.leaf, "rows outside of its range");
    }
  }
  return check.Make("rows in their partition", true, "all", "all");
}

Finding JudgeSourceRows(const Check& check, std::span<const LeafEvidence> leaves) {
  std::int64_t expected = 0;
  for (const LeafEvidence& leaf : leaves) {
    if (!leaf.source_rows) {
      Finding finding = check.Make("rows of the source", false, leaf.leaf, "not counted");
      finding.verdict = Verdict::kCannotTell;
      return finding;
    }
    if (*leaf.source_rows != leaf.rows) {
      return check.Make("rows of the source", false,
                        fmt::format("{}: {}", leaf.leaf, *leaf.source_rows),
                        std::to_string(leaf.rows));
    }
    expected += *leaf.source_rows;
  }
  return check.Make("rows of the source", true, std::to_string(expected), std::to_string(expected));
}

// NULLs are those of the warm-up and of missing inputs, each counted from the source.
Finding JudgeNulls(const Check& check, std::span<const LeafEvidence> leaves) {
  std::int64_t nulls = 0;
  for (const LeafEvidence& leaf : leaves) {
    for (std::size_t c = 0; c < leaf.columns.size(); ++c) {
      const ColumnEvidence& column = leaf.columns[c];
      if (!column.expected_non_null) continue;
      nulls += leaf.rows - column.non_null;
      if (column.non_null == *column.expected_non_null) continue;
      return check.Make("NULLs", false,
                        fmt::format("{}.{}: {} NULL", leaf.leaf, check.contract.columns[c].name,
                                    leaf.rows - *column.expected_non_null),
                        fmt::format("{} NULL", leaf.rows - column.non_null));
    }
  }
  return check.Make("NULLs", true, fmt::format("{} by rule", nulls), std::to_string(nulls));
}

Finding JudgeFinite(const Check& check, std::span<const LeafEvidence> leaves) {
  for (const LeafEvidence& leaf : leaves) {
    for (std::size_t c = 0; c < leaf.columns.size(); ++c) {
      if (leaf.columns[c].not_finite == 0) continue;
      return check.Make("finite", false, "0",
                        fmt::format("{}.{}: {} NaN or infinite", leaf.leaf,
                                    check.contract.columns[c].name, leaf.columns[c].not_finite));
    }
  }
  return check.Make("finite", true, "0", "0");
}

// What to do where a column of a user is as it should be and looks as if nobody had computed it.
std::string NextStep(const Check& check, const std::string& column) {
  if (!check.contract.declares_constants) return "";
  return fmt::format("; if that is right, say may_be_constant = [\"{}\"] in the stage", column);
}

// One value all over a place: the fill of a lazy writer. All NULL where values were due shows in
// the NULL check; all NULL where inputs are absent is said by name.
Finding JudgeConstant(const Check& check, std::span<const LeafEvidence> leaves) {
  std::vector<std::string> absent;
  for (std::size_t c = 0; c < check.contract.columns.size(); ++c) {
    const ColumnPromise& promise = check.contract.columns[c];
    if (promise.may_be_constant) continue;
    std::int64_t non_null = 0;
    std::optional<double> low, high;
    bool all_constant = true;
    for (const LeafEvidence& leaf : leaves) {
      const ColumnEvidence& column = leaf.columns[c];
      non_null += column.non_null;
      all_constant = all_constant && (column.constant || column.non_null == 0);
      if (column.min && (!low || *column.min < *low)) low = column.min;
      if (column.max && (!high || *column.max > *high)) high = column.max;
    }
    if (non_null == 0) {
      absent.push_back(promise.name);
    } else if (non_null >= kEnoughToJudge && all_constant && low == high) {
      return check.Make(
          "not constant", false, promise.name + " varies",
          fmt::format("one value in {} rows{}", non_null, NextStep(check, promise.name)));
    }
  }
  std::string found = absent.empty() ? "all vary" : "no value by rule: " + Join(absent, ", ");
  return check.Make("not constant", true, "all vary", found);
}

// Where nothing is promised of NULLs, a column without any value is one that nobody computed.
Finding JudgeFilled(const Check& check, std::span<const LeafEvidence> leaves) {
  for (std::size_t c = 0; c < check.contract.columns.size(); ++c) {
    const ColumnPromise& promise = check.contract.columns[c];
    bool promised = !promise.inputs.empty() || promise.may_be_constant;
    std::int64_t non_null = 0;
    for (const LeafEvidence& leaf : leaves) non_null += leaf.columns[c].non_null;
    if (promised || non_null > 0 || TotalRows(leaves) == 0) continue;
    return check.Make("filled", false, promise.name + " has values",
                      "all NULL" + NextStep(check, promise.name));
  }
  return check.Make("filled", true, "every column", "every column");
}

}  // namespace

std::vector<Finding> JudgePlace(const StageContract& contract, const std::string& place,
                                std::span<const LeafEvidence> leaves) {
  Check check{contract, place};
  std::vector<Finding> findings{JudgeNotEmpty(check, leaves), JudgeAccepted(check, leaves)};
  bool all_exist =
      std::all_of(leaves.begin(), leaves.end(), [](const auto& l) { return l.exists; });
  if (!all_exist) return findings;
  if (contract.rows_of_source) findings.push_back(JudgeSourceRows(check, leaves));
  findings.push_back(JudgeBounds(check, leaves));
  findings.push_back(JudgeNulls(check, leaves));
  findings.push_back(JudgeFilled(check, leaves));
  findings.push_back(JudgeFinite(check, leaves));
  findings.push_back(JudgeConstant(check, leaves));
  if (std::optional<Finding> figures = JudgeFigures(check, leaves)) findings.push_back(*figures);
  return findings;
}

std::vector<Finding> JudgeTable(const StageContract& contract,
                                std::span<const std::string> expected_leaves,
                                std::span<const std::string> found_leaves, bool has_key) {
  Check check{contract, contract.table};
  std::vector<std::string> expected(expected_leaves.begin(), expected_leaves.end());
  std::vector<std::string> found(found_leaves.begin(), found_leaves.end());
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  std::vector<std::string> missing, extra;
  std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(),
                      std::back_inserter(missing));
  std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(),
                      std::back_inserter(extra));
  std::string difference = fmt::format("{} leaves", found.size());
  if (!missing.empty()) difference += ", missing " + missing.front();
  if (!extra.empty()) difference += ", unexpected " + extra.front();
  return {check.Make("expected leaves", missing.empty() && extra.empty(),
                     fmt::format("{} leaves", expected.size()), difference),
          check.Make("unique key", has_key, "a valid unique index", has_key ? "there" : "none")};
}

Finding JudgeAssertion(const std::string& stage, const std::string& name,
                       const std::optional<bool>& answer, const std::string& error) {
  Finding finding{stage, name, "", Verdict::kCannotTell, "true", "NULL or no row"};
  if (!error.empty()) finding.found = error;
  if (answer) {
    finding.verdict = *answer ? Verdict::kPass : Verdict::kFail;
    finding.found = *answer ? "true" : "false";
  }
  return finding;
}

}  // namespace mayfly::contract
