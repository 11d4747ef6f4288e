#include "train/tokenizer/caption_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/status_matchers.h"

namespace unclip::train {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class CaptionWordsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(dir_);
    fs::create_directories(dir_ / "below");
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name) << text;
    return (dir_ / name).string();
  }

  fs::path dir_;
};

TEST_F(CaptionWordsTest, CountsWordsAsTheTokenizerSplitsThem) {
  ASSERT_OK_AND_ASSIGN(const CaptionWords found, CountCaptionWords(Write("a.txt", "A Red  heart's edge,\n\nred\r\n  \n")));
  EXPECT_EQ(found.caption_count, 2);
  EXPECT_THAT(found.words,
              UnorderedElementsAre(Pair("a", 1), Pair("red", 2), Pair("heart", 1), Pair("'s", 1), Pair("edge", 1), Pair(",", 1)));
}

TEST_F(CaptionWordsTest, ReadsAFolderOfTextsAndThoseBelowIt) {
  Write("1.txt", "one");
  Write("below/2.txt", "two\nthree");
  Write("1.png", "not a text");
  ASSERT_OK_AND_ASSIGN(const CaptionWords found, CountCaptionWords(dir_.string()));
  EXPECT_EQ(found.caption_count, 3);
  EXPECT_EQ(found.words.size(), 3u);
}

TEST_F(CaptionWordsTest, SaysWhereNoCaptionIs) {
  EXPECT_THAT(CountCaptionWords(dir_.string()).status(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no caption in it")));
  EXPECT_THAT(CountCaptionWords((dir_ / "none.txt").string()).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.txt: no such file")));
}

}  // namespace
}  // namespace unclip::train
