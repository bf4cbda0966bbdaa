#include "cli/resize_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::cli {
namespace {

using resize::Where;
using testing::HasSubstr;
using testing::Not;

const ResizeElsewhere kAsked{"master",          "i-1", "eu-west-1", HostState::kRunning,
                             " t3.small --yes", ""};

TEST(ResizeText, AHostThatIsAnotherComputerIsNotRefused) {
  EXPECT_EQ(RefuseOwnHost(Where::kElsewhere, kAsked), "");
}

// Begun or gone on with: both ask this.
TEST(ResizeText, AHostThatMayBeThisComputerIsRefusedAsOneThatIs) {
  EXPECT_EQ(RefuseOwnHost(Where::kCannotTell, kAsked), RefuseOwnHost(Where::kHere, kAsked));
  EXPECT_THAT(RefuseOwnHost(Where::kCannotTell, kAsked), HasSubstr("master is this computer"));
}

TEST(ResizeText, AHostThatIsStoppedIsAnotherComputer) {
  ResizeElsewhere asked = kAsked;
  asked.state = HostState::kStopped;
  EXPECT_EQ(RefuseOwnHost(Where::kCannotTell, asked), "");
}

TEST(ResizeText, TheWaysFromElsewhereNameTheRightsAndTheProgram) {
  const std::string told = RefuseOwnHost(Where::kHere, kAsked);
  const std::string command = "mayfly resize i-1 t3.small --yes --region eu-west-1\n";
  EXPECT_THAT(told, HasSubstr("\n  mayfly iam-policy resizer --host i-1 --region eu-west-1 >"));
  EXPECT_THAT(told, HasSubstr("\n  " + command));
  EXPECT_THAT(told, HasSubstr("mayfly exec MACHINE --timeout 8h -- /opt/mayfly/bin/" + command));
}

TEST(ResizeText, TheLedgerWhoseSweepRemovesTheSnapshotsIsHandedOn) {
  ResizeElsewhere asked = kAsked;
  EXPECT_THAT(RefuseOwnHost(Where::kHere, asked), Not(HasSubstr("--ledger")));
  asked.ledger = "prod";
  EXPECT_THAT(RefuseOwnHost(Where::kHere, asked), HasSubstr(" --ledger prod\n"));
}

}  // namespace
}  // namespace mayfly::cli
