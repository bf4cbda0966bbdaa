#pragma once
// What a verification found, for people and for programs. Pure.

#include <string>
#include <utility>
#include <vector>

#include "cli/render.h"
#include "model/run.h"

namespace mayfly::cli {

struct VerifyReport {
  RunId run;
  std::string phase;
  std::string assertion_stage;      // its findings are the phase's own assertions
  std::vector<std::string> stages;  // those that were judged, in order
  std::vector<std::pair<std::string, std::string>> skipped;  // stage and why; never a pass
  std::vector<Finding> findings;

  Verdict verdict() const { return Conclude(findings); }
};

// Stage by check with the places that pass, the assertions, what is skipped, what failed, and the
// verdict last.
std::string RenderVerify(const VerifyReport& report, const Paint& paint);

// Keys: docs/cli/verify.md.
std::string VerifyToJson(const VerifyReport& report);

}  // namespace mayfly::cli
