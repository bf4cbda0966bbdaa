#pragma once
// A host that stays, on EC2, as `resize` sees it: the cloud's side, what is asked before, prices.

#include <memory>
#include <string>
#include <vector>

#include "cli/world.h"
#include "cost/price_book.h"
#include "resize/advice.h"
#include "resize/judge.h"
#include "seams/host_cloud.h"

namespace mayfly::cli {

class HostWorld {
 public:
  virtual ~HostWorld() = default;
  virtual HostCloud& cloud() = 0;
  virtual const std::string& region() const = 0;

  // Is it the computer that this runs on?
  virtual resize::Where WhereIs(const mayfly::Host& host) = 0;

  // What there is to know before; what could not be asked is absent, with its reason.
  virtual resize::Findings Survey(const mayfly::Host& host, const std::string& to) = 0;
  virtual Result<resize::AdviceQuestion> Observe(const mayfly::Host& host, Duration back) = 0;

  // The list's prices of these, as far as they are told; the snapshot's for the rest.
  virtual cost::PriceBook Prices(const std::vector<PriceKey>& keys) = 0;
  // kNotFound: there is no such type.
  virtual Result<HostType> FindType(const std::string& name) = 0;
};

// `region` and `ledger` may be empty: the environment's; none. `patience` is for one look inside.
struct HostWorldSettings {
  std::string region, ledger;
  Duration patience = minutes(2);
};
Result<std::unique_ptr<HostWorld>> OpenHostWorld(Host& host, const HostWorldSettings& settings);

}  // namespace mayfly::cli
