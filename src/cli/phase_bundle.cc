#include "cli/phase_bundle.h"

namespace mayfly::cli {

Result<bundle::Bundle> BundlePhase(const Phase& phase, const std::string& out) {
  bundle::BundleRequest request{.phase_folder = phase.folder, .out = out};
  TRY_ASSIGN(request.folders, ListNeededFolders(phase.parsed.spec, phase.folder));
  return bundle::MakeBundle(request);
}

Result<bundle::Bundle> BundleProgram(const std::string& out) {
  return bundle::MakeBundle({.out = out});
}

}  // namespace mayfly::cli
