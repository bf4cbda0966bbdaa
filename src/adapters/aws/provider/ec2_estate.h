#pragma once
// A region of AWS as a place where things can be left over.

#include <set>
#include <string>
#include <vector>

#include "adapters/aws/caller.h"
#include "seams/estate.h"

namespace mayfly::aws {

struct EstateSettings {
  std::string region, ledger;     // whose claims may be acted on
  std::set<std::string> buckets;  // in which uploads are looked for; those of other regions are not
  bool only_if_tagged = false;    // one question first: is anything of EC2's there with our tag?
};

// The caller is the region's, and outlives it. One thread.
class Ec2Estate final : public Estate {
 public:
  Ec2Estate(Caller& caller, EstateSettings settings)
      : caller_(caller), settings_(std::move(settings)) {}

  const std::string& place() const override { return settings_.region; }

  // Instances, volumes, snapshots, interfaces, addresses, Spot requests, fleets, launch templates,
  // security groups, schedules, parameters, unfinished uploads, raised database floors.
  Result<std::vector<Thing>> Look() override;

  Status Mark(const Thing& thing, Instant at) override;
  Status Unmark(const Thing& thing) override;
  Status Remove(const Thing& thing) override;
  Status Restore(const Thing& thing) override;

 private:
  Status CheckOurs(const Thing& thing) const;
  Status Delete(const Thing& thing);

  Caller& caller_;
  EstateSettings settings_;
};

// "BUCKET KEY ID", as an upload is called among things, and back.
std::string UploadName(const std::string& bucket, const std::string& key, const std::string& id);

}  // namespace mayfly::aws
