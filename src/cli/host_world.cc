#include "cli/host_world.h"

#include <algorithm>

#include "adapters/aws/ec2_hosts.h"
#include "adapters/aws/host/ec2_host_cloud.h"
#include "adapters/aws/host/host_survey.h"
#include "adapters/aws/host/own_instance.h"
#include "adapters/aws/provider/ec2_prices.h"
#include "cli/aws_client.h"
#include "resize/monthly.h"
#include "resize/resizer.h"

namespace mayfly::cli {
namespace {

class Ec2HostWorld final : public HostWorld {
 public:
  Ec2HostWorld(Host& host, std::unique_ptr<AwsClient> client, const HostWorldSettings& settings)
      : host_(host),
        client_(std::move(client)),
        patience_(settings.patience),
        cloud_(client_->caller(), host.waiter(), settings.ledger),
        imds_http_(http::CurlOptions{}),
        imds_(FromProcess, imds_http_, host.clock()) {}

  HostCloud& cloud() override { return cloud_; }
  const std::string& region() const override { return client_->region(); }

  resize::Where WhereIs(const mayfly::Host& host) override {
    const Result<std::set<std::string>> own = aws::OwnInstanceIds(imds_, host_.files());
    if (!own.ok()) return resize::Where::kCannotTell;
    return own->contains(host.id) ? resize::Where::kHere : resize::Where::kElsewhere;
  }

  resize::Findings Survey(const mayfly::Host& host, const std::string& to) override {
    resize::Findings found{.host = host, .where = WhereIs(host), .to_name = to};
    TakeTypes(host, to, found);
    const Result<bool> is_offered = aws::IsOfferedIn(caller(), to, host.zone);
    if (is_offered.ok()) found.is_offered = *is_offered;
    const Result<bool> is_protected = aws::IsStopProtected(caller(), host.id);
    if (is_protected.ok()) found.is_stop_protected = *is_protected;
    const Result<aws::VcpuQuota> quota = aws::ReadVcpuQuota(caller(), to, host.type);
    if (quota.ok()) {
      found.quota = {quota->code, quota->limit, quota->used, quota->counts_host};
    } else {
      found.why_no_quota = quota.error().message();
    }
    Result<HostUse> use = LookInside(host);
    if (use.ok()) {
      found.use = std::move(*use);
    } else {
      found.why_no_use = use.error().message();
    }
    return found;
  }

  Result<resize::AdviceQuestion> Observe(const mayfly::Host& host, Duration back) override {
    resize::AdviceQuestion question{.host = host};
    TRY_ASSIGN(question.from, aws::FindHostType(caller(), host.type));
    TRY_ASSIGN(question.types, aws::ListHostTypes(caller(), host));
    resize::Observed& observed = question.observed;
    Result<HostUse> use = LookInside(host);
    if (use.ok()) {
      observed.use = std::move(*use);
    } else {
      observed.unseen.push_back("what runs in it now: " + use.error().message());
    }
    const Result<aws::HostMetrics> metrics = aws::ReadHostMetrics(caller(), host.id, back);
    if (!metrics.ok()) {
      observed.unseen.push_back("CloudWatch: " + metrics.error().message());
      return question;
    }
    observed.seen_for = metrics->seen_for;
    observed.cpu_average = metrics->cpu_average;
    observed.cpu_peak = metrics->cpu_peak;
    observed.credits_least = metrics->credits_least;
    observed.credits_charged = metrics->credits_charged;
    observed.memory_peak = metrics->memory_peak;
    return question;
  }

  cost::PriceBook Prices(const std::vector<PriceKey>& keys) override {
    cost::PriceBook book(host_.clock().Wall());
    aws::Ec2Prices prices(caller(), {});
    for (const PriceKey& key : keys) {
      const Result<PricePoint> point = prices.ListPrice(key);
      // What nobody tells is looked up in the snapshot, which says so; nonsense is left out alike.
      if (point.ok()) (void)book.AddListPrice(key, *point);
    }
    return book;
  }

  Result<HostType> FindType(const std::string& name) override {
    return aws::FindHostType(caller(), name);
  }

 private:
  aws::Caller& caller() { return client_->caller(); }

  Result<HostUse> LookInside(const mayfly::Host& host) {
    if (host.state != HostState::kRunning) return Invalid("it does not run");
    return resize::AskUse(cloud_, host.id, patience_);
  }

  void TakeTypes(const mayfly::Host& host, const std::string& to, resize::Findings& found) {
    const Result<HostType> type = aws::FindHostType(caller(), to);
    if (type.ok()) {
      found.to = *type;
    } else {
      found.why_no_type = type.error().message();
    }
    const Result<HostType> from = aws::FindHostType(caller(), host.type);
    if (from.ok()) found.from = *from;
  }

  Host& host_;
  std::unique_ptr<AwsClient> client_;
  Duration patience_;
  aws::Ec2HostCloud cloud_;
  http::CurlClient imds_http_;
  aws::Imds imds_;
};

}  // namespace

Result<std::unique_ptr<HostWorld>> OpenHostWorld(Host& host, const HostWorldSettings& settings) {
  aws::CallPolicy policy;
  policy.patience = seconds(30);  // each call; what passes in minutes is asked again by who waits
  TRY_ASSIGN(std::unique_ptr<AwsClient> client, AwsClient::Open(host, settings.region, policy));
  return std::unique_ptr<HostWorld>(
      std::make_unique<Ec2HostWorld>(host, std::move(client), settings));
}

}  // namespace mayfly::cli
