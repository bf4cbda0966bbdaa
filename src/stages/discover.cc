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

bool Holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

Instant At(std::int64_t micros) { return Instant(Duration(micros)); }

std::vector<std::int64_t> CountByMonth(const std::vector<std::int64_t>& ts_us) {
  std::vector<std::int64_t> counts;
  auto next = ts_us.begin();
  Instant month = PeriodOf(PeriodUnit::kMonth, At(ts_us.front())).begin;
  while (next != ts_us.end()) {
    month = PeriodOf(PeriodUnit::kMonth, month).end;
    auto end = std::lower_bound(next, ts_us.end(), month.time_since_epoch().count());
    counts.push_back(end - next);
    next = end;
  }
  return counts;
}

PairBars Summarise(const std::string& pair, const bars::Bars& bars) {
  PairBars found{.pair = pair};
  if (bars.rows() == 0) return found;
  found.first = At(bars.ts_us.front());
  found.last = At(bars.ts_us.back());
  found.by_month = CountByMonth(bars.ts_us);
  const std::vector<double>& close = bars.column(bars::BarColumn::kClose);
  for (std::size_t row = close.size(); row > 0 && !found.last_close; --row) {
    if (!std::isnan(close[row - 1])) found.last_close = At(bars.ts_us[row - 1]);
  }
  return found;
}

// Adds the bar columns that have a value.
void NoteColumns(const bars::Bars& bars, std::set<std::string>& present) {
  for (bars::BarColumn column : bars::kBarColumns) {
    const std::vector<double>& values = bars.column(column);
    bool any = std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
    if (any) present.emplace(bars::BarColumnName(column));
  }
}

// The pairs that a load stage has a file or a table of.
Result<std::vector<std::string>> ListPairs(const LoadSpec& load, FileSystem& files,
                                           const SourceTables& tables) {
  if (load.source) return tables.list_pairs(load.source->table);
  TRY_ASSIGN(std::vector<BarFile> listed, ListBarFiles(files, load.dir));
  std::vector<std::string> pairs;
  for (const BarFile& file : listed) pairs.push_back(file.pair);
  return pairs;
}

Error NoPair(const LoadSpec& load) {
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

class Discovery {
 public:
  Discovery(const PhaseSpec& spec, FileSystem& files, const SourceTables& tables,
            const DiscoverProgress& progress)
      : spec_(spec), files_(files), tables_(tables), progress_(progress) {}

  Result<LoadFindings> Look(const StageSpec& stage) {
    const auto& load = std::get<LoadSpec>(stage.kind);
    TRY_ASSIGN(std::vector<std::string> available, ListPairs(load, files_, tables_));
    const std::vector<std::string> wanted = Wanted(available);
    LoadFindings found{.stage = stage.name};
    std::set<std::string> present;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      progress_(i, wanted.size(), wanted[i]);
      TRY_ASSIGN(bars::ReadResult read, ReadPair(files_, tables_.read, load, wanted[i]));
      found.pairs.push_back(Summarise(wanted[i], read.bars));
      NoteColumns(read.bars, present);
    }
    if (found.pairs.empty()) return NoPair(load);
    for (std::string_view name : bars::kBarColumnNames) {
      if (!present.contains(std::string(name))) found.absent_inputs.emplace_back(name);
    }
    std::ranges::sort(found.pairs, {}, &PairBars::pair);
    return found;
  }

 private:
  // Those that there are, of the pairs that the phase lists, or all.
  std::vector<std::string> Wanted(const std::vector<std::string>& available) const {
    const DimensionSpec* listed = FindDimension(spec_, kPairDimension);
    if (listed == nullptr || !listed->labels) return available;
    std::vector<std::string> wanted;
    for (const std::string& pair : *listed->labels) {
      if (Holds(available, pair)) wanted.push_back(pair);
    }
    return wanted;
  }

  const PhaseSpec& spec_;
  FileSystem& files_;
  const SourceTables& tables_;
  const DiscoverProgress& progress_;
};

// What the grid takes from the data is of all load stages together.
void Add(const LoadFindings& load, Findings& findings) {
  for (const PairBars& bars : load.pairs) {
    if (!Holds(findings.pairs, bars.pair)) findings.pairs.push_back(bars.pair);
    findings.rows += bars.rows();
    if (!bars.first) continue;
    if (!findings.first || *bars.first < *findings.first) findings.first = bars.first;
    if (!findings.last || *bars.last > *findings.last) findings.last = bars.last;
  }
  if (findings.loads.empty()) findings.absent_inputs = load.absent_inputs;
  std::erase_if(findings.absent_inputs,
                [&](const std::string& input) { return !Holds(load.absent_inputs, input); });
}

}  // namespace

Result<Findings> Discover(const PhaseSpec& spec, FileSystem& files, const SourceTables& tables,
                          const DiscoverProgress& progress) {
  Findings findings;
  Discovery discovery(spec, files, tables, progress);
  for (const StageSpec& stage : spec.stages) {
    if (!std::holds_alternative<LoadSpec>(stage.kind)) continue;
    TRY_ASSIGN(LoadFindings load, discovery.Look(stage));
    Add(load, findings);
    findings.loads.push_back(std::move(load));
  }
  if (findings.loads.empty()) return findings;
  std::sort(findings.pairs.begin(), findings.pairs.end());
  const DimensionSpec* listed = FindDimension(spec, kPairDimension);
  if (listed == nullptr || !listed->labels) return findings;
  for (const std::string& pair : *listed->labels) {
    if (!Holds(findings.pairs, pair)) findings.missing_pairs.push_back(pair);
  }
  return findings;
}

}  // namespace mayfly::stages
