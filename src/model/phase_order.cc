// What can be said of all stages only together, and the order in which they run.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "model/phase_parser.h"

namespace mayfly {
namespace {

bool IsVerify(const StageDraft& draft) {
  return draft.kind_known && std::holds_alternative<VerifySpec>(draft.spec.kind);
}

bool IsOptimise(const StageDraft& draft) {
  return draft.kind_known && std::holds_alternative<OptimiseSpec>(draft.spec.kind);
}

bool IsLoad(const StageDraft& draft) {
  return draft.kind_known && std::holds_alternative<LoadSpec>(draft.spec.kind);
}

const Place& PlaceOf(const StageDraft& draft, std::string_view key) {
  const TomlNode* node = draft.node->Find(key);
  return node == nullptr ? draft.node->place : node->place;
}

const OutputSpec* OutputOf(const StageSpec& stage) {
  if (const auto* sql = std::get_if<SqlSpec>(&stage.kind)) return &sql->output;
  if (const auto* command = std::get_if<CommandSpec>(&stage.kind)) return &command->output;
  return nullptr;
}

std::string TableOf(const StageSpec& stage) {
  if (const auto* load = std::get_if<LoadSpec>(&stage.kind)) return load->table;
  if (const auto* features = std::get_if<FeaturesSpec>(&stage.kind)) return features->table;
  const OutputSpec* output = OutputOf(stage);
  return output == nullptr ? std::string() : output->table;
}

// Checks of one phase; every finding becomes a problem at its place.
class StageChecks {
 public:
  StageChecks(PhaseSpec& spec, std::vector<StageDraft>& drafts, Problems& problems)
      : spec_(spec), drafts_(drafts), problems_(problems) {
    for (const StageDraft& draft : drafts_) names_.push_back(draft.spec.name);
    for (const DimensionSpec& dimension : spec_.grid) dimensions_.push_back(dimension.name);
  }

  void Run() {
    CheckWhole();
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      StageDraft& draft = drafts_[i];
      CheckName(i);
      CheckAfter(draft);
      CheckGrid(draft);
      if (!draft.kind_known) continue;
      if (IsOptimise(draft)) FillAfter(draft);
      if (!IsVerify(draft) && !IsOptimise(draft)) CheckTable(i);
      if (auto* features = std::get_if<FeaturesSpec>(&draft.spec.kind)) FindBars(draft, *features);
      if (const OutputSpec* output = OutputOf(draft.spec)) CheckOutput(draft, *output);
    }
  }

 private:
  void Complain(const StageDraft& draft, std::string_view key, std::string_view message) {
    problems_.Add(PlaceOf(draft, key),
                  fmt::format("stage \"{}\" {}: {}", draft.spec.name, key, message));
  }

  void CheckWhole() {
    std::vector<const StageDraft*> verifies;
    bool any_work = false;
    for (const StageDraft& draft : drafts_) {
      if (IsVerify(draft)) verifies.push_back(&draft);
      any_work = any_work || (!IsVerify(draft) && !IsOptimise(draft));
    }
    if (verifies.size() > 1) {
      Complain(*verifies[1], "kind", "is a second verify stage; put its assertions into the first");
    }
    if (!drafts_.empty() && !any_work) {
      Complain(drafts_.front(), "kind", "is verify, and there is nothing to verify");
    }
    for (const StageDraft& draft : drafts_) {
      if (draft.spec.name == "verify" && draft.kind_known && verifies.empty()) {
        Complain(draft, "name", "is the name of the verify stage that every phase ends with");
      }
    }
  }

  void CheckName(std::size_t i) {
    const StageDraft& draft = drafts_[i];
    for (std::size_t j = 0; j < i; ++j) {
      if (draft.spec.name.empty() || drafts_[j].spec.name != draft.spec.name) continue;
      Complain(draft, "name",
               fmt::format("is taken by the stage at line {}", drafts_[j].node->place.line));
      return;
    }
  }

  void CheckAfter(const StageDraft& draft) {
    const TomlNode* node = draft.node->Find("after");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < draft.spec.after.size(); ++i) {
      const std::string& name = draft.spec.after[i];
      const Place& place = (*node->As<TomlArray>())[i].place;
      auto complain = [&](const std::string& message) {
        problems_.Add(place, fmt::format("stage \"{}\" after: {}", draft.spec.name, message));
      };
      auto found = std::find(names_.begin(), names_.end(), name);
      if (name == draft.spec.name) {
        complain("a stage cannot come after itself");
      } else if (found == names_.end()) {
        complain(fmt::format("there is no stage \"{}\"{}", name, Suggest(name, names_)));
      } else if (IsVerify(drafts_[static_cast<std::size_t>(found - names_.begin())])) {
        complain(fmt::format("nothing comes after \"{}\": it verifies all others", name));
      } else if (!seen.insert(name).second) {
        complain(fmt::format("\"{}\" is listed twice", name));
      }
    }
  }

  void CheckGrid(const StageDraft& draft) {
    bool by_pair = draft.kind_known && (IsLoad(draft) || draft.spec.kind_name() == "features");
    if (draft.spec.grid && (by_pair || IsVerify(draft) || IsOptimise(draft))) {
      return Complain(
          draft, "grid",
          fmt::format("a {} stage has no choice of grid; leave it out", draft.spec.kind_name()));
    }
    if (by_pair && !dimensions_.empty() && !HasDimension(kPairDimension)) {
      Complain(draft, "kind",
               fmt::format("\"{}\" needs the dimension pair in [grid]", draft.spec.kind_name()));
    }
    bool uses_period =
        HasDimension(kPeriodDimension) && !IsLoad(draft) && !IsVerify(draft) && !IsOptimise(draft);
    if (draft.spec.grid) {
      uses_period = false;
      std::set<std::string> seen;
      for (const std::string& name : *draft.spec.grid) {
        if (name == kPeriodDimension) uses_period = true;
        if (!HasDimension(name)) {
          Complain(draft, "grid",
                   fmt::format("there is no dimension \"{}\"{}", name, Suggest(name, dimensions_)));
        } else if (!seen.insert(name).second) {
          Complain(draft, "grid", fmt::format("\"{}\" is listed twice", name));
        }
      }
    }
    if (draft.spec.lookback > 0 && !uses_period) {
      Complain(draft, "lookback", "needs the dimension period in the stage's grid");
    }
  }

  bool HasDimension(std::string_view name) const {
    return std::find(dimensions_.begin(), dimensions_.end(), name) != dimensions_.end();
  }

  void CheckTable(std::size_t i) {
    const StageDraft& draft = drafts_[i];
    std::string table = TableOf(draft.spec);
    bool is_given = draft.node->Find("table") != nullptr;
    if (table.empty() || (!is_given && !IsPlainLabel(draft.spec.name))) return;  // told already
    if (!IsPlainName(table)) {
      return Complain(
          draft, "table",
          fmt::format(
              "\"{}\" is not a plain name (a-z, 0-9, _, no digit first); {}", table,
              draft.node->Find("table") == nullptr ? "give the stage a table" : "choose another"));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!drafts_[j].kind_known || TableOf(drafts_[j].spec) != table) continue;
      return Complain(
          draft, "table",
          fmt::format("\"{}\" is written by stage \"{}\" already", table, drafts_[j].spec.name));
    }
  }

  // An optimise stage that names no other is about all that write a table.
  void FillAfter(StageDraft& draft) {
    if (draft.node->Find("after") != nullptr) return;
    for (const StageDraft& other : drafts_) {
      if (other.kind_known && !IsVerify(other) && !IsOptimise(other)) {
        draft.spec.after.push_back(other.spec.name);
      }
    }
  }

  // A features stage reads bars, so it comes after them whatever it says.
  void FindBars(StageDraft& draft, FeaturesSpec& features) {
    std::vector<std::string> loads;
    for (const StageDraft& other : drafts_) {
      if (IsLoad(other)) loads.push_back(other.spec.name);
    }
    if (loads.empty()) return Complain(draft, "bars", "no load stage has bars for it");
    if (features.bars.empty() && loads.size() > 1) {
      return Complain(
          draft, "bars",
          fmt::format("is missing; say which load stage it reads: {}", Join(loads, ", ")));
    }
    if (features.bars.empty()) features.bars = loads.front();
    if (std::find(loads.begin(), loads.end(), features.bars) == loads.end()) {
      return Complain(draft, "bars",
                      fmt::format("there is no load stage \"{}\"{}", features.bars,
                                  Suggest(features.bars, loads)));
    }
    std::vector<std::string>& after = draft.spec.after;
    if (std::find(after.begin(), after.end(), features.bars) == after.end()) {
      after.push_back(features.bars);
    }
  }

  void CheckOutput(const StageDraft& draft, const OutputSpec& output) {
    std::vector<std::string> own = spec_.DimensionsOf(draft.spec);
    TableShape shape = OutputShape(output, own);
    for (const Column& column : output.columns) {
      if (std::find(own.begin(), own.end(), column.name) != own.end()) {
        Complain(
            draft, "columns",
            fmt::format("\"{}\" is a dimension; mayfly fills it in, leave it out", column.name));
      }
    }
    CheckConstants(draft, output);
    if (output.key.empty() || output.columns.empty()) return;
    for (const std::string& column : output.key) {
      if (shape.Find(column) == nullptr) {
        std::vector<std::string> known;
        for (const Column& candidate : shape.columns) known.push_back(candidate.name);
        Complain(draft, "key",
                 fmt::format("there is no column \"{}\"{}", column, Suggest(column, known)));
      }
    }
    for (const std::string& column : PartitionColumns(shape)) {
      if (std::find(output.key.begin(), output.key.end(), column) != output.key.end()) continue;
      Complain(
          draft, "key",
          fmt::format("lacks \"{}\"; the table is partitioned by it, so the key holds it", column));
    }
  }

  // Only what the phase declares: a dimension may have one value anyway.
  void CheckConstants(const StageDraft& draft, const OutputSpec& output) {
    if (output.columns.empty()) return;  // said already
    std::vector<std::string> known;
    for (const Column& column : output.columns) known.push_back(column.name);
    std::set<std::string> seen;
    for (const std::string& column : output.may_be_constant) {
      if (std::find(known.begin(), known.end(), column) == known.end()) {
        Complain(draft, "may_be_constant",
                 fmt::format("\"{}\" is not one of columns{}", column, Suggest(column, known)));
      } else if (!seen.insert(column).second) {
        Complain(draft, "may_be_constant", fmt::format("\"{}\" is listed twice", column));
      }
    }
  }

  PhaseSpec& spec_;
  std::vector<StageDraft>& drafts_;
  Problems& problems_;
  std::vector<std::string> names_;
  std::vector<std::string> dimensions_;
};

using Edges = std::vector<std::vector<std::size_t>>;  // to what each comes after

Edges EdgesOf(const std::vector<StageDraft>& drafts) {
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < drafts.size(); ++i) index.emplace(drafts[i].spec.name, i);
  Edges edges(drafts.size());
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    for (const std::string& name : drafts[i].spec.after) {
      auto found = index.find(name);
      if (found == index.end() || found->second == i || IsVerify(drafts[found->second])) continue;
      edges[i].push_back(found->second);
    }
  }
  return edges;
}

// Walks from a stage that cannot be ordered along what it waits for, until one comes up again.
std::string CyclePath(const std::vector<StageDraft>& drafts, const Edges& edges,
                      const std::vector<bool>& done, std::size_t start) {
  std::vector<std::size_t> path{start};
  while (true) {
    std::size_t next = start;
    for (std::size_t need : edges[path.back()]) {
      if (!done[need]) next = need;
    }
    auto seen = std::find(path.begin(), path.end(), next);
    if (seen == path.end()) {
      path.push_back(next);
      continue;
    }
    std::vector<std::string> names;
    for (auto at = seen; at != path.end(); ++at) names.push_back(drafts[*at].spec.name);
    names.push_back(drafts[next].spec.name);
    return Join(names, " after ");
  }
}

}  // namespace

void CheckStages(PhaseSpec& spec, std::vector<StageDraft>& drafts, Problems& problems) {
  StageChecks(spec, drafts, problems).Run();
}

std::vector<StageSpec> OrderStages(const std::vector<StageDraft>& drafts, Problems& problems) {
  Edges edges = EdgesOf(drafts);
  std::vector<bool> done(drafts.size(), false);
  std::vector<StageSpec> ordered;
  auto is_ready = [&](std::size_t i) {
    return !done[i] && !IsVerify(drafts[i]) &&
           std::all_of(edges[i].begin(), edges[i].end(),
                       [&](std::size_t need) { return done[need]; });
  };
  for (std::size_t i = 0; i < drafts.size();) {
    if (!is_ready(i)) {
      ++i;
      continue;
    }
    done[i] = true;
    ordered.push_back(drafts[i].spec);
    i = 0;
  }
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (done[i] || IsVerify(drafts[i])) continue;
    problems.Add(PlaceOf(drafts[i], "after"),
                 fmt::format("stages wait for each other: {}", CyclePath(drafts, edges, done, i)));
    break;
  }
  auto verify = std::find_if(drafts.begin(), drafts.end(), IsVerify);
  ordered.push_back(verify != drafts.end() ? verify->spec
                                           : StageSpec{.name = "verify", .kind = VerifySpec{}});
  return ordered;
}

}  // namespace mayfly
