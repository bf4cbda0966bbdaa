// resize: a host that stays gets another type, safely; or advice which one it should be.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/about_run.h"
#include "cli/host_world.h"
#include "cli/resize_text.h"
#include "resize/resizer.h"

namespace mayfly::cli {
namespace {

struct Flags {
  std::string host, type, region, state_dir, database, ledger;
  std::string keep = "7d", patience = "10m", back = "14d";
  bool yes = false, unseen = false, revert = false, advice = false, json = false;
};

struct Times {
  Duration keep{}, patience{}, back{};
};

// All that one call works with.
struct Work {
  const Flags& flags;
  const Session& session;
  Host& here;
  HostWorld& world;
  Times times;
  std::string folder;  // where the journal is
  LedgerName ledger;   // whose sweep removes the snapshots
};

Result<Times> ReadTimes(const Flags& flags) {
  Times times;
  TRY_ASSIGN(times.keep, ParseDuration(flags.keep));
  TRY_ASSIGN(times.patience, ParseDuration(flags.patience));
  TRY_ASSIGN(times.back, ParseDuration(flags.back));
  if (times.patience < seconds(1)) return Invalid("--patience is a second or more");
  return times;
}

// By whose sweep the snapshots are removed. A name that was given is taken at its word; found is it
// where the ledger that other commands would open is called so.
LedgerName FindLedgerName(const Flags& flags) {
  std::string found;
  if (const Result<Place> place = FindLedger(flags.database, flags.state_dir); place.ok()) {
    const Result<std::string> identity = AskForIdentity(*place);
    if (identity.ok()) found = *identity;
    if (!identity.ok()) Say("the ledger cannot be asked: " + identity.error().message());
  }
  if (flags.ledger.empty()) return {found, !found.empty()};
  return {flags.ledger, flags.ledger == found};
}

Result<mayfly::Host> ChooseHost(HostWorld& world, const std::string& name) {
  TRY_ASSIGN(std::vector<mayfly::Host> found, world.cloud().Find(name));
  std::vector<std::string> ended;
  std::erase_if(found, [&](const mayfly::Host& host) {
    const bool is_over =
        host.state == HostState::kTerminated || host.state == HostState::kShuttingDown;
    if (is_over) ended.push_back(host.id);
    return is_over;
  });
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return NotFound(fmt::format("{} was ended ({}), and nothing else in {} is called so", name,
                                Join(ended, ", "), world.region()));
  }
  std::vector<std::string> told;
  for (const mayfly::Host& host : found) {
    told.push_back(fmt::format("{} ({}, {})", host.id, host.type, Name(host.state)));
  }
  return Conflict(fmt::format("{} hosts are called {}: {}; name one by its id", found.size(), name,
                              Join(told, ", ")));
}

// --- The journal --------------------------------------------------------------------------------

std::string JournalPath(const Work& work, const std::string& host) {
  return fmt::format("{}/resize-{}.json", work.folder, host);
}

Status SaveJournal(const Work& work, const resize::Journal& journal) {
  return work.here.files().Write(JournalPath(work, journal.host), ToJson(journal));
}

// From its mark: what another computer has begun.
Result<resize::Journal> ReadMark(const Work& work, const mayfly::Host& host) {
  TRY_ASSIGN(resize::Journal journal, resize::JournalFromMark(host.mark));
  journal.host = host.id;
  journal.name = host.name;
  journal.region = host.region;
  journal.notes.emplace_back(
      "begun on another computer: which services ran before, and since when the host was down, "
      "stands in its journal");
  const Result<HostType> from = work.world.FindType(journal.from);
  const Result<HostType> to = work.world.FindType(journal.to);
  // If nothing was stopped yet, its disks are kept first; those that are kept already are found.
  for (const HostDisk& disk : host.disks) journal.volumes.push_back(disk.id);
  journal.snapshots_expire =
      std::chrono::floor<seconds>(work.here.clock().Wall() + work.times.keep);
  if (from.ok()) journal.from_size = {from->vcpus, from->memory_mib};
  if (to.ok()) journal.to_size = {to->vcpus, to->memory_mib};
  return journal;
}

// Is the host's mark that of a resize which was given up here, and could not be taken off?
bool IsLeftOver(const resize::Journal& ended, const mayfly::Host& host) {
  const Result<resize::Journal> marked = resize::JournalFromMark(host.mark);
  return ended.outcome == resize::Outcome::kAbandoned && marked.ok() &&
         marked->approved == ended.approved && !resize::ShowsAStop(ended, host);
}

// The resize of this host that is open, if there is one.
Result<std::optional<resize::Journal>> FindOpen(const Work& work, const mayfly::Host& host) {
  const std::string path = JournalPath(work, host.id);
  const Result<std::string> text = work.here.files().Read(path);
  if (text.ok()) {
    Result<resize::Journal> journal = resize::JournalFromJson(*text);
    if (!journal.ok()) return journal.error().Within(path);
    if (journal->is_open()) return std::optional<resize::Journal>(std::move(*journal));
    if (IsLeftOver(*journal, host)) return std::optional<resize::Journal>();
  }
  if (host.mark.empty()) return std::optional<resize::Journal>();
  TRY_ASSIGN(resize::Journal journal, ReadMark(work, host));
  return std::optional<resize::Journal>(std::move(journal));
}

// --- Before -------------------------------------------------------------------------------------

ResizePlan MakeResizePlan(const Work& work, const resize::Findings& found) {
  ResizePlan plan{.host = found.host, .to = found.to_name};
  plan.checks = resize::Judge(found);
  plan.is_seen = found.use.has_value();
  plan.ledger = work.ledger;
  plan.patience = work.times.patience;
  plan.snapshots_expire = std::chrono::floor<seconds>(work.here.clock().Wall() + work.times.keep);
  if (found.use) {
    plan.services = resize::ServicesToExpect(*found.use);
    plan.sockets = resize::SocketsToExpect(*found.use);
  }
  if (found.from && found.to) {
    const cost::PriceBook book = work.world.Prices(resize::KeysOf(found.host, found.to_name));
    plan.monthly = resize::PriceMonthly({found.host, *found.from, *found.to, found.use}, book);
  }
  return plan;
}

// `words`: what is asked of the host beside its name.
Status RefuseHere(const Work& work, resize::Where where, const mayfly::Host& host,
                  const std::string& words) {
  const std::string why = RefuseOwnHost(
      where, {work.flags.host, host.id, host.region, host.state, words, work.ledger.name});
  if (why.empty()) return {};
  return Invalid(why);
}

// A command is refused for what it asks, a plan for what it meets.
Status Block(const Work& work, const resize::Findings& found) {
  TRY(RefuseHere(work, found.where, found.host, fmt::format(" {} --yes", found.to_name)));
  return Exhausted(fmt::format("{} cannot be resized as it is; the lines above say what to do",
                               work.flags.host));
}

Status Approve(const Work& work, const ResizePlan& plan) {
  if (work.flags.yes) return {};
  const Terminal& terminal = work.session.terminal;
  if (!terminal.in_is_terminal || !terminal.err_is_terminal) {
    return Denied("nobody is here to approve this; approve it with --yes");
  }
  fmt::print(stderr, "Stop {} and make it a {}? [y/N] ", plan.host.id, plan.to);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "yes") return {};
  return Denied("it was not approved, and nothing was done");
}

resize::Journal BeginJournal(const Work& work, const resize::Findings& found,
                             const ResizePlan& plan) {
  const mayfly::Host& host = found.host;
  resize::Journal journal;
  journal.host = host.id;
  journal.name = host.name;
  journal.region = host.region;
  journal.from = host.type;
  journal.to = plan.to;
  if (found.from) journal.from_size = {found.from->vcpus, found.from->memory_mib};
  journal.to_size = {found.to->vcpus, found.to->memory_mib};
  journal.approved = std::chrono::floor<seconds>(work.here.clock().Wall());
  journal.address = host.public_ip;
  journal.keeps_address = host.keeps_address;
  journal.was_seen = plan.is_seen;
  journal.services = plan.services;
  journal.sockets = plan.sockets;
  journal.snapshots_expire = plan.snapshots_expire;
  for (const HostDisk& disk : host.disks) journal.volumes.push_back(disk.id);
  return journal;
}

// --- Carrying it out ----------------------------------------------------------------------------

int ExitOf(const resize::Journal& journal) {
  using enum resize::Outcome;
  if (!journal.outcome) return ExitCode(ErrorKind::kCancelled);
  switch (*journal.outcome) {
    case kDone:
      return 0;
    case kReverted:
      return journal.revert_asked ? 0 : ExitCode(journal.reason_kind);
    case kAbandoned:
      return ExitCode(journal.reason_kind);
    case kStuck:
      return ExitCode(ErrorKind::kUnavailable);
    case kElsewhere:
      return ExitCode(ErrorKind::kConflict);
  }
  return 0;
}

// Steps until it is over. Ctrl-C before the host is stopped leaves it as it is; after that it goes
// on, and a second one leaves it to the same command later.
Status Drive(const Work& work, resize::Resizer& resizer) {
  int heard = 0;
  while (!resizer.is_over()) {
    const int stops = work.here.waiter().stop_requests();
    if (stops > 1) return Cancelled("left as it is; the same command goes on with it");
    if (stops > heard) {
      heard = stops;
      TRY_ASSIGN(const bool is_left, resizer.Abandon("Ctrl-C"));
      if (is_left) continue;
      Say("the host is on its way: going on to one of its ends; Ctrl-C again leaves it so");
    }
    TRY_ASSIGN(const Duration next, resizer.Step());
    if (!resizer.is_over()) work.here.waiter().WaitUntil(next);
  }
  return {};
}

Result<int> CarryOut(const Work& work, resize::Journal journal, const ResizePlan* plan) {
  const resize::Bounds bounds{.patience = work.times.patience};
  const auto save = [&work](const resize::Journal& now) { return SaveJournal(work, now); };
  resize::Resizer resizer({work.world.cloud(), work.here.clock(), save, Say}, std::move(journal),
                          bounds);
  TRY(SaveJournal(work, resizer.journal()));
  TRY(Drive(work, resizer));
  if (work.flags.json) {
    nlohmann::ordered_json json = JsonOfResizeEnd(resizer.journal());
    if (plan != nullptr) json["plan"] = JsonOfResizePlan(*plan);
    Print(DumpJson(json));
  } else {
    Print(RenderResizeEnd(resizer.journal(), PaintForOutput(work.session)));
  }
  return ExitOf(resizer.journal());
}

Result<int> GoOn(const Work& work, const mayfly::Host& host, resize::Journal journal) {
  TRY(RefuseHere(work, work.world.WhereIs(host), host, work.flags.revert ? " --revert" : ""));
  if (!work.flags.type.empty() && work.flags.type != journal.to) {
    return Conflict(fmt::format(
        "{} is on its way from {} to {} since {}; finish that first: mayfly resize {}, or with "
        "--revert back to {}",
        host.id, journal.from, journal.to, FormatInstant(journal.approved), host.id, journal.from));
  }
  if (work.flags.revert) journal.revert_asked = true;
  if (work.flags.revert && journal.direction == resize::Direction::kForward) {
    journal.direction = resize::Direction::kBack;
    journal.start_asked = false;
    journal.reason = "--revert was said";
  }
  Say(fmt::format("going on with {} from {} to {}, {}", host.id, journal.from, journal.to,
                  Name(journal.direction)));
  return CarryOut(work, std::move(journal), nullptr);
}

Result<int> Begin(const Work& work, const mayfly::Host& host) {
  if (work.flags.type.empty()) {
    return Invalid("no resize of this host is open; name the type that it shall have, or --advice");
  }
  if (work.flags.revert) return NotFound("no resize of " + host.id + " is open: nothing to revert");
  resize::Findings found = work.world.Survey(host, work.flags.type);
  found.may_be_unseen = work.flags.unseen;
  const ResizePlan plan = MakeResizePlan(work, found);
  if (!work.flags.json) Print(RenderResizePlan(plan, PaintForOutput(work.session)));
  const bool is_blocked = AnyBlocks(plan.checks);
  const Status approved = is_blocked ? Block(work, found) : Approve(work, plan);
  if (work.flags.json && !approved.ok()) {
    Print(DumpJson({{"outcome", nullptr}, {"plan", JsonOfResizePlan(plan)}}));
  }
  TRY(approved);
  return CarryOut(work, BeginJournal(work, found, plan), &plan);
}

Result<int> PrintAdvice(const Work& work, const mayfly::Host& host) {
  TRY_ASSIGN(const resize::AdviceQuestion question, work.world.Observe(host, work.times.back));
  std::vector<PriceKey> keys = resize::KeysOf(host, host.type);
  for (const HostType& type : question.types) {
    const std::vector<PriceKey> more = resize::KeysOf(host, type.name);
    keys.push_back(more.at(1));
  }
  const resize::Advice advice = resize::Advise(question, work.world.Prices(keys));
  Print(work.flags.json ? DumpJson(JsonOfAdvice(advice, host))
                        : RenderAdvice(advice, host, PaintForOutput(work.session)));
  return advice.needed_mib > 0 ? 0 : ExitCode(ErrorKind::kUnavailable);
}

Result<int> RunResizeCommand(const Flags& flags, const Session& session) {
  TRY_ASSIGN(const Times times, ReadTimes(flags));
  std::unique_ptr<Host> here = MakeHost();
  const LedgerName ledger = flags.advice ? LedgerName{} : FindLedgerName(flags);
  HostWorldSettings settings{.region = flags.region, .ledger = ledger.name};
  settings.patience = std::min<Duration>(times.patience, minutes(2));
  TRY_ASSIGN(std::unique_ptr<HostWorld> world, OpenHostWorld(*here, settings));
  const std::string folder = flags.state_dir.empty() ? ".mayfly" : flags.state_dir;
  const Work work{flags,  session, *here,
                  *world, times,   std::filesystem::absolute(folder).lexically_normal().string(),
                  ledger};
  TRY_ASSIGN(const mayfly::Host host, ChooseHost(*world, flags.host));
  if (flags.advice) return PrintAdvice(work, host);
  TRY_ASSIGN(std::optional<resize::Journal> open, FindOpen(work, host));
  if (open) return GoOn(work, host, std::move(*open));
  return Begin(work, host);
}

}  // namespace

void AddResize(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "resize",
      "Give a host that stays another type: looks, plans, keeps its disks, goes back if "
      "anything fails");
  command->add_option("HOST", flags->host, "an EC2 instance: its id, or its tag Name")->required();
  command->add_option("TYPE", flags->type,
                      "the type that it shall have; left out where one is under way");
  command->add_flag("--yes", flags->yes, "approve the plan as it is");
  command->add_flag("--advice", flags->advice,
                    "recommend a type from what was seen of the host, and do nothing");
  command->add_flag("--revert", flags->revert, "go back with a resize that is under way");
  command->add_flag("--unseen", flags->unseen,
                    "go on although nobody can look into the host: that it fits is your word");
  command->add_option("--keep", flags->keep, "how long the snapshots are kept")
      ->capture_default_str();
  command
      ->add_option("--patience", flags->patience,
                   "the longest that stop, start, checks or services may take")
      ->capture_default_str();
  command->add_option("--back", flags->back, "with --advice: how far to look back")
      ->capture_default_str();
  command->add_option("--region", flags->region, "where the host is (default: the AWS settings')");
  command->add_option("--ledger", flags->ledger,
                      "the ledger whose sweep removes the snapshots when they have expired "
                      "(default: the one that other commands would open, if it can be asked)");
  command->add_option("--database", flags->database, "that ledger's database");
  command->add_option("--state", flags->state_dir, "where the journal is kept (default: .mayfly)");
  command->add_flag("--json", flags->json, "for programs");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunResizeCommand(*flags, session); };
  });
}

}  // namespace mayfly::cli
