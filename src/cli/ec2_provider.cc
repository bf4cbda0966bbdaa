// A phase's machines on EC2: client, places, pools, prices and the bundle, put together.

#include <fmt/format.h>

#include <filesystem>

#include "adapters/aws/provider/ec2_disks.h"
#include "adapters/aws/provider/ec2_machines.h"
#include "adapters/aws/provider/ec2_marketplace.h"
#include "adapters/aws/provider/ec2_prices.h"
#include "adapters/aws/provider/places.h"
#include "adapters/aws/provider/rds_floors.h"
#include "adapters/aws/s3.h"
#include "adapters/bundle/bundle.h"
#include "cli/aws_client.h"
#include "cli/open_provider.h"
#include "model/carried.h"

namespace mayfly::cli {
namespace {

constexpr std::string_view kBundlePrefix = "mayfly/";  // of our objects in the bucket

std::vector<std::string> AllTypes(const Ec2Spec& spec) {
  std::vector<std::string> types = spec.types;
  types.insert(types.end(), spec.smaller.begin(), spec.smaller.end());
  return types;
}

aws::PhaseNames NamesOf(const PhaseSpec& spec, const std::string& ledger) {
  return {.ledger = ledger, .phase = spec.name, .owner = FromProcess("USER").value_or("mayfly")};
}

void AddKeepers(Provider& provider, AwsClient& client, const PhaseSpec& spec,
                const std::string& ledger) {
  if (spec.machines.ec2->snapshot) {
    aws::PhaseNames names = NamesOf(spec, ledger);
    names.own.assign(spec.machines.ec2->tags.begin(), spec.machines.ec2->tags.end());
    provider.disks = std::make_unique<aws::Ec2Disks>(client.caller(), std::move(names));
  }
  if (spec.database.capacity) {
    provider.floors = std::make_unique<aws::RdsFloors>(client.caller(), ledger);
  }
}

// How late this cloud shows what there is: Amazon's, unless one that stands in for it says that it
// is quicker (mayfly ec2sim does).
Result<Duration> FindShownWithin() {
  constexpr const char* kVariable = "MAYFLY_SHOWN_WITHIN";
  const std::optional<std::string> said = FromProcess(kVariable);
  if (!said) return aws::Ec2Options{}.shown_within;
  Result<Duration> parsed = ParseDuration(*said);
  return parsed.ok() ? parsed : parsed.error().Within(kVariable);
}

Result<bundle::Bundle> PackFor(const ProviderRequest& request) {
  if (request.phase_folder.empty()) return bundle::Bundle{};
  TRY_ASSIGN(const std::vector<NeededFolder> folders,
             ListNeededFolders(request.spec, request.phase_folder));
  return bundle::MakeBundle({.phase_folder = request.phase_folder,
                             .folders = folders,
                             .out = request.place.state_dir + "/bundles"});
}

// The same bytes again cost one question; other bytes under their name cannot be.
Status Upload(AwsClient& client, Host& host, const bundle::Bundle& packed,
              const aws::BundleObject& object) {
  const aws::ObjectName name{object.bucket, object.key};
  const Result<aws::ObjectInfo> there = aws::HeadObject(client.caller(), name);
  if (there.ok() && there->sha256 == packed.sha256) return {};
  TRY_ASSIGN(const std::string bytes, host.files().Read(packed.path));
  Say(fmt::format("bundle {}: {} MB to {}", packed.sha256.substr(0, 12), bytes.size() / 1'000'000,
                  object.bucket));
  return aws::PutIfAbsent(client.caller(), name, bytes);
}

}  // namespace

Result<Provider> OpenEc2(const ProviderRequest& request) {
  const Ec2Spec& spec = *request.spec.machines.ec2;
  TRY_ASSIGN(std::unique_ptr<AwsClient> opened, AwsClient::Open(request.host, spec.region));
  std::shared_ptr<AwsClient> client = std::move(opened);
  TRY_ASSIGN(const std::string ledger, request.ledger.Identity());
  TRY_ASSIGN(aws::Ec2Places places, aws::FindPlaces(client->caller(), spec, ProgramArchitecture()));
  TRY_ASSIGN(const bundle::Bundle packed, PackFor(request));
  const aws::BundleObject object{
      spec.bucket, fmt::format("{}mayfly-{}.tar.gz", kBundlePrefix, packed.sha256), packed.sha256};
  Provider provider;
  provider.keeps = client;
  provider.market = std::make_unique<aws::Ec2Marketplace>(client->caller(), spec, places);
  provider.prices = std::make_unique<aws::Ec2Prices>(client->caller(), AllTypes(spec));
  TRY_ASSIGN(provider.pools, provider.market->ListPools());
  TRY_ASSIGN(const Duration shown_within, FindShownWithin());
  provider.machines =
      std::make_unique<aws::Ec2Machines>(client->caller(), request.host.waiter(),
                                         aws::Ec2Options{.spec = spec,
                                                         .places = std::move(places),
                                                         .bundle = object,
                                                         .names = NamesOf(request.spec, ledger),
                                                         .shown_within = shown_within});
  AddKeepers(provider, *client, request.spec, ledger);
  provider.bundle = packed.sha256;
  provider.make_ready = [client, &host = request.host, packed, object] {
    return Upload(*client, host, packed, object);
  };
  return provider;
}

}  // namespace mayfly::cli
