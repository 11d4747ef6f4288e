#include "common/server/available_memory.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace unclip {
namespace {

class AvailableMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/memory_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  std::string root_;
};

TEST_F(AvailableMemoryTest, IsTheMachinesWithoutControlGroups) {
  Write("proc/meminfo", "MemTotal:       2000 kB\nMemAvailable:   1000 kB\n");
  EXPECT_EQ(AvailableMemory(root_), 1000 * 1024);
}

TEST_F(AvailableMemoryTest, IsTheControlGroupsWhereThatHasLess) {
  Write("proc/meminfo", "MemAvailable:   1000 kB\n");
  Write("sys/fs/cgroup/memory.max", "700000\n");
  Write("sys/fs/cgroup/memory.current", "500000\n");
  EXPECT_EQ(AvailableMemory(root_), 200'000);
  Write("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 50000\n");
  EXPECT_EQ(AvailableMemory(root_), 250'000);
  Write("sys/fs/cgroup/memory.max", "max\n");
  EXPECT_EQ(AvailableMemory(root_), 1000 * 1024);
}

TEST_F(AvailableMemoryTest, KnowsControlGroupsOfVersionOne) {
  Write("proc/meminfo", "MemAvailable:   1000 kB\n");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "300000\n");
  Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "400000\n");
  EXPECT_EQ(AvailableMemory(root_), 0);
}

TEST_F(AvailableMemoryTest, IsUnknownWhereNothingCanBeRead) { EXPECT_EQ(AvailableMemory(root_), std::nullopt); }

}  // namespace
}  // namespace unclip
