// sample: generated bars, for demonstrations and tests.

#include <fmt/format.h>

#include "base/text.h"
#include "cli/about_run.h"
#include "cli/sample_files.h"

namespace mayfly::cli {
namespace {

struct Flags {
  std::string out;
  bars::SampleOptions options;
  bool gzip = false;
};

Result<int> RunSampleFx(const Flags& flags, const Session& session) {
  std::unique_ptr<Host> host = MakeHost();
  TRY_ASSIGN(bars::SampleSpec spec, bars::MakeSampleSpec(flags.options));
  Duration begun = host->clock().Mono();
  SampleTotals totals;
  {
    StepProgress progress(session, host->clock(), "writing bars");
    auto step = [&](std::size_t done, std::size_t of, std::string_view pair) -> Status {
      progress.Tell(done, of, std::string(pair));
      host->waiter().WaitUntil(host->clock().Mono());  // lets signals in
      if (host->waiter().stop_requests() == 0) return {};
      return Cancelled(fmt::format("stopped after {} of {} files; those are whole", done, of));
    };
    TRY_ASSIGN(totals, WriteSample(host->files(), spec, flags.out, flags.gzip, step));
  }
  Say(fmt::format("{}: {} files, {} bars, {} bytes in {}", flags.out, totals.files,
                  Thousands(totals.rows), Thousands(totals.bytes),
                  HumanDuration(host->clock().Mono() - begun)));
  return 0;
}

}  // namespace

void AddSample(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* sample = app.add_subcommand("sample", "Generated data, for trying things out");
  sample->require_subcommand(1);
  CLI::App* fx = sample->add_subcommand(
      "fx",
      "Bars of up to 28 currency pairs, one CSV per pair: cross-consistent, shut at weekends, some "
      "missing, with bid and ask; the same options give the same bytes");
  bars::SampleOptions& options = flags->options;
  fx->add_option("--out", flags->out, "the folder; files of the same names are replaced")
      ->required();
  fx->add_option("--pairs", options.pairs, "how many pairs, the majors first")
      ->capture_default_str();
  fx->add_option("--from", options.from, "first month, YYYY-MM")->capture_default_str();
  fx->add_option("--to", options.to, "last month, YYYY-MM")->capture_default_str();
  fx->add_option("--every", options.every, "1m, 1h or 4h")->capture_default_str();
  fx->add_option("--seed", options.seed, "another seed, another market")->capture_default_str();
  fx->add_flag("--gzip", flags->gzip, "write .csv.gz: slower, a third of the bytes");
  sample->footer([fx] { return fx->help("mayfly sample"); });  // one page tells it all
  fx->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunSampleFx(*flags, session); };
  });
}

}  // namespace mayfly::cli
