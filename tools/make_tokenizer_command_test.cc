#include "tools/make_tokenizer_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/status_matchers.h"
#include "services/clip/bpe_tokenizer.h"

namespace unclip {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class MakeTokenizerCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(dir_);
    fs::create_directories(dir_ / "template/text-to-image/text_encoder");
    std::ofstream(dir_ / "template/text-to-image/text_encoder/config.json") << "{}";
    std::ofstream(dir_ / "captions.txt") << "a red heart\na red star\n";
  }
  std::string Path(const std::string& name) const { return (dir_ / name).string(); }

  fs::path dir_;
  std::ostringstream output_;
};

TEST_F(MakeTokenizerCommandTest, MakesATokenOfEachWordThatComesTwice) {
  ASSERT_OK(RunMakeTokenizer({"--captions", Path("captions.txt"), "--template", Path("template"), "--length", "8"}, output_));
  EXPECT_THAT(output_.str(), HasSubstr("516 tokens, from 2 captions with 4 different words; texts of up to 8 tokens"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<const clip::BpeTokenizer> tokenizer,
                       clip::BpeTokenizer::Load(Path("template/text-to-image/tokenizer")));
  EXPECT_EQ(tokenizer->Encode("a red").untruncated_count, 4);
}

TEST_F(MakeTokenizerCommandTest, KeepsToTheVocabularyThatIsAllowed) {
  ASSERT_OK(
      RunMakeTokenizer({"--captions", Path("captions.txt"), "--template", Path("template"), "--vocabulary", "515"}, output_));
  EXPECT_THAT(output_.str(), HasSubstr("515 tokens"));
}

TEST_F(MakeTokenizerCommandTest, SaysWhatIsWrong) {
  EXPECT_THAT(RunMakeTokenizer({"--captions", Path("captions.txt")}, output_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--template")));
  EXPECT_THAT(RunMakeTokenizer({"--captions", Path("none"), "--template", Path("template")}, output_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
  EXPECT_THAT(
      RunMakeTokenizer({"--captions", Path("captions.txt"), "--template", Path("template"), "--vocabulary", "513"}, output_),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("513")));
}

}  // namespace
}  // namespace unclip
