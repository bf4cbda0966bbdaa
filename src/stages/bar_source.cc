#include "stages/bar_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace mayfly::stages {
namespace {

using bars::BarColumn;

bool LooksLikeBars(std::string_view name) {
  for (std::string_view ending : {".csv", ".csv.gz", ".txt", ".txt.gz", ".tsv", ".tsv.gz"}) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

std::string PairOf(std::string_view file_name) {
  std::size_t end = 0;
  while (end < file_name.size() && std::isalnum(static_cast<unsigned char>(file_name[end])) != 0) {
    ++end;
  }
  return Lower(file_name.substr(0, end));
}

template <typename Word>
Result<Word> Known(std::optional<Word> word, std::string_view key, const std::string& text,
                   std::string_view words) {
  if (word) return *word;
  return Invalid(fmt::format("{} = \"{}\" is not known; use one of {}", key, text, words));
}

std::string FillPair(const std::string& text, const std::string& pair) {
  std::vector<std::pair<std::string, std::string>> values{{"pair", pair}};
  return FillBraces(text, values);
}

// The series of a table has no lines; a row's place stands for its line.
Result<bars::ReadResult> ReadTable(const SeriesReader& read, const TableSource& source,
                                   const std::string& pair, const bars::ReadPolicy& policy) {
  SeriesQuery query;
  query.table = FillPair(source.table, pair);
  // Without a schema it would be looked for among the run's own tables.
  if (query.table.find('.') == std::string::npos) query.table = "public." + query.table;
  std::vector<BarColumn> roles;
  for (const auto& [role, column] : source.columns) {
    if (role == "ts") {
      query.time_column = column;
    } else if (role == "pair") {
      query.equals.emplace_back(column, pair);
    } else if (std::optional<BarColumn> known = bars::BarColumnFromName(role)) {
      roles.push_back(*known);
      query.columns.push_back(column);
    } else {
      return Invalid(
          fmt::format("source.columns.{}: not a bar column; use ts, pair, open, high, "
                      "low, close, volume, bid_open … ask_close",
                      role));
    }
  }
  TRY_ASSIGN(Series series, read(query));
  static_assert(kNoTime == bars::kNoTime);
  bars::Bars rows;
  rows.ts_us = std::move(series.ts_us);
  for (std::size_t i = 0; i < roles.size(); ++i) {
    rows.column(roles[i]) = std::move(series.columns[i]);
  }
  if (!rows.has(BarColumn::kClose) && rows.rows() > 0) {
    return Invalid("source.columns names no close; a bar needs one");
  }
  return bars::TakeBars(std::move(rows), "table " + query.table, policy);
}

}  // namespace

Result<std::vector<BarFile>> ListBarFiles(FileSystem& files, const std::string& dir) {
  TRY_ASSIGN(std::vector<FileEntry> entries, files.List(dir));
  std::vector<BarFile> found;
  for (const FileEntry& entry : entries) {
    if (!LooksLikeBars(Lower(entry.name))) continue;
    std::string pair = PairOf(entry.name);
    auto same = std::find_if(found.begin(), found.end(),
                             [&](const BarFile& file) { return file.pair == pair; });
    if (same != found.end()) {
      return Invalid(fmt::format("{} and {} are both of pair {}; keep one of them", same->path,
                                 entry.name, pair));
    }
    found.push_back({pair, dir + "/" + entry.name});
  }
  std::sort(found.begin(), found.end(),
            [](const BarFile& a, const BarFile& b) { return a.pair < b.pair; });
  return found;
}

Result<bars::ReadPolicy> PolicyOf(const LoadSpec& spec) {
  bars::ReadPolicy policy;
  policy.dialect.separator = spec.separator;
  policy.dialect.header = spec.header;
  policy.dialect.time_format = spec.time_format;
  policy.dialect.columns = spec.columns;
  policy.max_bad_share = spec.max_bad_share;
  TRY(bars::CheckHints(policy.dialect));
  TRY_ASSIGN(policy.duplicates, Known(bars::DuplicatesFromName(spec.duplicates), "duplicates",
                                      spec.duplicates, "keep_first, keep_last, fail"));
  TRY_ASSIGN(policy.disorder,
             Known(bars::DisorderFromName(spec.disorder), "disorder", spec.disorder, "sort, fail"));
  TRY_ASSIGN(policy.bad_rows, Known(bars::BadRowsFromName(spec.bad_rows), "bad_rows", spec.bad_rows,
                                    "reject, fail"));
  return policy;
}

Result<bars::ReadResult> ReadPair(FileSystem& files, const SeriesReader& read, const LoadSpec& spec,
                                  const std::string& pair) {
  TRY_ASSIGN(bars::ReadPolicy policy, PolicyOf(spec));
  if (spec.source) return ReadTable(read, *spec.source, pair, policy);
  TRY_ASSIGN(std::vector<BarFile> found, ListBarFiles(files, spec.dir));
  for (const BarFile& file : found) {
    if (file.pair != pair) continue;
    TRY_ASSIGN(std::string bytes, files.Read(file.path));
    return bars::ReadBars(bytes, file.path, policy);
  }
  return NotFound(fmt::format("{} has no file of pair {}", spec.dir, pair));
}

}  // namespace mayfly::stages
