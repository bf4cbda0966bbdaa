// iam-policy: least-privilege policies for who plans and for who is rented.

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "adapters/aws/preflight/policy.h"
#include "cli/about_run.h"

namespace mayfly::cli {
namespace {

constexpr const char* kNoBucket = "YOUR-BUCKET";

struct Flags {
  std::string who;
  aws::PolicyScope scope;
  bool json = false;
};

std::string ForPeople(const Paint& paint) {
  Table table({{"permission"}, {"granted to"}, {"why"}});
  for (const aws::Permission& permission : aws::Permissions()) {
    table.Add({{std::string(permission.action)},
               {std::string(Name(permission.who))},
               {std::string(permission.why)}});
  }
  return table.Render(paint);
}

// Everything at once: the table, what calls are called otherwise, both policies and the trust.
std::string ForPrograms(const aws::PolicyScope& scope) {
  nlohmann::ordered_json json;
  json["permissions"] = nlohmann::ordered_json::array();
  for (const aws::Permission& permission : aws::Permissions()) {
    json["permissions"].push_back({{"action", permission.action},
                                   {"granted_to", Name(permission.who)},
                                   {"why", permission.why}});
  }
  json["renamed"] = nlohmann::ordered_json::object();
  for (const aws::RenamedCall& one : aws::RenamedCalls())
    json["renamed"][one.call] = one.permission;
  json["implied"] = aws::ImpliedPermissions();
  json["controller"] = MakePolicy(aws::Grantee::kController, scope);
  json["worker"] = MakePolicy(aws::Grantee::kWorker, scope);
  json["resizer"] = MakePolicy(aws::Grantee::kResizer, scope);
  json["scheduler"] = MakePolicy(aws::Grantee::kScheduler, scope);
  json["trust"] = aws::MakeTrust();
  json["scheduler_trust"] = aws::MakeSchedulerTrust(scope);
  return DumpJson(json);
}

nlohmann::ordered_json DocumentOf(const std::string& who, const aws::PolicyScope& scope) {
  if (who == "trust") return aws::MakeTrust();
  if (who == "scheduler-trust") return aws::MakeSchedulerTrust(scope);
  if (who == "scheduler") return MakePolicy(aws::Grantee::kScheduler, scope);
  if (who == "resizer") return MakePolicy(aws::Grantee::kResizer, scope);
  return MakePolicy(who == "worker" ? aws::Grantee::kWorker : aws::Grantee::kController, scope);
}

Result<int> RunIamPolicy(const Flags& flags, const Session& session) {
  aws::PolicyScope scope = flags.scope;
  if (scope.bucket.empty()) scope.bucket = kNoBucket;
  const bool names_bucket = flags.json || flags.who == "controller" || flags.who == "worker";
  const bool is_open = flags.scope.bucket.empty() && names_bucket;
  if (is_open) Say(fmt::format("mayfly: put your bucket for {}, or give --bucket", kNoBucket));
  if (flags.who.empty()) {
    Print(flags.json ? ForPrograms(scope) : ForPeople(PaintForOutput(session)));
  } else {
    Print(DumpJson(DocumentOf(flags.who, scope)));
  }
  return 0;
}

}  // namespace

void AddIamPolicy(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "iam-policy", "Least-privilege policies of AWS for who plans and for the machines");
  command
      ->add_option("WHO", flags->who,
                   "whose policy: controller, worker, resizer, scheduler; or trust, that of the "
                   "machines' role, and scheduler-trust, that of the scheduler's (default: every "
                   "permission, and why)")
      ->check(CLI::IsMember(
          {"controller", "worker", "resizer", "scheduler", "trust", "scheduler-trust"}));
  command->add_option("--bucket", flags->scope.bucket, "that machines fetch their program from");
  command->add_option("--region", flags->scope.region, "this region only");
  command->add_option("--account", flags->scope.account, "this account only, twelve digits");
  command->add_option("--ledger", flags->scope.ledger,
                      "machines of this ledger only, by its name in their tags");
  command->add_option("--cluster", flags->scope.cluster,
                      "the database cluster whose floor a phase raises");
  command->add_option("--role", flags->scope.worker_role, "the machines' role")
      ->capture_default_str();
  command->add_option("--host", flags->scope.host, "of resizer: this host only, by its id (i-…)");
  command->add_option("--scheduler-role", flags->scope.end_role, "the scheduler's role")
      ->capture_default_str();
  command->add_flag("--json", flags->json, "for programs: permissions and policies together");
  command->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunIamPolicy(*flags, session); };
  });
}

}  // namespace mayfly::cli
