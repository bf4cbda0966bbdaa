// sweep: looks for what is left in every region in use and on this computer, and removes what is
// proven ours and unneeded.

#include <fmt/format.h>

#include <set>

#include "cli/about_run.h"
#include "cli/ec2_estates.h"
#include "cli/sweep_text.h"
#include "cli/sweep_world.h"
#include "sweep/monthly.h"

namespace mayfly::cli {
namespace {

constexpr const char* kFooter =
    "The exit code is 0 where nothing of ours is left, 8 where something is, and 5 where a\n"
    "region could not be asked. Nothing is touched that lacks this ledger's tags, that is in\n"
    "use, that a run which is not over may need, or that is younger than the window.";

struct Flags {
  LedgerFlags ledger;
  std::vector<std::string> regions;
  std::string window = "60s";
  bool all_regions = false;
  bool reap = false;
  bool reap_unknown = false;
  bool json = false;
};

// A cloud that does not answer: what is there nobody can tell, and nothing is done.
class SilentCloud final : public Estate {
 public:
  explicit SilentCloud(Error why) : why_(std::move(why)) {}
  const std::string& place() const override { return place_; }
  Result<std::vector<Thing>> Look() override { return why_; }
  Status Mark(const Thing&, Instant) override { return why_; }
  Status Unmark(const Thing&) override { return why_; }
  Status Remove(const Thing&) override { return why_; }
  Status Restore(const Thing&) override { return why_; }

 private:
  std::string place_ = "AWS";
  Error why_;
};

// Everywhere that is swept, and what keeps it.
struct Places {
  std::unique_ptr<Estate> local;
  std::unique_ptr<Ec2Estates> cloud;
  std::unique_ptr<Estate> silent;
  std::string not_asked;  // why no cloud is: nothing was ever rented, and nobody is signed in

  std::vector<Estate*> estates() const {
    std::vector<Estate*> list{local.get()};
    if (silent != nullptr) list.push_back(silent.get());
    if (cloud == nullptr) return list;
    for (Estate* one : cloud->estates()) list.push_back(one);
    return list;
  }
};

// A ledger that rents nothing may have something there all the same: the snapshots that `resize`
// leaves to its sweep. It is looked for where somebody is signed in.
Result<std::unique_ptr<Ec2Estates>> OpenIfSignedIn(Host& host, const Ec2EstateQuestion& question) {
  TRY(Ec2Estates::CheckSignedIn(host));
  return Ec2Estates::Open(host, question);
}

void AskIfSignedIn(Host& host, const Ec2EstateQuestion& question, Places& places) {
  Result<std::unique_ptr<Ec2Estates>> cloud = OpenIfSignedIn(host, question);
  if (cloud.ok()) {
    places.cloud = *std::move(cloud);
  } else if (cloud.error().kind() == ErrorKind::kDenied ||
             cloud.error().kind() == ErrorKind::kInvalid) {
    places.not_asked = cloud.error().message();
  } else {
    places.silent = std::make_unique<SilentCloud>(cloud.error());
  }
}

Result<Places> FindPlaces(const Flags& flags, const Session& session, Host& host,
                          const Place& place, RegisterStore& ledger) {
  Places places;
  places.local = MakeLocalEstate(place, session.program, ledger);
  TRY_ASSIGN(const LedgerRegister known, ledger.LoadRegister());
  const bool is_cloudy = known.has_rented || !known.regions.empty() || !known.unread.empty() ||
                         flags.all_regions || !flags.regions.empty();
  Ec2EstateQuestion question{.ledger = known.identity,
                             .regions = known.regions,
                             .buckets = known.buckets,
                             .all_regions = flags.all_regions};
  question.regions.insert(flags.regions.begin(), flags.regions.end());
  if (!is_cloudy) {
    AskIfSignedIn(host, question, places);
    return places;
  }
  TRY_ASSIGN(places.cloud, Ec2Estates::Open(host, question));
  return places;
}

// Prices that AWS lists for what was found. Where it lists none the shipped ones stand in, and
// where there is none either, the price is shown as not known.
void LearnPrices(const sweep::Pass& pass, Places& places, Instant now, cost::PriceBook& book) {
  if (places.cloud == nullptr) return;
  std::set<PriceKey> asked;
  for (const sweep::Finding& one : pass.findings) {
    const std::optional<PriceKey> key = sweep::PriceOf(one.thing);
    const bool is_asked = one.is_left || one.whose == sweep::Whose::kNobodys;
    if (!is_asked || !key || !asked.insert(*key).second) continue;
    if (key->item == Item::kCompute && key->pool.market == Market::kSpot) {
      const auto history = places.cloud->SpotHistory(key->pool, now - hours(1));
      if (history.ok()) (void)book.AddSpotHistory(key->pool, *history);  // nonsense is not used
    } else {
      const auto price = places.cloud->ListPrice(*key);
      if (price.ok()) (void)book.AddListPrice(*key, *price);  // the same
    }
  }
}

Status SweepThrough(sweep::Sweeper& sweeper, Host& host, const Flags& flags) {
  while (true) {
    TRY_ASSIGN(const Duration next, sweeper.Step());
    for (const sweep::Deed& deed : sweeper.last().deeds) Say(Describe(deed));
    if (sweeper.done()) return {};
    Say(fmt::format("look {} is over; the next is in {}", sweeper.passes(), flags.window));
    while (host.clock().Mono() < next) {
      if (host.waiter().stop_requests() > 0) {
        return Cancelled("stopped between two looks; nothing is proved, and every mark stays");
      }
      host.waiter().WaitUntil(next);
    }
  }
}

Result<int> RunSweep(const Flags& flags, const Session& session) {
  TRY_ASSIGN(const Duration window, ParseDuration(flags.window));
  if (window <= Duration{}) return Invalid("--window is a time above zero, such as 60s");
  std::unique_ptr<Host> host = MakeHost();
  TRY_ASSIGN(const Place place, FindLedger(flags.ledger.database, flags.ledger.state_dir));
  TRY_ASSIGN(const std::unique_ptr<Ledger> ledger, OpenLedger(place));
  const std::unique_ptr<RegisterStore> registers = MakeRegisterStore(*ledger);
  TRY_ASSIGN(Places places, FindPlaces(flags, session, *host, place, *registers));
  sweep::Sweeper sweeper(places.estates(), *registers, host->clock(),
                         {.window = window,
                          .is_reaping = flags.reap || flags.reap_unknown,
                          .reaps_unknown = flags.reap_unknown});
  TRY(SweepThrough(sweeper, *host, flags));
  const Instant now = host->clock().Wall();
  cost::PriceBook prices(now);
  LearnPrices(sweeper.last(), places, now, prices);
  const SweepReport report{
      .last = sweeper.last(),
      .is_proved = sweeper.is_proved(),
      .passes = sweeper.passes(),
      .window = window,
      .not_asked = places.not_asked,
      .by_tag = places.cloud ? places.cloud->by_tag() : std::vector<std::string>{},
      .prices = prices};
  Print(flags.json ? SweepToJson(report) : RenderSweep(report, PaintForOutput(session)));
  return ExitCodeOf(report);
}

}  // namespace

void AddSweep(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "sweep",
      "Look for what is left and bills, in every region in use; --reap removes what is ours");
  command->footer(kFooter);
  command->add_flag("--reap", flags->reap,
                    "mark what is ours and unneeded, and remove it in a later look if it still is");
  command->add_flag("--reap-unknown", flags->reap_unknown,
                    "--reap, and also what carries this ledger's tags and is of a machine or run "
                    "that it does not know: only where no copy of this ledger is in use");
  command
      ->add_option("--window", flags->window,
                   "between two looks, and how young a thing or a mark is left alone: as long as "
                   "a cloud may take to show what it did")
      ->capture_default_str();
  command->add_option("--region", flags->regions,
                      "look through this region too, whatever the ledger says");
  command->add_flag(
      "--all-regions", flags->all_regions,
      "look through every region of the account, instead of asking for our tag there");
  AddLedgerFlags(*command, flags->ledger);
  command->add_flag("--json", flags->json, "for programs");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunSweep(*flags, session); };
  });
}

}  // namespace mayfly::cli
