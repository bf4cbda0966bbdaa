#include "cost/three_way.h"

namespace mayfly::cost {

Result<ThreeWay> CompareThreeWays(const Alternatives& ways) {
  TRY_ASSIGN(Money spot, Charge(ways.spot, ForTime(ways.length)));
  TRY_ASSIGN(Money on_demand, Charge(ways.on_demand, ForTime(ways.length)));
  TRY_ASSIGN(Money host, Charge(ways.host, ForTime(ways.length)));
  TRY_ASSIGN(Money disk, Charge(ways.disk, ForDisk(ways.disk_gb, ways.length)));
  TRY_ASSIGN(Money address, Charge(ways.address, ForTime(ways.length)));
  return ThreeWay{.temporary_spot = spot + disk + address,
                  .temporary_on_demand = on_demand + disk + address,
                  .staying = on_demand - host};
}

}  // namespace mayfly::cost
