#include "base/atomic_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/status_matchers.h"

namespace unclip {
namespace {

using testing::HasSubstr;

class AtomicFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/atomic_file_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  static std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  size_t FileCount() const {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++count;
    return count;
  }

  std::string folder_;
};

TEST_F(AtomicFileTest, WritesBytesAndLeavesNothingElse) {
  const std::string data("a\0b\n", 4);
  ASSERT_OK(WriteFileAtomically(Path("x.png"), data));
  EXPECT_EQ(Read(Path("x.png")), data);
  EXPECT_EQ(FileCount(), 1);
}

TEST_F(AtomicFileTest, ReplacesAFile) {
  ASSERT_OK(WriteFileAtomically(Path("x.png"), "old and longer"));
  ASSERT_OK(WriteFileAtomically(Path("x.png"), "new"));
  EXPECT_EQ(Read(Path("x.png")), "new");
  EXPECT_EQ(FileCount(), 1);
}

TEST_F(AtomicFileTest, FollowsTheUmask) {
  const mode_t before = umask(027);
  ASSERT_OK(WriteFileAtomically(Path("x.png"), "x"));
  umask(before);
  struct stat info;
  ASSERT_EQ(stat(Path("x.png").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640);
}

TEST_F(AtomicFileTest, NamesAMissingFolder) {
  EXPECT_THAT(CheckWritable(Path("no/x.png")), StatusIs(absl::StatusCode::kNotFound, HasSubstr(folder_ + "/no")));
  EXPECT_THAT(WriteFileAtomically(Path("no/x.png"), "x"), StatusIs(absl::StatusCode::kNotFound, HasSubstr(folder_ + "/no")));
}

TEST_F(AtomicFileTest, RefusesAFolder) {
  EXPECT_THAT(WriteFileAtomically(folder_, "x"), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("is a folder")));
  EXPECT_THAT(WriteFileAtomically(folder_ + "/", "x"), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("is a folder")));
  EXPECT_EQ(FileCount(), 0);
}

}  // namespace
}  // namespace unclip
