#include "adapters/posix/proc_sensor.h"

#include <gtest/gtest.h>

#include "base/testing/temp_folder.h"

namespace mayfly::posix {
namespace {

constexpr std::int64_t kMib = std::int64_t{1} << 20;

// A computer of text files: 16 GiB of which 12 are free, and 20 s of work so far.
class ProcSensorTest : public testing::Test {
 protected:
  ProcSensorTest() {
    home.Put("proc/stat", "cpu  1000 100 700 50000 4000 50 50 100 900 0\ncpu0 1 2 3 4\n");
    home.Put("proc/meminfo",
             "MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:   12582912 kB\n");
  }
  MachineReading Read() {
    Result<MachineReading> reading = ProcSensor(home / "proc", home / "groups").Read();
    EXPECT_TRUE(reading.ok()) << reading.error().message();
    return reading.ok() ? *reading : MachineReading{};
  }

  TempFolder home;
};

TEST_F(ProcSensorTest, ReadsTheMachineWhereNoGroupLimitsIt) {
  MachineReading reading = Read();
  EXPECT_EQ(reading.worked, Duration(seconds(20)));
  EXPECT_EQ(reading.memory_bytes, 16'384 * kMib);
  EXPECT_EQ(reading.used_bytes, 4'096 * kMib);
}

TEST_F(ProcSensorTest, AGroupAboveOursLimitsUsToo) {
  home.Put("proc/self/cgroup", "0::/a/b\n");
  home.Put("groups/a/b/memory.max", "max\n");
  home.Put("groups/a/memory.max", "2147483648\n");
  home.Put("groups/a/memory.current", "1073741824\n");
  home.Put("groups/a/memory.stat", "anon 1\ninactive_file 536870912\n");
  home.Put("groups/a/cpu.max", "50000 100000\n");
  home.Put("groups/a/cpu.stat", "usage_usec 7000000\nuser_usec 1\n");
  MachineReading reading = Read();
  EXPECT_EQ(reading.memory_bytes, 2'048 * kMib);
  EXPECT_EQ(reading.used_bytes, 512 * kMib);
  EXPECT_DOUBLE_EQ(reading.cores, 0.5);
  EXPECT_EQ(reading.worked, Duration(seconds(7)));
}

TEST_F(ProcSensorTest, GroupsOfTheOldKindLimitAsWell) {
  home.Put("proc/self/cgroup", "5:memory:/a\n2:cpu,cpuacct:/a\n");
  home.Put("groups/memory/a/memory.limit_in_bytes", "1073741824\n");
  home.Put("groups/memory/a/memory.usage_in_bytes", "943718400\n");
  home.Put("groups/memory/a/memory.stat", "total_inactive_file 104857600\n");
  home.Put("groups/cpu/a/cpu.cfs_quota_us", "-1\n");
  home.Put("groups/cpu/a/cpu.cfs_period_us", "100000\n");
  MachineReading reading = Read();
  EXPECT_EQ(reading.memory_bytes, 1'024 * kMib);
  EXPECT_EQ(reading.used_bytes, 800 * kMib);
  EXPECT_EQ(reading.worked, Duration(seconds(20)));
}

TEST_F(ProcSensorTest, WhatDoesNotTellIsUnavailable) {
  home.Put("proc/meminfo", "nothing\n");
  Result<MachineReading> reading = ProcSensor(home / "proc", home / "groups").Read();
  ASSERT_FALSE(reading.ok());
  EXPECT_EQ(reading.error().kind(), ErrorKind::kUnavailable);
}

TEST(ProcSensor, ReadsThisComputer) {
  Result<MachineReading> reading = ProcSensor().Read();
  ASSERT_TRUE(reading.ok()) << reading.error().message();
  EXPECT_GT(reading->memory_bytes, 64 * kMib);
  EXPECT_LT(reading->used_bytes, reading->memory_bytes);
  EXPECT_GT(reading->worked, Duration(0));
}

}  // namespace
}  // namespace mayfly::posix
