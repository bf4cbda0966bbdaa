#include "cli/open_provider.h"

namespace mayfly::cli {

Result<Provider> OpenProvider(const ProviderRequest& request) {
  if (request.spec.machines.provider == "local") {
    return MakeLocalProvider(request.place, request.session.program);
  }
  return OpenEc2(request);
}

}  // namespace mayfly::cli
