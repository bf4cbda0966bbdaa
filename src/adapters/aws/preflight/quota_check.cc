// How much of each market the account may have, how much it has, and what fits now.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "adapters/aws/ec2_instances.h"
#include "adapters/aws/ec2_things.h"
#include "adapters/aws/preflight/survey.h"
#include "adapters/aws/quotas.h"
#include "base/text.h"

namespace mayfly::aws {
namespace {

// Families that share a quota, by the letters before their generation: "c7i" is of "c".
struct QuotaClass {
  std::string_view name;
  std::string_view spot, on_demand;  // quota codes
};
constexpr QuotaClass kStandard{"Standard", kSpotStandardQuota, kOnDemandStandardQuota};
constexpr QuotaClass kGraphics{"G and VT", "L-3819A6DF", "L-DB2E81BA"};
constexpr QuotaClass kP{"P", "L-7212CCBC", "L-417A185B"};

struct FamilyRow {
  std::string_view letters;
  const QuotaClass* quota;
};
constexpr auto kFamilies = std::to_array<FamilyRow>({{"a", &kStandard},
                                                     {"c", &kStandard},
                                                     {"d", &kStandard},
                                                     {"h", &kStandard},
                                                     {"i", &kStandard},
                                                     {"im", &kStandard},
                                                     {"is", &kStandard},
                                                     {"m", &kStandard},
                                                     {"r", &kStandard},
                                                     {"t", &kStandard},
                                                     {"z", &kStandard},
                                                     {"g", &kGraphics},
                                                     {"gr", &kGraphics},
                                                     {"vt", &kGraphics},
                                                     {"p", &kP}});

// nullptr: a family whose quota is not known here.
const QuotaClass* ClassOf(std::string_view type) {
  const std::string_view letters = type.substr(0, type.find_first_of("0123456789.-"));
  for (const FamilyRow& row : kFamilies) {
    if (row.letters == letters) return row.quota;
  }
  return nullptr;
}

// One quota, and the phase's types that count against it.
struct Question {
  Market market = Market::kSpot;
  const QuotaClass* quota = nullptr;
  std::vector<InstanceType> types;
  std::string code() const {
    return std::string(market == Market::kSpot ? quota->spot : quota->on_demand);
  }
  std::string what() const {
    const std::string name = fmt::format("quota {}", Name(market));
    return quota == &kStandard ? name : fmt::format("{} of {}", name, quota->name);
  }
};

// --- What is used -------------------------------------------------------------------------------

bool Counts(const Instance& instance, const std::set<std::string>& open_requests) {
  const bool is_there =
      instance.state == InstanceState::kPending || instance.state == InstanceState::kRunning;
  return is_there || (instance.is_spot && open_requests.contains(instance.spot_request_id));
}

// The types, one for each time it counts: of machines that are there, and of Spot requests that are
// open, their machine gone or not there yet.
Result<std::vector<std::string>> ListUsed(Caller& caller, const Question& question) {
  std::set<std::string> open_requests;
  std::vector<std::string> used;
  if (question.market == Market::kSpot) {
    TRY_ASSIGN(const std::vector<SpotRequest> requests,
               DescribeSpotRequests(caller, {{}, {{"state", {"open", "active"}}}}));
    for (const SpotRequest& request : requests) {
      open_requests.insert(request.id);
      const bool is_waiting = request.instance_id.empty() && !request.instance_type.empty();
      if (is_waiting) used.push_back(request.instance_type);
    }
  }
  TRY_ASSIGN(const std::vector<Instance> instances, DescribeInstances(caller, {}));
  for (const Instance& instance : instances) {
    const bool is_of_market = instance.is_spot == (question.market == Market::kSpot);
    if (is_of_market && Counts(instance, open_requests)) used.push_back(instance.type);
  }
  std::erase_if(used, [&](const std::string& type) { return ClassOf(type) != question.quota; });
  return used;
}

Result<std::int64_t> CountUsed(Caller& caller, const Question& question) {
  TRY_ASSIGN(const std::vector<std::string> used, ListUsed(caller, question));
  const std::set<std::string> names(used.begin(), used.end());
  TRY_ASSIGN(const std::vector<InstanceType> types,
             DescribeInstanceTypes(caller, {names.begin(), names.end()}));
  std::map<std::string, std::int64_t> vcpus;
  for (const InstanceType& type : types) vcpus[type.name] = type.vcpus;
  std::int64_t sum = 0;
  for (const std::string& type : used) sum += vcpus[type];
  return sum;
}

// --- What fits ----------------------------------------------------------------------------------

std::string DescribeFit(const InstanceType& type, std::int64_t room, int machines) {
  const std::int64_t count = std::clamp<std::int64_t>(room / type.vcpus, 0, machines);
  if (count >= machines && machines == 1) return type.name + " fits";
  return fmt::format("{} of {} {} fit", count, machines, type.name);
}

// What of the phase's types fits into `room`, the wished ones first; empty: none.
std::string FindFit(const Question& question, const PreflightRequest& request, std::int64_t room) {
  for (bool wished : {true, false}) {
    for (const InstanceType& type : question.types) {
      if (IsWished(request, type.name) != wished || type.vcpus > room) continue;
      const std::string fit = DescribeFit(type, room, request.machines);
      return wished ? fit : fit + ", a smaller type of the phase";
    }
  }
  return {};
}

std::int64_t LeastVcpus(const Question& question) {
  return std::ranges::min(question.types, {}, &InstanceType::vcpus).vcpus;
}

// --- What the user can do -----------------------------------------------------------------------

std::string LinkTo(const Caller& caller, const std::string& code) {
  const std::string& region = caller.endpoints().region();
  return fmt::format("https://{}.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/{}",
                     region, code);
}

// The newest request for more, in words; what a state means is not left to the reader.
std::string DescribeRequest(const QuotaRequest& request, double limit) {
  using enum QuotaRequestState;
  std::string said = fmt::format("a request for {:.0f} is {}", request.desired,
                                 QuotaRequestStateName(request.state));
  switch (request.state) {
    case kPending:
      return said + ": AWS has not looked yet; wait for it";
    case kCaseOpened:
      return said + ": a person at AWS looks at it, which can take days; wait for it";
    case kApproved:
      if (limit >= request.desired) return said + " and in force";
      return said + " but not in force yet: wait until the limit says so";
    case kCaseClosed:
      return fmt::format("{}: decided by hand, and the limit is {:.0f}; ask again if that is all",
                         said, limit);
    case kDenied:
    case kNotApproved:
    case kInvalidRequest:
      return said + ": nothing more comes of it; ask for less, or another way";
  }
  return said;
}

std::string DescribeNewest(Caller& caller, const std::string& code, double limit) {
  Result<std::vector<QuotaRequest>> requests = ListQuotaRequests(caller, "ec2", code);
  if (!requests.ok()) {
    return "whether more was asked for could not be read: " + requests.error().message();
  }
  if (requests->empty()) return "no request for more is open";
  return DescribeRequest(std::ranges::max(*requests, {}, &QuotaRequest::created), limit);
}

std::string NextStep(Caller& caller, const Question& question, double limit) {
  const std::string code = question.code();
  return fmt::format("{}; allow a smaller type, wait, or ask for {} or more at {}",
                     DescribeNewest(caller, code, limit), LeastVcpus(question),
                     LinkTo(caller, code));
}

PreflightCheck CheckQuota(const Survey& survey, const Question& question) {
  Caller& caller = survey.caller;
  const std::string code = question.code();
  Result<Quota> quota = GetServiceQuota(caller, "ec2", code);
  if (!quota.ok()) {
    return FromError(question.what(), quota.error(), "see the limit at " + LinkTo(caller, code));
  }
  Result<std::int64_t> used = CountUsed(caller, question);
  if (!used.ok()) return FromError(question.what(), used.error(), "the same again in a while");
  const std::int64_t room = static_cast<std::int64_t>(quota->value) - *used;
  const std::string figures = fmt::format("{} of {:.0f} vCPU used ({})", *used, quota->value, code);
  const std::string fit = FindFit(question, survey.request, room);
  if (!fit.empty()) return Pass(question.what(), figures + "; now " + fit);
  return Fail(
      question.what(),
      fmt::format("{}; the least that the phase allows is {}", figures, LeastVcpus(question)),
      NextStep(caller, question, quota->value));
}

std::vector<Question> ListQuestions(const Survey& survey, Market market) {
  std::vector<Question> questions;
  for (const InstanceType& type : *survey.types) {
    const QuotaClass* quota = ClassOf(type.name);
    const auto known = std::ranges::find(questions, quota, &Question::quota);
    if (known != questions.end()) {
      known->types.push_back(type);
    } else if (quota != nullptr) {
      questions.push_back({market, quota, {type}});
    }
  }
  return questions;
}

// Where one market or class has room, the others need none.
void ExcuseOthers(std::vector<PreflightCheck>& checks) {
  const auto passing = std::ranges::find(checks, Verdict::kPass, &PreflightCheck::verdict);
  if (passing == checks.end()) return;
  for (PreflightCheck& check : checks) {
    if (check.verdict == Verdict::kFail) check.excuse = passing->what + " has room";
  }
}

}  // namespace

std::vector<PreflightCheck> CheckQuotas(const Survey& survey) {
  std::vector<PreflightCheck> checks;
  for (Market market : MarketsOf(survey.request.ec2.on_demand)) {
    const std::string what = fmt::format("quota {}", Name(market));
    if (!survey.types.ok()) {
      checks.push_back(CannotTell(what, "the types are not known", "mend the line of types"));
      continue;
    }
    const std::vector<Question> questions = ListQuestions(survey, market);
    for (const Question& question : questions) checks.push_back(CheckQuota(survey, question));
    if (questions.empty()) {
      checks.push_back(CannotTell(what, "the quota of these families is not known here",
                                  "name a type of the families A C D H I M R T Z, G or P"));
    }
  }
  ExcuseOthers(checks);
  return checks;
}

}  // namespace mayfly::aws
