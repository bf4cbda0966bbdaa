#include "adapters/posix/disk.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "adapters/posix/signal_waiter.h"
#include "adapters/posix/system_clock.h"

namespace mayfly::posix {
namespace {

namespace fs = std::filesystem;

class DiskTest : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }
  std::string folder_ = testing::TempDir() + "mayfly-disk-" + std::to_string(getpid());
  Disk disk_;
};

TEST_F(DiskTest, WritesWholeFilesIntoFoldersItMakes) {
  ASSERT_TRUE(disk_.Write(folder_ + "/a/b.txt", "hello").ok());
  EXPECT_EQ(*disk_.Read(folder_ + "/a/b.txt"), "hello");
  Result<std::vector<FileEntry>> files = disk_.List(folder_ + "/a");
  ASSERT_EQ(files->size(), 1U);
  EXPECT_EQ(files->front().bytes, 5);
}

TEST_F(DiskTest, NamesWhatIsNotThere) {
  EXPECT_EQ(disk_.Read(folder_ + "/none").error().kind(), ErrorKind::kNotFound);
  EXPECT_NE(disk_.List(folder_).error().message().find(folder_), std::string::npos);
}

TEST_F(DiskTest, AFolderIsNoFile) {
  fs::create_directories(folder_);
  EXPECT_EQ(disk_.Read(folder_).error().kind(), ErrorKind::kInvalid);
}

TEST(SignalWaiter, CountsRequestsToStopAndWakesForThem) {
  SystemClock clock;
  SignalWaiter waiter(clock);
  kill(getpid(), SIGTERM);
  Duration before = clock.Mono();
  waiter.WaitUntil(before + minutes(1));
  EXPECT_EQ(waiter.stop_requests(), 1);
  EXPECT_LT(clock.Mono() - before, minutes(1));
}

}  // namespace
}  // namespace mayfly::posix
