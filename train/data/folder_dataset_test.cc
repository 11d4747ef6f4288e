#include "train/data/folder_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "common/image/image_codec.h"
#include "train/data/test_files.h"

namespace unclip::train {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr Window kWindow{.size = 4, .side = 4};

std::vector<std::string> NamesOf(const Dataset& dataset) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < dataset.size(); ++i) names.push_back(dataset.Name(i));
  return names;
}

TEST(FolderDatasetTest, HoldsThePicturesOfAllFoldersInTheOrderOfTheirNames) {
  const std::string dir = MakeTestDir();
  for (const char* const name :
       {"b.JPG", "a.png", "below/c.jpeg", "below/deep/d.webp", "notes.txt", "e.gif", "png", "f.png.bak"}) {
    WriteTestFile(absl::StrCat(dir, "/", name), "");
  }
  std::filesystem::create_directory(dir + "/folder.png");
  std::filesystem::create_symlink(dir + "/a.png", dir + "/link.png");
  std::filesystem::create_symlink(dir + "/none", dir + "/broken.png");
  std::filesystem::create_directory_symlink(dir, dir + "/below/circle");
  ASSERT_OK_AND_ASSIGN(const auto dataset, OpenFolderDataset(dir));
  EXPECT_THAT(NamesOf(*dataset),
              ElementsAre(dir + "/a.png", dir + "/b.JPG", dir + "/below/c.jpeg", dir + "/below/deep/d.webp", dir + "/link.png"));
}

TEST(FolderDatasetTest, ReadsPicturesOfEveryKindWithTheirCaptions) {
  const std::string dir = MakeTestDir();
  WriteTestFile(dir + "/1.png", PictureBytes(4, 4, 200));
  WriteTestFile(dir + "/1.txt", "a first one\n");
  WriteTestFile(dir + "/2.Jpg", PictureBytes(6, 4, 200, ImageEncoding::kJpeg));
  WriteTestFile(dir + "/3.webp", PictureBytes(4, 9, 200, ImageEncoding::kWebp));
  WriteTestFile(dir + "/3.txt", "");
  ASSERT_OK_AND_ASSIGN(const auto dataset, OpenFolderDataset(dir));
  ASSERT_EQ(dataset->size(), 3);
  std::vector<std::string> captions;
  for (int64_t i = 0; i < 3; ++i) {
    ASSERT_OK_AND_ASSIGN(const Example example, dataset->Read(i, 9, {.size = 4, .side = 2, .x = 1, .y = 2}));
    EXPECT_EQ(example.image.width, 2);
    EXPECT_EQ(example.image.pixels.size(), 12);
    EXPECT_NEAR(example.image.pixels[2], 200, 15);
    captions.push_back(example.caption);
  }
  EXPECT_THAT(captions, ElementsAre("a first one", "", ""));
}

TEST(FolderDatasetTest, TheVariantPicksACaption) {
  const std::string dir = MakeTestDir();
  WriteTestFile(dir + "/a.b.png", PictureBytes(4, 4));
  WriteTestFile(dir + "/a.b.txt", "one\n\ntwo\n");
  ASSERT_OK_AND_ASSIGN(const auto dataset, OpenFolderDataset(dir));
  std::set<std::string> captions;
  for (uint64_t variant = 0; variant < 4; ++variant) {
    ASSERT_OK_AND_ASSIGN(const Example example, dataset->Read(0, variant, kWindow));
    captions.insert(example.caption);
  }
  EXPECT_THAT(captions, ElementsAre("one", "two"));
}

TEST(FolderDatasetTest, ErrorsNameTheFile) {
  const std::string dir = MakeTestDir();
  WriteTestFile(dir + "/1.png", "no picture");
  WriteTestFile(dir + "/2.png", PictureBytes(4, 4));
  WriteTestFile(dir + "/2.txt", "caf\xE9");
  WriteTestFile(dir + "/3.png", PictureBytes(4, 4));
  WriteTestFile(dir + "/3.txt", std::string((1 << 20) + 1, 'a'));
  WriteTestFile(dir + "/4.png", PictureBytes(4, 4));
  std::filesystem::create_directory(dir + "/4.txt");
  WriteTestFile(dir + "/5.png", "");
  std::filesystem::resize_file(dir + "/5.png", (32 << 20) + 1);
  WriteTestFile(dir + "/6.png", "");
  ASSERT_OK_AND_ASSIGN(const auto dataset, OpenFolderDataset(dir));
  std::filesystem::remove(dir + "/6.png");
  const auto invalid = [&](absl::string_view name, absl::string_view problem) {
    return StatusIs(absl::StatusCode::kInvalidArgument,
                    AllOf(StartsWith(absl::StrCat(dir, "/", name, ": ")), HasSubstr(std::string(problem))));
  };
  EXPECT_THAT(dataset->Read(0, 0, kWindow), invalid("1.png", "no known format"));
  EXPECT_THAT(dataset->Read(1, 0, kWindow), invalid("2.png", "/2.txt: caption"));
  EXPECT_THAT(dataset->Read(2, 0, kWindow), invalid("3.png", "/3.txt: is 1048577 bytes long"));
  EXPECT_THAT(dataset->Read(3, 0, kWindow), invalid("4.png", "/4.txt: is not a regular file"));
  EXPECT_THAT(dataset->Read(4, 0, kWindow), invalid("5.png", "is 33554433 bytes long"));
  EXPECT_THAT(dataset->Read(5, 0, kWindow), StatusIs(absl::StatusCode::kNotFound, dir + "/6.png: no such file"));
  EXPECT_THAT(dataset->Read(1, 0, {.size = 4, .side = 5}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("window.side")));
}

TEST(FolderDatasetTest, AFolderMustBeThereAndHoldAPicture) {
  const std::string dir = MakeTestDir();
  EXPECT_THAT(OpenFolderDataset(dir + "/none"), StatusIs(absl::StatusCode::kNotFound, dir + "/none: no such folder"));
  WriteTestFile(dir + "/notes.txt", "");
  EXPECT_THAT(OpenFolderDataset(dir + "/notes.txt"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such folder")));
  EXPECT_THAT(OpenFolderDataset(dir), StatusIs(absl::StatusCode::kNotFound, HasSubstr("holds no .png")));
}

}  // namespace
}  // namespace unclip::train
