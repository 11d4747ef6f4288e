#include "tools/installation.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/status_matchers.h"

namespace unclip {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class InstallationTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/installation_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  std::string MakeProgram(const std::string& relative) {
    const fs::path path = root_ + "/" + relative;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "#!/bin/sh\n";
    fs::permissions(path, fs::perms::owner_all);
    return path.string();
  }
  std::string MakeFolder(const std::string& relative) {
    fs::create_directories(root_ + "/" + relative);
    return root_ + "/" + relative;
  }

  std::string root_;
};

TEST_F(InstallationTest, FindsBinariesWhereTheBuildPutsThem) {
  const std::string clip = MakeProgram("bin/services/clip/clip");
  const std::string gateway = MakeProgram("bin/gateway/gateway");
  const std::string model = MakeProgram("bin/tools/unclip_model");
  const Installation installation({.executable = root_ + "/bin/tools/unclip", .invoked_path = "", .bin_dir = "", .home = ""});
  EXPECT_EQ(*installation.Binary("clip"), clip);
  EXPECT_EQ(*installation.Binary("gateway"), gateway);  // not the folder of that name
  EXPECT_EQ(*installation.Binary("unclip_model"), model);
}

TEST_F(InstallationTest, FindsBinariesBesideItself) {
  const std::string clip = MakeProgram("usr/bin/clip");
  const Installation installation({.executable = root_ + "/usr/bin/unclip", .invoked_path = "", .bin_dir = "", .home = ""});
  EXPECT_EQ(*installation.Binary("clip"), clip);
}

TEST_F(InstallationTest, BinDirCountsAlone) {
  MakeProgram("usr/bin/clip");
  const std::string prior = MakeProgram("other/prior");
  const Installation installation(
      {.executable = root_ + "/usr/bin/unclip", .invoked_path = "", .bin_dir = root_ + "/other", .home = ""});
  EXPECT_EQ(*installation.Binary("prior"), prior);
  EXPECT_THAT(installation.Binary("clip"),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("\"clip\""), HasSubstr(root_ + "/other/clip"))));
}

TEST_F(InstallationTest, FindsTheModelAboveThePathItWasCalledBy) {
  const std::string model = MakeFolder("repository/models/shapes32/text-to-image");
  // As with Bazel's links: the executable itself is far away from the source tree.
  const Installation installation({.executable = root_ + "/cache/bin/tools/unclip",
                                   .invoked_path = root_ + "/repository/bazel-bin/tools/unclip",
                                   .bin_dir = "",
                                   .home = ""});
  EXPECT_EQ(*installation.DefaultCheckpoint("text-to-image"), model);
  // Folders above the test's own may hold the real models, so the part is one that nobody has.
  EXPECT_THAT(installation.DefaultCheckpoint("no-such-part"),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("--checkpoint"), HasSubstr("UNCLIP_HOME"))));
}

TEST_F(InstallationTest, FindsTheModelInRunfiles) {
  const std::string model = MakeFolder("bin/tools/unclip.runfiles/unclip/models/shapes32/text-to-image");
  const Installation installation({.executable = root_ + "/bin/tools/unclip", .invoked_path = "", .bin_dir = "", .home = ""});
  EXPECT_EQ(*installation.DefaultCheckpoint("text-to-image"), model);
}

TEST_F(InstallationTest, HomeCountsAlone) {
  MakeFolder("repository/models/shapes32/text-to-image");
  const std::string model = MakeFolder("home/models/shapes32/image-variation");
  const Installation installation(
      {.executable = root_ + "/repository/unclip", .invoked_path = "", .bin_dir = "", .home = root_ + "/home"});
  EXPECT_EQ(*installation.DefaultCheckpoint("image-variation"), model);
  EXPECT_THAT(installation.DefaultCheckpoint("text-to-image"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("UNCLIP_HOME")));
}

TEST(InstallationOfThisProcessTest, KnowsItsOwnExecutable) {
  unsetenv("UNCLIP_BIN_DIR");
  EXPECT_THAT(Installation::OfThisProcess("unclip").Binary("no-such-program"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(fs::read_symlink("/proc/self/exe").parent_path().string())));
}

}  // namespace
}  // namespace unclip
