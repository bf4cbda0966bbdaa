#include "cli/about_run.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

namespace mayfly::cli {
namespace {

constexpr Duration kTellEvery = seconds(2);

Result<RunId> FindRun(ReadStore& reads, const std::string& wanted) {
  std::int64_t number = 0;
  const char* end = wanted.data() + wanted.size();
  auto [read, code] = std::from_chars(wanted.data(), end, number);
  bool is_number = !wanted.empty() && code == std::errc{} && read == end;
  if (!is_number) return reads.NewestRun(wanted);
  TRY(reads.Load(RunId{number}));
  return RunId{number};
}

}  // namespace

void AddRunArgument(CLI::App& command, RunFlags& flags) {
  command.add_option("RUN", flags.run,
                     "a run's number, or a phase whose newest run is meant (default: the newest)");
  AddLedgerFlags(command, flags.ledger);
}

void AddRunOption(CLI::App& command, RunFlags& flags) {
  command.add_option("--run", flags.run,
                     "a run's number, or a phase whose newest run is meant (default: the newest)");
  AddLedgerFlags(command, flags.ledger);
}

void AddJsonFlag(CLI::App& command, RunFlags& flags) {
  command.add_flag("--json", flags.json, "for programs");
}

Result<std::unique_ptr<Ledger>> OpenNamedLedger(const LedgerFlags& flags) {
  TRY_ASSIGN(Place place, FindLedger(flags.database, flags.state_dir));
  return OpenLedger(place);
}

Result<OpenedRun> OpenRun(const RunFlags& flags) {
  TRY_ASSIGN(Place place, FindLedger(flags.ledger.database, flags.ledger.state_dir));
  TRY_ASSIGN(std::unique_ptr<Ledger> ledger, OpenLedger(place));
  TRY_ASSIGN(RunId run, FindRun(ledger->reads(), flags.run));
  return OpenedRun{std::move(ledger), std::move(place), run};
}

Paint PaintForOutput(const Session& session) {
  const char* without = std::getenv("NO_COLOR");
  bool is_wanted = without == nullptr || *without == '\0';
  return Paint(session.terminal.out_is_terminal && is_wanted);
}

StepProgress::StepProgress(const Session& session, Clock& clock, std::string what)
    : draws_(session.terminal.err_is_terminal),
      clock_(clock),
      told_(clock.Mono()),
      what_(std::move(what)) {}

StepProgress::~StepProgress() {
  if (drew_) fmt::print(stderr, "\r\x1b[K");
}

void StepProgress::Tell(std::size_t done, std::size_t of, const std::string& at) {
  Duration now = clock_.Mono();
  bool is_due = drew_ || now - told_ >= kTellEvery;
  if (!is_due) return;
  std::string line = fmt::format("{}: {} of {}, {}", what_, done, of, at);
  if (draws_) {
    fmt::print(stderr, "\r\x1b[K{}", line);
    std::fflush(stderr);
    drew_ = true;
  } else {
    Say(line);
    told_ = now;
  }
}

}  // namespace mayfly::cli
