#pragma once
// A host that stays, on EC2: found by id or by its tag Name, looked into by SSM.

#include <string>

#include "adapters/aws/caller.h"
#include "adapters/aws/ec2_instances.h"
#include "seams/host_cloud.h"
#include "seams/waiter.h"

namespace mayfly::aws {

inline constexpr std::string_view kResizeTag = "mayfly:resize";  // of a host: it is being resized

// Caller and waiter outlive it.
class Ec2HostCloud final : public HostCloud {
 public:
  // `ledger`: the name that snapshots carry so that a sweep removes them when they have expired;
  // empty: they carry none.
  Ec2HostCloud(Caller& caller, Waiter& waiter, std::string ledger = "")
      : caller_(caller), waiter_(waiter), ledger_(std::move(ledger)) {}

  Result<std::vector<Host>> Find(const std::string& name) override;
  Result<Host> Look(const std::string& id) override;
  Result<HostHealth> CheckHealth(const std::string& id) override;
  Result<std::string> RunScript(const std::string& id, std::string_view script,
                                Duration patience) override;
  Result<std::vector<HostSnapshot>> ListSnapshots(const std::string& key) override;
  Status TakeSnapshot(const SnapshotWish& wish) override;
  Status Stop(const std::string& id) override;
  Status ChangeType(const std::string& id, const std::string& type) override;
  Status Start(const std::string& id) override;
  Status Mark(const std::string& id, const std::string& mark) override;

 private:
  Result<Host> HostOf(const Instance& instance);

  Caller& caller_;
  Waiter& waiter_;
  std::string ledger_;
};

}  // namespace mayfly::aws
