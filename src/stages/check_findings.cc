#include "stages/check_findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace mayfly {
namespace {

constexpr std::size_t kNamed = 3;  // so many pairs are named, the rest is counted

std::string SpanOf(const std::optional<Instant>& first, const std::optional<Instant>& last) {
  if (!first || !last) return "none";
  return fmt::format("from {} to {}", FormatInstant(*first), FormatInstant(*last));
}

// "audcad (why), eurusd (why) and 26 more".
class Named {
 public:
  void Add(const std::string& what) {
    if (++count_ <= kNamed) text_ += (text_.empty() ? "" : ", ") + what;
  }
  bool empty() const { return count_ == 0; }
  std::string Text() const {
    return count_ <= kNamed ? text_ : fmt::format("{} and {} more", text_, count_ - kNamed);
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

class FindingsCheck {
 public:
  explicit FindingsCheck(const PhasePlan& plan) : plan_(plan) {
    if (const Dimension* pairs = plan.grid.Find(kPairDimension)) pairs_ = pairs->labels;
    const Dimension* periods = plan.grid.Find(kPeriodDimension);
    if (periods == nullptr || periods->periods.empty()) return;
    begin_ = periods->periods.front().begin;
    end_ = periods->periods.back().end;
  }

  Status Check() {
    for (const PlannedStage& stage : plan_.stages) {
      const LoadFindings* load = plan_.findings.FindLoad(stage.spec.name);
      if (load != nullptr && !stage.skipped) CheckLoad(stage.spec, *load);
    }
    return problems_.empty() ? Status() : Invalid(Join(problems_, "\n"));
  }

 private:
  void CheckLoad(const StageSpec& stage, const LoadFindings& load) {
    CheckHasPairs(stage, load);
    CheckHasBars(stage, load);
    if (!MeetsGrid(load)) {
      if (!stage.may_be_empty) ComplainOfGrid(stage, load);
    } else {
      for (const StageSpec* features : FeaturesOf(stage)) CheckPairsMeetGrid(*features, load);
    }
    if (!FeaturesOf(stage).empty()) CheckBaseline(stage, load);
  }

  void Complain(const StageSpec& stage, const std::string& what) {
    problems_.push_back(fmt::format("stage \"{}\": {}", stage.name, what));
  }

  // The features that are made of these bars.
  std::vector<const StageSpec*> FeaturesOf(const StageSpec& load) const {
    std::vector<const StageSpec*> found;
    for (const PlannedStage& stage : plan_.stages) {
      const auto* features = std::get_if<FeaturesSpec>(&stage.spec.kind);
      if (features == nullptr || stage.skipped || features->bars != load.name) continue;
      found.push_back(&stage.spec);
    }
    return found;
  }

  std::int64_t RowsInGrid(const PairBars& bars) const { return bars.RowsIn(begin_, end_); }

  // Calls with the bars of each pair of the grid that has any.
  template <typename Use>
  void ForPairsWithBars(const LoadFindings& load, Use use) const {
    for (const std::string& pair : pairs_) {
      const PairBars* bars = load.Find(pair);
      if (bars != nullptr && bars->first) use(*bars);
    }
  }

  // Without a single bar it meets no grid, and misses none either.
  bool MeetsGrid(const LoadFindings& load) const {
    bool any = false, meets = false;
    ForPairsWithBars(load, [&](const PairBars& bars) {
      any = true;
      meets = meets || RowsInGrid(bars) > 0;
    });
    return meets || !any;
  }

  std::string GridText() const {
    const Dimension& periods = *plan_.grid.Find(kPeriodDimension);
    return fmt::format("the grid's periods, {} to {}", periods.labels.front(),
                       periods.labels.back());
  }

  // A task of every load stage for each pair: one that lacks it could only fail.
  void CheckHasPairs(const StageSpec& stage, const LoadFindings& load) {
    Named lacking;
    for (const std::string& pair : pairs_) {
      if (load.Find(pair) == nullptr) lacking.Add(pair);
    }
    if (lacking.empty()) return;
    Complain(stage, fmt::format("it has no file or table of {}, of which another load stage has "
                                "one; list in [grid] the pairs that all of them have",
                                lacking.Text()));
  }

  void CheckHasBars(const StageSpec& stage, const LoadFindings& load) {
    if (stage.may_be_empty) return;
    Named empty;
    for (const std::string& pair : pairs_) {
      const PairBars* bars = load.Find(pair);
      if (bars != nullptr && !bars->first) empty.Add(pair);
    }
    if (empty.empty()) return;
    Complain(stage, fmt::format("its source has not a single bar of {}; mend it, take the pair out "
                                "of the grid, or say empty = \"allow\"",
                                empty.Text()));
  }

  void ComplainOfGrid(const StageSpec& stage, const LoadFindings& load) {
    std::optional<Instant> first, last;
    ForPairsWithBars(load, [&](const PairBars& bars) {
      first = first ? std::min(first, bars.first) : bars.first;
      last = std::max(last, bars.last);
    });
    Complain(stage, fmt::format("its bars are {}, and none is in {}; mend [grid] period, or its "
                                "source",
                                SpanOf(first, last), GridText()));
  }

  void CheckPairsMeetGrid(const StageSpec& features, const LoadFindings& load) {
    if (features.may_be_empty) return;
    Named outside;
    ForPairsWithBars(load, [&](const PairBars& bars) {
      if (RowsInGrid(bars) > 0) return;
      outside.Add(fmt::format("{} ({})", bars.pair, SpanOf(bars.first, bars.last)));
    });
    if (outside.empty()) return;
    Complain(features, fmt::format("there are bars of {}, and none in {}; take the pair out of the "
                                   "grid, mend [grid] period, or say empty = \"allow\"",
                                   outside.Text(), GridText()));
  }

  // Features take the first close from there on for 100, and have nothing without one.
  void CheckBaseline(const StageSpec& stage, const LoadFindings& load) {
    const std::optional<Instant>& baseline = std::get<LoadSpec>(stage.kind).baseline;
    Named without;
    ForPairsWithBars(load, [&](const PairBars& bars) {
      if (bars.last_close && (!baseline || *bars.last_close >= *baseline)) return;
      without.Add(bars.last_close ? fmt::format("{} (its last close is at {})", bars.pair,
                                                FormatInstant(*bars.last_close))
                                  : bars.pair + " (it has no close)");
    });
    if (without.empty()) return;
    std::string from =
        baseline ? fmt::format(" at or after the baseline {}", FormatInstant(*baseline)) : "";
    Complain(stage, fmt::format("no close{} of {}; {}", from, without.Text(),
                                baseline ? "choose an earlier baseline" : "mend its source"));
  }

  const PhasePlan& plan_;
  std::vector<std::string> pairs_;
  std::optional<Instant> begin_, end_;  // of the grid's periods
  std::vector<std::string> problems_;
};

}  // namespace

Status CheckFindings(const PhasePlan& plan) { return FindingsCheck(plan).Check(); }

}  // namespace mayfly
