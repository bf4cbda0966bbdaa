#include "cli/phase_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/money_text.h"
#include "model/plan_json.h"
#include "stages/compile.h"
#include "stages/discover.h"

namespace mayfly::cli {
namespace {

namespace fs = std::filesystem;

std::string Absolute(const std::string& path) {
  std::error_code code;
  fs::path absolute = fs::absolute(path, code);
  return code ? path : absolute.lexically_normal().string();
}

// A line that is drawn over itself on a terminal, and told every so often elsewhere.
class ReadingProgress {
 public:
  ReadingProgress(const Session& session, Clock& clock)
      : draws_(session.terminal.err_is_terminal), clock_(clock), told_(clock.Mono()) {}
  ~ReadingProgress() {
    if (drew_) std::fputs("\r\x1b[K", stderr);
  }

  void Tell(std::size_t done, std::size_t of, const std::string& what) {
    Duration now = clock_.Mono();
    if (draws_) {
      fmt::print(stderr, "\r\x1b[Kreading bars: {} of {}, {}", done, of, what);
      std::fflush(stderr);
      drew_ = true;
    } else if (now - told_ > seconds(2)) {
      Say(fmt::format("reading bars: {} of {}, {}", done, of, what));
      told_ = now;
    }
  }

 private:
  bool draws_;
  bool drew_ = false;
  Clock& clock_;
  Duration told_;
};

std::string DescribeDimension(const Dimension& dimension) {
  if (dimension.labels.empty()) return dimension.name + ": none";
  std::string text = fmt::format("{}: {}", dimension.name, dimension.labels.size());
  if (dimension.labels.size() <= 6) return text + " (" + Join(dimension.labels, ", ") + ")";
  return fmt::format("{} ({} … {})", text, dimension.labels.front(), dimension.labels.back());
}

// What only rented machines have is refused on this computer, unless the command chose it instead
// of the file: then it is left out, and said.
Status CheckKept(const PhaseSpec& spec, const PhaseFlags& flags) {
  const bool keeps_disk = spec.machines.ec2 && spec.machines.ec2->snapshot;
  const bool has_floor = spec.database.capacity.has_value();
  if (spec.machines.provider == "ec2" || (!keeps_disk && !has_floor)) return {};
  const char* table = keeps_disk ? "machines.ec2.snapshot" : "database.capacity";
  const bool is_chosen = std::ranges::any_of(
      flags.sets, [](const std::string& set) { return set.starts_with("machines.provider"); });
  if (!is_chosen) {
    return Invalid(
        fmt::format("{}: [{}] is for rented machines, and machines.provider is \"{}\": leave the "
                    "table out, or rent",
                    flags.file, table, spec.machines.provider));
  }
  Say(fmt::format("on this computer [{}] does nothing", table));
  return {};
}

}  // namespace

void AddPhaseFlags(CLI::App& command, PhaseFlags& flags) {
  command.add_option("PHASE", flags.file, "the phase file, such as phase.toml")->required();
  command
      .add_option(
          "--set", flags.sets,
          "override a key of the file: key.path=value; a stage is stage.NAME.key, load.dir is "
          "short for the load stage's dir")
      ->allow_extra_args(false);
  command.add_option("--state", flags.state_dir,
                     "where mayfly keeps its own files (default: .mayfly beside the phase file)");
}

Result<Phase> LoadPhase(Host& host, const PhaseFlags& flags) {
  std::string file = Absolute(flags.file);
  TRY_ASSIGN(std::string text, host.files().Read(file));
  ParseContext context;
  context.file = flags.file;
  context.folder = fs::path(file).parent_path().string();
  context.working_folder = Absolute(".");
  context.now = host.clock().Wall();
  context.sets = flags.sets;
  context.bars_instead = flags.bars_instead;
  context.read_file = [&host](const std::string& path) { return host.files().Read(path); };
  TRY_ASSIGN(ParsedPhase parsed, ParsePhase(text, context));
  TRY(CheckKept(parsed.spec, flags));
  std::string state = flags.state_dir.empty() ? context.folder + "/.mayfly" : flags.state_dir;
  Place place{parsed.spec.database.url, Absolute(state)};
  return Phase{std::move(parsed), std::move(place), context.folder};
}

Result<PhasePlan> MakePlan(Host& host, Ledger& ledger, const Phase& phase, const Session& session) {
  Findings findings;
  {
    ReadingProgress progress(session, host.clock());
    auto tell = [&](std::size_t done, std::size_t of, const std::string& what) {
      progress.Tell(done, of, what);
    };
    stages::SourceTables tables;
    tables.read = [&](const SeriesQuery& query) { return ledger.ReadSource(query); };
    tables.list_pairs = [&](const std::string& pattern) { return ledger.ListPairs(pattern); };
    TRY_ASSIGN(findings, stages::Discover(phase.parsed.spec, host.files(), tables, tell));
  }
  CompileOptions options;
  TRY_ASSIGN(std::size_t room, ledger.CountLeafRoom());
  options.max_leaves = std::min(options.max_leaves, room);
  TRY_ASSIGN(PhasePlan plan, CompilePhase(phase.parsed, findings, options));
  TRY(ledger.CheckStatements(plan));
  return plan;
}

Result<PhasePlan> CompileText(const std::string& canonical_toml, const std::string& findings_json) {
  ParseContext context;
  context.file = "the stored plan";
  // A deadline that was ahead at approval is no mistake later.
  context.now = Instant(Duration(0));
  TRY_ASSIGN(ParsedPhase parsed, ParsePhase(canonical_toml, context));
  TRY_ASSIGN(Findings findings, FindingsFromJson(findings_json));
  return CompilePhase(parsed, findings);
}

std::string RenderPlan(const PhasePlan& plan) {
  std::string text = fmt::format("phase {}, plan {}\n", plan.spec.name, plan.hash);
  for (const Dimension& dimension : plan.grid.dimensions) {
    text += "  " + DescribeDimension(dimension) + "\n";
  }
  std::size_t width = 5;
  for (const PlannedStage& stage : plan.stages) width = std::max(width, stage.spec.name.size());
  text += fmt::format("  {:<{}}  {:<8}  {:>6}  {:<18}  {}\n", "stage", width, "kind", "tasks",
                      "table", "after");
  for (const PlannedStage& stage : plan.stages) {
    std::string after = stage.skipped ? "skipped: " + *stage.skipped : Join(stage.spec.after, ", ");
    text += fmt::format("  {:<{}}  {:<8}  {:>6}  {:<18}  {}\n", stage.spec.name, width,
                        stage.spec.kind_name(), stage.task_count,
                        stage.shape ? stage.shape->shown_name() : "-", after);
  }
  text += fmt::format("  {} tasks, {} leaves, {} bars\n", plan.tasks.size(), plan.LeafCount(),
                      Thousands(plan.findings.rows));
  for (const std::string& note : plan.notes) text += "  note: " + note + "\n";
  if (plan.quote) text += RenderQuote(*plan.quote);
  return text;
}

std::string PlanToJson(const PhasePlan& plan) {
  nlohmann::ordered_json json;
  json["phase"] = plan.spec.name;
  json["hash"] = plan.hash;
  json["tasks"] = plan.tasks.size();
  json["leaves"] = plan.LeafCount();
  json["rows"] = plan.findings.rows;
  json["pairs"] = plan.findings.pairs;
  json["missing_pairs"] = plan.findings.missing_pairs;
  json["stages"] = nlohmann::ordered_json::array();
  for (const PlannedStage& stage : plan.stages) {
    nlohmann::ordered_json entry{{"name", stage.spec.name},
                                 {"kind", stage.spec.kind_name()},
                                 {"tasks", stage.task_count},
                                 {"after", stage.spec.after}};
    if (stage.shape) entry["table"] = stage.shape->shown_name();
    if (stage.skipped) entry["skipped"] = *stage.skipped;
    json["stages"].push_back(std::move(entry));
  }
  json["notes"] = plan.notes;
  json["quote"] = plan.quote ? JsonOfQuote(*plan.quote) : nlohmann::ordered_json(nullptr);
  return json.dump(2) + "\n";
}

int SlotsOf(const PhaseSpec& spec, const Host& host) {
  bool is_here = spec.machines.provider == "local";
  return spec.machines.slots.value_or(is_here ? host.cores() : 0);
}

}  // namespace mayfly::cli
