#include "cli/resize_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/check_provider.h"

namespace mayfly::cli {
namespace {

using Json = nlohmann::ordered_json;

// Where a rented machine's first script (adapters/aws/provider/birth.sh) puts the program.
constexpr std::string_view kProgramFolder = "/opt/mayfly/bin";
constexpr std::string_view kLongest = "8h";  // the first snapshot of a large disk takes long

std::string Amount(const std::optional<Money>& money) {
  return money ? FormatMoney(*money) : "not known";
}

Json JsonAmount(const std::optional<Money>& money) {
  return money ? Json(FormatMoney(*money)) : Json(nullptr);
}

std::string Day(Instant at) { return FormatInstant(at).substr(0, 10); }

std::string MonthlyTable(const resize::Monthly& monthly, const Paint& paint) {
  using enum Table::Align;
  Table table({{"a month"}, {"before", kRight}, {"after", kRight}});
  for (const resize::MonthlyLine& line : monthly.lines) {
    table.Add({{line.what}, {Amount(line.before)}, {Amount(line.after)}});
  }
  table.Add({{"together", Tone::kStrong},
             {FormatMoney(monthly.before), Tone::kStrong},
             {FormatMoney(monthly.after), Tone::kStrong}});
  if (monthly.credits_before || monthly.credits_after) {
    table.Add({{"CPU credits beyond the baseline, at most"},
               {monthly.credits_before ? FormatMoney(*monthly.credits_before) : "-"},
               {monthly.credits_after ? FormatMoney(*monthly.credits_after) : "-"}});
  }
  std::string text = "\n" + table.Render(paint, 0);
  text += fmt::format("prices: {}\n", Join(monthly.origins, "; "));
  if (!monthly.credits_after) return text;
  return text +
         "credits: T3 machines are unlimited unless told otherwise; what they use beyond the "
         "baseline is billed, up to that line\n";
}

std::string WhoRemoves(const LedgerName& ledger) {
  if (ledger.is_found) return "a sweep of this ledger removes them then";
  if (ledger.name.empty()) return "no ledger is named, so remove them yourself then";
  return fmt::format(
      "tagged for the ledger {}, which was not found here: that its sweep removes them then is "
      "your "
      "word",
      ledger.name);
}

std::string SnapshotStep(const ResizePlan& plan) {
  std::string price;
  if (plan.monthly && plan.monthly->snapshots_at_most) {
    price = fmt::format("; a month {} at most", FormatMoney(*plan.monthly->snapshots_at_most));
    if (plan.monthly->snapshots_expected) {
      price +=
          fmt::format(", {} by what is in use", FormatMoney(*plan.monthly->snapshots_expected));
    }
  }
  return fmt::format("snapshots of {} {}, completed before anything stops; kept until {} ({}){}",
                     plan.host.disks.size(), plan.host.disks.size() == 1 ? "disk" : "disks",
                     Day(plan.snapshots_expire), WhoRemoves(plan.ledger), price);
}

std::string LookStep(const ResizePlan& plan) {
  if (!plan.is_seen) return "nobody looks inside: what should run is not known";
  return fmt::format(
      "look inside: processors, memory, {} services and {} listening sockets as before",
      plan.services.size(), plan.sockets.size());
}

std::string AddressLine(const ResizePlan& plan) {
  const mayfly::Host& host = plan.host;
  if (host.public_ip.empty()) return "no public one, and the private one stays";
  if (host.keeps_address) return fmt::format("{} stays: it is an Elastic IP", host.public_ip);
  return fmt::format("{} goes, and another one comes: it is no Elastic IP. The private one stays",
                     host.public_ip);
}

std::string Steps(const ResizePlan& plan) {
  std::string text = "\nsteps\n";
  const std::vector<std::string> steps{SnapshotStep(plan),
                                       "stop, not by force: services are down from here on",
                                       fmt::format("{} becomes {}", plan.host.type, plan.to),
                                       "start, and EC2's own checks", LookStep(plan)};
  for (std::size_t i = 0; i < steps.size(); ++i) text += fmt::format("  {}. {}\n", i + 1, steps[i]);
  text += fmt::format("  If one of 2 to 5 fails or takes more than {}: {} again, and start.\n",
                      HumanDuration(plan.patience), plan.host.type);
  text += "downtime: from 2 to 5, usually 2 to 4 minutes; as much again if it goes back\n";
  return text + fmt::format("address: {}\n", AddressLine(plan));
}

std::string Summary(const ResizePlan& plan) {
  const auto blocking = std::ranges::count_if(plan.checks, Blocks);
  if (blocking == 0) return "";
  return fmt::format("\n{} of {} {} in the way: nothing is done\n", blocking, plan.checks.size(),
                     blocking == 1 ? "stands" : "stand");
}

std::string Sentence(const resize::Journal& journal) {
  const std::string name = journal.name.empty() ? journal.host : journal.name;
  using enum resize::Outcome;
  if (!journal.outcome) return fmt::format("{} is being resized", name);
  switch (*journal.outcome) {
    case kDone:
      return fmt::format("{} is a {} now", name, journal.to);
    case kReverted:
      return fmt::format("{} is a {} again: {}", name, journal.from, journal.reason);
    case kAbandoned:
      return fmt::format("{} was not stopped and stays a {}: {}", name, journal.from,
                         journal.reason);
    case kStuck:
      return fmt::format("{} is stuck between {} and {}", name, journal.from, journal.to);
    case kElsewhere:
      return fmt::format("{} was finished from another computer; look, and give the command anew",
                         name);
  }
  return {};
}

Tone ToneOf(const resize::Journal& journal) {
  if (journal.outcome == resize::Outcome::kDone) return Tone::kGood;
  return journal.outcome == resize::Outcome::kStuck ? Tone::kBad : Tone::kWarn;
}

std::optional<Duration> DownFor(const resize::Journal& journal) {
  if (!journal.down_since || !journal.up_at) return std::nullopt;
  return *journal.up_at - *journal.down_since;
}

}  // namespace

std::string RefuseOwnHost(resize::Where where, const ResizeElsewhere& asked) {
  // Whoever asks does so on a computer that runs.
  const bool is_other = where == resize::Where::kElsewhere || asked.state == HostState::kStopped;
  if (is_other) return "";
  const std::string rights =
      fmt::format("mayfly iam-policy resizer --host {} --region {}", asked.host, asked.region);
  const std::string command =
      fmt::format("mayfly resize {}{} --region {}{}", asked.host, asked.words, asked.region,
                  asked.ledger.empty() ? "" : " --ledger " + asked.ledger);
  return fmt::format(
      R"({0} is this computer, as far as can be told, and nobody here could start it again.
On any other one, by whoever has the rights that the first line prints:
  {1} > resizer.json
  {2}
On a rented machine that is held (its role, mayfly-worker unless you named another, gets these rights for as
long), but not if the ledger's database is on this host: a machine that does not reach its ledger ends itself:
  {1} > resizer.json
  aws iam put-role-policy --role-name mayfly-worker --policy-name mayfly-resizer --policy-document file://resizer.json
  mayfly exec MACHINE --timeout {4} -- {3}/{2}
  aws iam delete-role-policy --role-name mayfly-worker --policy-name mayfly-resizer)",
      asked.name, rights, command, kProgramFolder, kLongest);
}

std::string RenderResizePlan(const ResizePlan& plan, const Paint& paint) {
  std::string text = RenderChecks(plan.checks, paint);
  if (plan.monthly) text += MonthlyTable(*plan.monthly, paint);
  if (AnyBlocks(plan.checks)) return text + Summary(plan);
  return text + Steps(plan);
}

Json JsonOfResizePlan(const ResizePlan& plan) {
  Json json{{"host", plan.host.id},
            {"name", plan.host.name},
            {"from", plan.host.type},
            {"to", plan.to},
            {"ok", !AnyBlocks(plan.checks)},
            {"checks", JsonOfChecks(plan.checks)},
            {"monthly", nullptr},
            {"address", plan.host.public_ip},
            {"address_stays", plan.host.public_ip.empty() || plan.host.keeps_address},
            {"services", plan.services},
            {"sockets", plan.sockets},
            {"snapshots_expire", FormatInstant(plan.snapshots_expire)},
            {"ledger", plan.ledger.name},
            {"ledger_found", plan.ledger.is_found}};
  if (!plan.monthly) return json;
  json["monthly"] = {{"before", FormatMoney(plan.monthly->before)},
                     {"after", FormatMoney(plan.monthly->after)},
                     {"credits_before_at_most", JsonAmount(plan.monthly->credits_before)},
                     {"credits_after_at_most", JsonAmount(plan.monthly->credits_after)},
                     {"snapshots_at_most", JsonAmount(plan.monthly->snapshots_at_most)},
                     {"snapshots_expected", JsonAmount(plan.monthly->snapshots_expected)}};
  return json;
}

std::string RenderResizeEnd(const resize::Journal& journal, const Paint& paint) {
  std::string text = paint(ToneOf(journal), WithoutControls(Sentence(journal))) + "\n";
  if (const auto down = DownFor(journal)) {
    text += fmt::format("down for {}\n", HumanDuration(*down));
  }
  for (const std::string& note : journal.notes)
    text += fmt::format("- {}\n", WithoutControls(note));
  return text;
}

Json JsonOfResizeEnd(const resize::Journal& journal) {
  const std::optional<Duration> down = DownFor(journal);
  Json events = Json::array();
  for (const resize::Event& event : journal.events) {
    events.push_back({{"at", FormatInstant(event.at)}, {"what", event.what}});
  }
  return {{"outcome", journal.outcome ? Json(Name(*journal.outcome)) : Json(nullptr)},
          {"reason", journal.reason},
          {"down_s", down ? Json(Seconds(*down)) : Json(nullptr)},
          {"notes", journal.notes},
          {"events", std::move(events)}};
}

std::string RenderAdvice(const resize::Advice& advice, const mayfly::Host& host,
                         const Paint& paint) {
  std::string text = fmt::format("{}{} is a {}\n", host.id,
                                 host.name.empty() ? "" : " (" + host.name + ")", host.type);
  for (const std::string& one : advice.seen) text += fmt::format("  seen      {}\n", one);
  for (const std::string& one : advice.unseen) text += fmt::format("  not seen  {}\n", one);
  using enum Table::Align;
  Table table({{"type"},
               {"vCPU", kRight},
               {"MiB", kRight},
               {"a month", kRight},
               {"credits", kRight},
               {""}});
  for (const resize::Option& option : advice.options) {
    const bool is_best = option.type.name == advice.recommended;
    std::string word = option.why_not.empty() ? "fits" : option.why_not;
    if (option.is_now) word += ", now";
    table.Add({{option.type.name, is_best ? Tone::kGood : Tone::kPlain},
               {std::to_string(option.type.vcpus)},
               {std::to_string(option.type.memory_mib)},
               {Amount(option.month)},
               {option.credits ? FormatMoney(*option.credits) : ""},
               {word, option.why_not.empty() ? Tone::kPlain : Tone::kFaint}});
  }
  return text + table.Render(paint) + advice.sentence + "\n";
}

Json JsonOfAdvice(const resize::Advice& advice, const mayfly::Host& host) {
  Json json{{"host", host.id},
            {"type", host.type},
            {"recommended", advice.recommended ? Json(*advice.recommended) : Json(nullptr)},
            {"sentence", advice.sentence},
            {"needed_mib", advice.needed_mib},
            {"needed_milli_vcpu", advice.needed_milli_vcpu},
            {"seen", advice.seen},
            {"unseen", advice.unseen},
            {"options", Json::array()}};
  for (const resize::Option& option : advice.options) {
    json["options"].push_back({{"type", option.type.name},
                               {"vcpus", option.type.vcpus},
                               {"memory_mib", option.type.memory_mib},
                               {"month", JsonAmount(option.month)},
                               {"credits", JsonAmount(option.credits)},
                               {"fits", option.why_not.empty()},
                               {"why_not", option.why_not}});
  }
  return json;
}

}  // namespace mayfly::cli
