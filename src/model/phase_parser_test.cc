#include <gtest/gtest.h>

#include "model/init_template.h"
#include "model/phase_spec.h"

namespace mayfly {
namespace {

TEST(PhaseFile, TheTemplateOfInitParses) {
  auto parsed = ParsePhase(InitTemplate(), {.file = "phase.toml", .folder = "/p"});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_EQ(parsed->spec.stages.size(), 6U);
}

}  // namespace
}  // namespace mayfly
