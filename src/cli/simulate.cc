// simulate: whole lives of runs in virtual time, with faults at every seam and the invariants
// asserted after every step.

#include "sim/world/simulate.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/about_run.h"

namespace mayfly::cli {
namespace {

struct Flags {
  std::int64_t seeds = 0;
  std::uint64_t from = 1;
  std::uint64_t seed = 0;
  bool narrate = false;
};

// What went wrong, a line each: a seed is all it takes to see it again.
std::string Violations(const sim::SimReport& report) {
  std::string text;
  for (const auto& [seed, violation] : report.violations) {
    text += fmt::format("seed {}: I{} is broken after {}: {}\n", seed, violation.invariant,
                        HumanDuration(violation.at), violation.what);
  }
  for (std::uint64_t seed : report.unrepeatable) {
    text += fmt::format("seed {}: its second life had another trace\n", seed);
  }
  return text;
}

Result<int> RunSeeds(const Flags& flags, const Session& session) {
  std::unique_ptr<Clock> clock = MakeClock();
  Duration begun = clock->Mono();
  sim::SimReport report;
  {
    StepProgress progress(session, *clock, "simulating");
    auto go_on = [&](std::int64_t done) {
      constexpr std::int64_t kTellEvery = 50;
      if (done % kTellEvery == 0) {
        progress.Tell(static_cast<std::size_t>(done), static_cast<std::size_t>(flags.seeds),
                      "seeds");
      }
      return true;
    };
    report = sim::RunSeeds(flags.from, flags.seeds, go_on);
  }
  Print(Violations(report) + sim::Summarise(report, clock->Mono() - begun) + "\n");
  bool is_clean = report.violations_total == 0 && report.unrepeatable.empty();
  return is_clean ? 0 : ExitCode(ErrorKind::kCorrupt);
}

Result<int> RunSimulateCommand(const Flags& flags, const CLI::App& command,
                               const Session& session) {
  bool one = command.count("--seed") > 0;
  bool many = command.count("--seeds") > 0;
  if (one == many) return Invalid("simulate needs either --seeds N, or --seed N with --narrate");
  if (flags.narrate && !one) return Invalid("--narrate tells one life: name it with --seed N");
  if (flags.narrate) {
    Print(sim::Narrate(flags.seed));
    return 0;
  }
  if (many) return RunSeeds(flags, session);
  return RunSeeds({.seeds = 1, .from = flags.seed}, session);
}

}  // namespace

void AddSimulate(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "simulate",
      "Lives of runs in virtual time, with faults at every seam; exit 8 if an invariant breaks");
  command->add_option("--seeds", flags->seeds, "so many lives, each of them twice")
      ->check(CLI::PositiveNumber);
  command->add_option("--from", flags->from, "the first seed")->capture_default_str();
  command->add_option("--seed", flags->seed, "only this life");
  command->add_flag("--narrate", flags->narrate, "tell it as a story");
  command->callback([flags, command, &session] {
    session.chosen = [flags, command, &session] {
      return RunSimulateCommand(*flags, *command, session);
    };
  });
}

}  // namespace mayfly::cli
