#include "adapters/aws/provider/last_end.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "adapters/aws/scheduler.h"
#include "adapters/aws/sts.h"

namespace mayfly::aws {
namespace {

constexpr Duration kTryAgain = seconds(30);

// "aws", "aws-cn", …: the second word of any ARN.
std::string PartitionOf(const std::string& arn) {
  const std::size_t begin = arn.find(':') + 1;
  return arn.substr(begin, arn.find(':', begin) - begin);
}

// A scheduler that does not answer keeps its caller for as long as a call may take: once a while is
// enough, however many machines there are.
bool IsAway(const Error& error) {
  return error.kind() == ErrorKind::kUnavailable || error.kind() == ErrorKind::kAmbiguous;
}

}  // namespace

LastEnds::LastEnds(Caller& caller, std::string ledger, std::string role)
    : caller_(caller), ledger_(std::move(ledger)), role_(std::move(role)) {}

void LastEnds::Arm(const MachineName& machine, const std::string& instance, Instant ends_at) {
  if (role_.empty()) return;
  Known& known = known_[instance];
  const Duration now = caller_.clock().Mono();
  // One that outlives all of its ends has a controller here that ends it.
  const bool is_past = ends_at + kLastEndAfter <= caller_.clock().Wall();
  if (known.is_armed || is_past || now < std::max(known.next_try, answers_from_)) return;
  const Status made = Make(machine, instance, ends_at);
  known.is_armed = made.ok();
  if (made.ok()) return;
  known.next_try = caller_.clock().Mono() + kTryAgain;
  if (IsAway(made.error())) answers_from_ = known.next_try;
  trouble_ = made.error().Within(fmt::format(
      "machine {} has no end by AWS's scheduler yet; its other ends hold", machine.machine.value));
}

// A lost answer and another controller's schedule look the same: there is one of this name. Then it
// is told what to do, whatever it meant to.
Status LastEnds::Make(const MachineName& machine, const std::string& instance, Instant ends_at) {
  Schedule schedule;
  TRY_ASSIGN(schedule.name, ScheduleName(ledger_, machine));
  TRY_ASSIGN(schedule.role_arn, RoleArn());
  schedule.at = std::chrono::ceil<seconds>(ends_at + kLastEndAfter);
  schedule.target_arn = fmt::format("arn:{}:scheduler:::aws-sdk:ec2:terminateInstances",
                                    PartitionOf(schedule.role_arn));
  schedule.input = nlohmann::json{{"InstanceIds", {instance}}}.dump();
  schedule.client_token = Sha256Hex(
      fmt::format("{}\n{}\n{}", schedule.name, schedule.input, FormatInstant(schedule.at)));
  const Status made = CreateSchedule(caller_, schedule);
  const bool may_be_there = !made.ok() && (made.error().kind() == ErrorKind::kConflict ||
                                           made.error().kind() == ErrorKind::kAmbiguous);
  return may_be_there ? UpdateSchedule(caller_, schedule) : made;
}

Result<std::string> LastEnds::RoleArn() {
  if (role_.starts_with("arn:")) return role_;
  TRY_ASSIGN(const Identity identity, GetCallerIdentity(caller_));
  role_ = fmt::format("arn:{}:iam::{}:role/{}", PartitionOf(identity.arn), identity.account, role_);
  return role_;
}

Status LastEnds::Disarm(MachineId machine) {
  if (role_.empty()) return {};
  TRY_ASSIGN(const std::vector<ListedSchedule> there,
             ListSchedules(caller_, SchedulePrefix(ledger_)));
  const std::string end = fmt::format("-machine-{}", machine.value);
  for (const ListedSchedule& one : there) {
    if (one.name.ends_with(end)) TRY(Remove(one.name));
  }
  return {};
}

Status LastEnds::Remove(const std::string& name) {
  const Status deleted = DeleteSchedule(caller_, name);
  const bool is_gone = deleted.ok() || deleted.error().kind() == ErrorKind::kNotFound;
  return is_gone ? Status() : deleted;
}

Result<std::vector<std::string>> LastEnds::List(RunId run) {
  if (role_.empty()) return std::vector<std::string>();
  TRY_ASSIGN(const std::vector<ListedSchedule> there,
             ListSchedules(caller_, SchedulePrefix(ledger_, run)));
  std::vector<std::string> names;
  for (const ListedSchedule& one : there) names.push_back(one.name);
  return names;
}

std::optional<Error> LastEnds::TakeTrouble() {
  std::optional<Error> trouble = std::exchange(trouble_, std::nullopt);
  if (!trouble || trouble->message() == told_) return std::nullopt;
  told_ = trouble->message();
  return trouble;
}

}  // namespace mayfly::aws
