#include "cli/open_provider.h"

namespace mayfly::cli {

Result<Provider> OpenProvider(const ProviderRequest& request) {
  if (request.spec.machines.provider == "local") {
    return MakeLocalProvider(request.place, request.session.program);
  }
  return Invalid("provider \"ec2\" is not in this version; write \"local\"");
}

}  // namespace mayfly::cli
