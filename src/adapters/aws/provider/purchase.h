#pragma once
// Buying one machine out of pools. Every call has a token made of what it asks for, so that a buyer
// who died in between, or never heard the answer, asks again and gets the same machine.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/aws/caller.h"
#include "adapters/aws/ec2_launch.h"
#include "adapters/aws/provider/machine_names.h"
#include "adapters/aws/provider/places.h"
#include "seams/machine_provider.h"
#include "seams/waiter.h"

namespace mayfly::aws {

struct Order {
  MachineName name;
  std::string intent;         // its token
  std::vector<Offer> offers;  // never empty
  InstanceRequest machine;    // all but pool and token
};

// Everything outlives the buyer. One thread.
class Buyer {
 public:
  // From so many Spot pools on EC2 is asked to choose, by price and capacity; below, they are asked
  // in their order.
  static constexpr std::size_t kFleetFrom = 3;

  Buyer(Caller& caller, Waiter& waiter, std::string ledger, Ec2Places places);

  // Errors: kAmbiguous, order the same again; kUnavailable, nothing was bought, again later; and
  // those of Caller::Exchange. What a fleet needed is gone after an answer; after an error it may
  // be left, under the machine's tags.
  Result<mayfly::LaunchAnswer> Buy(const Order& order);

  // The same machine from one pool, as it would be asked for. kInvalid: no subnet of ours there.
  Result<InstanceRequest> RequestFor(const Order& order, const Offer& offer) const;

 private:
  Result<mayfly::LaunchAnswer> BuyInOrder(const Order& order);
  Result<mayfly::LaunchAnswer> BuyFrom(const Order& order, const Offer& offer);
  Result<LaunchAnswer> RunPatiently(const InstanceRequest& request);
  Result<mayfly::LaunchAnswer> BuyFromAny(const Order& order);
  Result<std::string> FindOrMakeTemplate(const Order& order, int round);
  Result<FleetRequest> FleetFor(const Order& order, const std::string& template_id,
                                int round) const;
  Result<mayfly::LaunchAnswer> ReadFleet(const Order& order, const LaunchAnswer& said) const;
  Pool PoolOf(const Order& order, const Launched& launched) const;
  bool IsAbout(const PoolRefusal& refusal, const Pool& pool) const;
  TokenParts TokenOf(const Order& order, std::string_view what) const;

  Caller& caller_;
  Waiter& waiter_;
  std::string ledger_;
  Ec2Places places_;
  // How many fleets of a token stayed empty and are deleted: EC2 would give the same empty answer
  // to that token for ever.
  std::map<std::string, int> empty_fleets_;
};

}  // namespace mayfly::aws
