#include "cli/check_provider.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/aws/preflight/preflight.h"
#include "adapters/bundle/program_files.h"
#include "cli/aws_client.h"

namespace mayfly::cli {
namespace {

// Empty where the program's own files cannot be read: then nobody can tell.
std::string NeededLibc() {
  const Result<bundle::ProgramFiles> files = bundle::ListProgramFiles();
  return files.ok() ? bundle::Format(files->glibc_needed) : "";
}

Duration UntilDeadline(const PhaseSpec& spec, Instant now) {
  if (const auto* after = std::get_if<Duration>(&spec.deadline)) return *after;
  return std::max(std::get<Instant>(spec.deadline) - now, Duration(0));
}

// Those that a machine carries, with values of their form: policies judge keys and the ledger's.
aws::Tags TagsOf(const PhaseSpec& spec, const std::string& ledger_name, Instant ends) {
  aws::Tags tags(spec.machines.ec2->tags.begin(), spec.machines.ec2->tags.end());
  tags.insert(tags.end(), {{"Name", "mayfly " + spec.name},
                           {"mayfly:ledger", ledger_name},
                           {"mayfly:run", "0"},
                           {"mayfly:machine", "0"},
                           {"mayfly:owner", FromProcess("USER").value_or("mayfly")},
                           {"mayfly:purpose", "preflight"},
                           {"mayfly:phase", spec.name},
                           {"mayfly:deadline", FormatInstant(ends)}});
  return tags;
}

aws::PreflightRequest MakeRequest(const ProviderQuestion& question, Instant now) {
  const PhaseSpec& spec = *question.spec;
  aws::PreflightRequest request;
  request.ec2 = *spec.machines.ec2;
  request.machines = spec.machines.count;
  request.slots = spec.machines.slots;
  request.max_price = spec.machines.max_price;
  request.budget = spec.budget;
  request.expect = spec.expect;
  request.deadline = UntilDeadline(spec, now);
  request.tags = TagsOf(spec, question.ledger_name, now + request.deadline);
  request.architecture = ProgramArchitecture();
  request.needed_libc = NeededLibc();
  request.database.is_embedded = spec.database.url == "embedded" && !question.machines_are_here;
  request.capacity = spec.database.capacity;
  if (question.room.ok()) {
    request.database.room = *question.room;
  } else {
    request.database.why_not = question.room.error().message();
  }
  return request;
}

PreflightCheck NoSettings(const Error& error) {
  return {"identity", Verdict::kFail, error.message(),
          "correct the AWS settings that it names; AWS_REGION or machines.ec2.region is the region",
          ""};
}

}  // namespace

std::vector<PreflightCheck> CheckProvider(Host& host, const ProviderQuestion& question) {
  const PhaseSpec* spec = question.spec;
  aws::CallPolicy policy;
  policy.patience = seconds(20);  // somebody is waiting for the screen
  const Result<std::unique_ptr<AwsClient>> client = AwsClient::Open(
      host, spec != nullptr && spec->machines.ec2 ? spec->machines.ec2->region : "", policy);
  if (!client.ok()) return {NoSettings(client.error())};
  aws::Caller& caller = (*client)->caller();
  if (spec == nullptr) return {aws::CheckIdentity(caller)};
  return aws::Preflight(caller, MakeRequest(question, host.clock().Wall()));
}

}  // namespace mayfly::cli
