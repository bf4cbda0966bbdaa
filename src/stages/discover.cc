#include "stages/discover.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "stages/bar_source.h"

namespace mayfly::stages {
namespace {

const DimensionSpec* FindDimension(const PhaseSpec& spec, std::string_view name) {
  for (const DimensionSpec& dimension : spec.grid) {
    if (dimension.name == name) return &dimension;
  }
  return nullptr;
}

void Note(Findings& findings, const bars::Bars& bars, std::set<std::string>& present) {
  if (bars.rows() == 0) return;
  auto at = [](std::int64_t micros) { return Instant(Duration(micros)); };
  Instant first = at(bars.ts_us.front());
  Instant last = at(bars.ts_us.back());
  if (!findings.first || first < *findings.first) findings.first = first;
  if (!findings.last || last > *findings.last) findings.last = last;
  findings.rows += static_cast<std::int64_t>(bars.rows());
  for (bars::BarColumn column : bars::kBarColumns) {
    const std::vector<double>& values = bars.column(column);
    bool any = std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
    if (any) present.emplace(bars::BarColumnName(column));
  }
}

}  // namespace

Result<Findings> Discover(const PhaseSpec& spec, FileSystem& files, const SourceTables& tables,
                          const DiscoverProgress& progress) {
  Findings findings;
  const StageSpec* stage = spec.FirstLoad();
  if (stage == nullptr) return findings;
  const auto& load = std::get<LoadSpec>(stage->kind);
  std::vector<std::string> available;
  if (load.source) {
    TRY_ASSIGN(available, tables.list_pairs(load.source->table));
  } else {
    TRY_ASSIGN(std::vector<BarFile> listed, ListBarFiles(files, load.dir));
    for (const BarFile& file : listed) available.push_back(file.pair);
  }
  const DimensionSpec* pairs = FindDimension(spec, "pair");
  bool from_data = pairs == nullptr || !pairs->labels;
  std::vector<std::string> wanted = from_data ? available : *pairs->labels;
  std::set<std::string> present;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    progress(i, wanted.size(), wanted[i]);
    bool there = std::find(available.begin(), available.end(), wanted[i]) != available.end();
    if (!there) {
      findings.missing_pairs.push_back(wanted[i]);
      continue;
    }
    TRY_ASSIGN(bars::ReadResult read, ReadPair(files, tables.read, load, wanted[i]));
    findings.pairs.push_back(wanted[i]);
    Note(findings, read.bars, present);
  }
  if (findings.pairs.empty()) {
    if (load.source) {
      return Invalid(fmt::format(
          "no table is there that source.table = \"{}\" could mean for a pair of the phase; write "
          "it as schema.name with {{pair}} where the pair stands",
          load.source->table));
    }
    return Invalid(
        fmt::format("{} has no bars of any pair of the phase; look at the load stage's "
                    "dir (files are named by pair, such as eurusd.csv.gz)",
                    load.dir));
  }
  for (std::string_view name : bars::kBarColumnNames) {
    if (!present.contains(std::string(name))) findings.absent_inputs.emplace_back(name);
  }
  std::sort(findings.pairs.begin(), findings.pairs.end());
  return findings;
}

}  // namespace mayfly::stages
