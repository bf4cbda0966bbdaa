#pragma once
// What the tests of the cloud share: a cloud at a fixed time, and a plain request.

#include "sim/ec2/launch.h"
#include "sim/ec2/life.h"

namespace mayfly::ec2 {

inline Instant At(Duration since_start) { return MakeInstant(2026, 1, 5) + since_start; }

inline Cloud MakeCloud() {
  Cloud cloud;
  cloud.now = At({});
  return cloud;
}

inline RunRequest Ask(std::string token, std::string type = "c7i.large",
                      Market market = Market::kSpot) {
  RunRequest request{.token = std::move(token)};
  request.machine.image = AllImages().front().id;
  request.machine.type = std::move(type);
  request.machine.market = market;
  request.machine.on_shutdown = OnShutdown::kTerminate;
  return request;
}

inline std::string CodeOf(const Answer<std::vector<std::string>>& answer) {
  return answer.ok() ? "" : answer.error().code;
}

// The one instance that the request makes. Needs success.
inline Instance& Launch(Cloud& cloud, const RunRequest& request) {
  return cloud.instances.at((*RunInstances(cloud, request)).front());
}

}  // namespace mayfly::ec2
