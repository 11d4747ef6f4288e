#include "tools/picture_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"

namespace unclip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PictureWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/picture_writer_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  PictureWriter Writer(int image_count, const std::string& preview_dir = "") {
    return PictureWriter(folder_ + "/a.png", preview_dir, image_count, display_);
  }
  static gateway::v1::StreamGenerateImageResponse Image(int index) {
    gateway::v1::StreamGenerateImageResponse event;
    event.mutable_image()->set_index(index);
    event.mutable_image()->mutable_image()->set_data(absl::StrCat("picture ", index));
    return event;
  }
  static gateway::v1::StreamGenerateImageResponse Preview(int step) {
    gateway::v1::StreamGenerateImageResponse event;
    event.mutable_progress()->mutable_progress()->set_stage(common::v1::STAGE_DECODER);
    event.mutable_progress()->mutable_progress()->set_step(step);
    event.mutable_progress()->mutable_preview()->set_format(common::v1::IMAGE_FORMAT_JPEG);
    event.mutable_progress()->mutable_preview()->set_data("preview");
    return event;
  }
  static std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  // Names of all files below the folder.
  std::set<std::string> Files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) names.insert(entry.path().filename().string());
    }
    return names;
  }

  FakeClock clock_;
  std::ostringstream out_;
  ProgressDisplay display_{ProgressStyle::kNone, 1, clock_, out_};
  std::string folder_;
};

TEST_F(PictureWriterTest, WritesOnePictureUnderTheGivenName) {
  PictureWriter writer = Writer(1);
  ASSERT_OK(writer.Prepare());
  EXPECT_THAT(Files(), ElementsAre());
  ASSERT_OK(writer.Handle(Image(0)));
  EXPECT_EQ(Read(folder_ + "/a.png"), "picture 0");
  ASSERT_EQ(writer.saved().size(), 1u);
  EXPECT_EQ(writer.saved()[0].file, folder_ + "/a.png");
  EXPECT_EQ(writer.saved()[0].image.image().data(), "");
}

TEST_F(PictureWriterTest, NumbersSeveralAndKeepsTheirOrder) {
  PictureWriter writer = Writer(3);
  for (int index : {2, 0, 1}) ASSERT_OK(writer.Handle(Image(index)));
  EXPECT_THAT(Files(), ElementsAre("a-0.png", "a-1.png", "a-2.png"));
  EXPECT_EQ(Read(folder_ + "/a-2.png"), "picture 2");
  for (int index : {0, 1, 2}) EXPECT_EQ(writer.saved()[index].image.index(), index);
}

TEST_F(PictureWriterTest, RefusesPicturesNobodyAskedFor) {
  PictureWriter writer = Writer(2);
  ASSERT_OK(writer.Handle(Image(0)));
  for (int index : {0, -1, 2}) {
    EXPECT_THAT(writer.Handle(Image(index)), StatusIs(absl::StatusCode::kInternal, HasSubstr(absl::StrCat("picture ", index))));
  }
  EXPECT_THAT(Files(), ElementsAre("a-0.png"));
}

TEST_F(PictureWriterTest, WritesPreviewsOnlyWhenAsked) {
  PictureWriter silent = Writer(1);
  ASSERT_OK(silent.Handle(Preview(5)));
  EXPECT_THAT(Files(), ElementsAre());
  PictureWriter writer = Writer(1, folder_ + "/new/previews");
  ASSERT_OK(writer.Prepare());
  ASSERT_OK(writer.Handle(Preview(5)));
  ASSERT_OK(writer.Handle(Preview(10)));
  EXPECT_THAT(Files(), ElementsAre("preview-0-decoder-0005.jpg", "preview-0-decoder-0010.jpg"));
}

TEST_F(PictureWriterTest, TellsBeforehandThatItCannotWrite) {
  EXPECT_THAT(PictureWriter(folder_ + "/no/a.png", "", 1, display_).Prepare(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(folder_ + "/no")));
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_THAT(Writer(1, folder_ + "/file/previews").Prepare(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(folder_ + "/file/previews")));
}

}  // namespace
}  // namespace unclip
