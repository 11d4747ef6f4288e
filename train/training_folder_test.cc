#include "train/training_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/status_matchers.h"

namespace unclip::train {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TrainingFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(dir_);
    Write("template/text-to-image/model_index.json", "{}");
    Write("template/text-to-image/decoder/config.json", "sizes");
    Write("template/text-to-image/decoder/diffusion_pytorch_model.safetensors", "weights");
    Write("template/image-variation/model_index.json", "{}");
    fs::create_directory_symlink("../text-to-image/decoder", dir_ / "template/image-variation/decoder");
  }

  void Write(const std::string& path, const std::string& text) const {
    fs::create_directories((dir_ / path).parent_path());
    std::ofstream(dir_ / path) << text;
  }
  std::string Read(const std::string& path) const {
    std::ifstream file(dir_ / path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  absl::StatusOr<TrainingFolder> Open() const {
    return TrainingFolder::Open((dir_ / "out").string(), (dir_ / "template").string());
  }

  fs::path dir_;
};

TEST_F(TrainingFolderTest, TakesConfigsAndLinksButNoWeights) {
  ASSERT_OK(Open());
  EXPECT_EQ(Read("out/text-to-image/decoder/config.json"), "sizes");
  EXPECT_FALSE(fs::exists(dir_ / "out/text-to-image/decoder/diffusion_pytorch_model.safetensors"));
  EXPECT_EQ(fs::read_symlink(dir_ / "out/image-variation/decoder"), "../text-to-image/decoder");
}

TEST_F(TrainingFolderTest, LeavesWhatIsThere) {
  Write("out/text-to-image/model_index.json", "my own");
  ASSERT_OK(Open());
  ASSERT_OK(Open());
  EXPECT_EQ(Read("out/text-to-image/model_index.json"), "my own");
}

TEST_F(TrainingFolderTest, RefusesATemplateOfOtherSizesThanTheFolderWasBegunWith) {
  ASSERT_OK(Open());
  Write("template/text-to-image/decoder/config.json", "other sizes");
  EXPECT_THAT(Open().status(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                        HasSubstr("out/text-to-image/decoder/config.json differs from the template's")));
  EXPECT_EQ(Read("out/text-to-image/decoder/config.json"), "sizes");
}

TEST_F(TrainingFolderTest, KnowsWhichHalfAComponentIsIn) {
  ASSERT_OK_AND_ASSIGN(const TrainingFolder folder, Open());
  EXPECT_EQ(folder.ComponentDir("decoder"), (dir_ / "out/text-to-image/decoder").string());
  EXPECT_EQ(folder.ComponentDir("image_encoder"), (dir_ / "out/image-variation/image_encoder").string());
}

TEST_F(TrainingFolderTest, MakesTheFolderOfARun) {
  ASSERT_OK_AND_ASSIGN(const TrainingFolder folder, Open());
  ASSERT_OK_AND_ASSIGN(const std::string run, folder.RunDir("decoder"));
  EXPECT_TRUE(fs::is_directory(run));
}

TEST_F(TrainingFolderTest, SaysWhichTemplateIsNone) {
  EXPECT_THAT(TrainingFolder::Open((dir_ / "out").string(), (dir_ / "nowhere").string()).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("nowhere")));
}

}  // namespace
}  // namespace unclip::train
