#include "train/data/tar_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_matchers.h"
#include "train/data/test_files.h"
#include "train/data/test_tars.h"

namespace unclip::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Window kWindow{.size = 4, .side = 4};

std::vector<std::string> NamesOf(const Dataset& dataset) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < dataset.size(); ++i) names.push_back(dataset.Name(i));
  return names;
}

std::vector<std::string> CaptionsOf(const Dataset& dataset, uint64_t variant = 0) {
  std::vector<std::string> captions;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const auto example = dataset.Read(i, variant, kWindow);
    captions.push_back(example.ok() ? example->caption : example.status().ToString());
  }
  return captions;
}

TEST(TarDatasetTest, ReadsWhatPythonWrites) {
  for (const char* const format : {"ustar", "gnu", "pax"}) {
    SCOPED_TRACE(format);
    ASSERT_OK_AND_ASSIGN(const auto dataset, OpenTarDataset(absl::StrCat("train/data/testdata/", format, ".tar")));
    ASSERT_EQ(dataset->size(), 3);
    EXPECT_EQ(dataset->Name(1), absl::StrCat("train/data/testdata/", format, ".tar:below/001"));
    EXPECT_THAT(CaptionsOf(*dataset, 1), ElementsAre("two", "a ☂", ""));
    for (int64_t i = 0; i < 3; ++i) {
      ASSERT_OK_AND_ASSIGN(const Example example, dataset->Read(i, 0, {.size = 4, .side = 1, .x = 3, .y = 2}));
      EXPECT_THAT(example.image.pixels, ElementsAre(10, 20, 1 + i));
    }
  }
}

TEST(TarDatasetTest, GroupsMembersByTheirNamesUpToTheFirstDot) {
  const std::string picture = PictureBytes(4, 4);
  const std::string path = WriteTestFile(
      MakeTestDir() + "/t.tar",
      TarMemberBytes("b.txt", "text of b") + TarMemberBytes("a.JPG", PictureBytes(4, 4, 0, ImageEncoding::kJpeg)) +
          TarMemberBytes("b.seg.png", "not this one") + TarMemberBytes("b.png", picture) + TarMemberBytes("b.webp", "nor this") +
          TarMemberBytes("v1.2/b.png", picture) + TarMemberBytes("a.txt", "text of a") +
          TarMemberBytes("v1.2/b.txt", "another b") + TarMemberBytes("alone.txt", "no picture") +
          TarMemberBytes(".hidden.png", picture) + TarMemberBytes("png", picture) + TarEnd());
  ASSERT_OK_AND_ASSIGN(const auto dataset, OpenTarDataset(path));
  EXPECT_THAT(NamesOf(*dataset), ElementsAre(path + ":b", path + ":a", path + ":v1.2/b"));
  EXPECT_THAT(CaptionsOf(*dataset), ElementsAre("text of b", "text of a", "another b"));
}

TEST(TarDatasetTest, ATextComesBeforeJson) {
  const std::string picture = PictureBytes(4, 4), json = R"({"caption": "of JSON"})";
  const std::string path =
      WriteTestFile(MakeTestDir() + "/t.tar", TarMemberBytes("a.png", picture) + TarMemberBytes("a.json", json) +
                                                  TarMemberBytes("a.txt", "of text") + TarMemberBytes("b.png", picture) +
                                                  TarMemberBytes("b.txt", "of text") + TarMemberBytes("b.json", json) +
                                                  TarMemberBytes("c.JSON", json) + TarMemberBytes("c.png", picture) + TarEnd());
  ASSERT_OK_AND_ASSIGN(const auto dataset, OpenTarDataset(path));
  EXPECT_THAT(CaptionsOf(*dataset), ElementsAre("of text", "of text", "of JSON"));
}

TEST(TarDatasetTest, FilesFollowOneAnotherAndKeepTheirNamesApart) {
  const std::string dir = MakeTestDir();
  for (int i = 8; i <= 10; ++i) {
    WriteTestFile(absl::StrCat(dir, "/s-", i < 10 ? "0" : "", i, ".tar"),
                  TarMemberBytes("a.png", PictureBytes(4, 4)) + TarMemberBytes("a.txt", absl::StrCat("of ", i)) + TarEnd());
  }
  ASSERT_OK_AND_ASSIGN(const auto range, OpenTarDataset(dir + "/s-{08..10}.tar"));
  EXPECT_THAT(CaptionsOf(*range), ElementsAre("of 8", "of 9", "of 10"));
  ASSERT_OK_AND_ASSIGN(const auto folder, OpenTarDataset(dir));
  EXPECT_THAT(NamesOf(*folder), ElementsAre(dir + "/s-08.tar:a", dir + "/s-09.tar:a", dir + "/s-10.tar:a"));
  EXPECT_THAT(OpenTarDataset(dir + "/s-{08..11}.tar"), StatusIs(absl::StatusCode::kNotFound, dir + "/s-11.tar: no such file"));
}

TEST(TarDatasetTest, ErrorsNameFileAndMember) {
  const std::string picture = PictureBytes(4, 4);
  const std::string path =
      WriteTestFile(MakeTestDir() + "/t.tar", TarMemberBytes("a.png", "no picture") + TarMemberBytes("b.jpg", picture) +
                                                  TarMemberBytes("b.json", "[]") + TarMemberBytes("c\n\xff.png", "") +
                                                  TarMemberBytes("d.png", picture) +
                                                  TarMemberBytes("d.txt", std::string((1 << 20) + 1, 'a')) + TarEnd());
  ASSERT_OK_AND_ASSIGN(const auto dataset, OpenTarDataset(path));
  const auto invalid = [&](absl::string_view problem) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(absl::StrCat(path, ":", problem)));
  };
  EXPECT_THAT(dataset->Read(0, 0, kWindow), invalid("a.png: image is in no known format"));
  EXPECT_THAT(dataset->Read(1, 0, kWindow), invalid("b.json: is not a JSON object"));
  EXPECT_THAT(dataset->Read(2, 0, kWindow), invalid("c\\n\\xff.png: image is empty"));
  EXPECT_THAT(dataset->Read(3, 0, kWindow), invalid("d.txt: is 1048577 bytes long"));
  EXPECT_THAT(dataset->Read(1, 0, {}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("window.size")));
  std::filesystem::resize_file(path, 600);
  EXPECT_THAT(dataset->Read(1, 0, kWindow), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(path + ":b.jpg: was cut short")));
  std::filesystem::remove(path);
  EXPECT_THAT(dataset->Read(1, 0, kWindow), StatusIs(absl::StatusCode::kNotFound, path + ":b: no such file"));
}

TEST(TarDatasetTest, WhatCannotBeOpenedIsNamed) {
  const std::string dir = MakeTestDir();
  EXPECT_THAT(OpenTarDataset(dir + "/none.tar"), StatusIs(absl::StatusCode::kNotFound, dir + "/none.tar: no such file"));
  EXPECT_THAT(OpenTarDataset(dir), StatusIs(absl::StatusCode::kNotFound, HasSubstr("holds no .tar file")));
  EXPECT_THAT(OpenTarDataset(dir + "/{x}.tar"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("range of numbers")));
  const std::string empty = WriteTestFile(dir + "/empty.tar", TarMemberBytes("a.txt", "x") + TarEnd());
  EXPECT_THAT(OpenTarDataset(empty), StatusIs(absl::StatusCode::kNotFound, HasSubstr("holds no .png")));
  const std::string cut = WriteTestFile(dir + "/cut.tar", TarMemberBytes("a.png", PictureBytes(4, 4)).substr(0, 600));
  EXPECT_THAT(OpenTarDataset(cut), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(cut + ": the header at byte 0 names")));
}

}  // namespace
}  // namespace unclip::train
