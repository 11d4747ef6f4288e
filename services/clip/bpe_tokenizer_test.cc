#include "services/clip/bpe_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"

namespace unclip::clip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kFolder[] = "services/clip/testdata/tokenizer";

const BpeTokenizer& Clip() {
  static const auto tokenizer = BpeTokenizer::Load(kFolder);
  EXPECT_OK(tokenizer);
  return **tokenizer;
}

nlohmann::json ReadCases(const std::string& name) {
  std::ifstream file("services/clip/testdata/" + name);
  return nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
}

// A copy of the test tokenizer with another model_max_length.
std::string FolderWithMaxLength(int max_length) {
  const std::string folder = absl::StrCat(testing::TempDir(), "/max_length_", max_length);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  for (const char* name : {"vocab.json", "merges.txt"}) {
    std::filesystem::copy_file(absl::StrCat(kFolder, "/", name), absl::StrCat(folder, "/", name));
  }
  std::ofstream(folder + "/tokenizer_config.json") << "{\"model_max_length\": " << max_length << "}";
  return folder;
}

TEST(BpeTokenizerTest, EqualsTheReferenceOnItsCases) {
  const nlohmann::json cases = ReadCases("tokenizer-cases.json");
  ASSERT_EQ(cases.size(), 600);
  for (const nlohmann::json& test_case : cases) {
    EXPECT_EQ(Clip().Encode(test_case["text"].get<std::string>()).ids, test_case["ids"].get<std::vector<int32_t>>())
        << test_case["text"].dump(-1, ' ', true);
  }
}

TEST(BpeTokenizerTest, EqualsTheReferenceOnUnicode) {
  ASSERT_OK_AND_ASSIGN(const auto tokenizer, BpeTokenizer::Load(FolderWithMaxLength(10'000)));
  const nlohmann::json cases = ReadCases("unicode-cases.json");
  ASSERT_GT(cases.size(), 500);
  for (const nlohmann::json& test_case : cases) {
    EXPECT_EQ(tokenizer->Encode(test_case["text"].get<std::string>()).ids, test_case["ids"].get<std::vector<int32_t>>())
        << test_case["text"].dump(-1, ' ', true);
  }
}

TEST(BpeTokenizerTest, KnowsItsSizesAndTokens) {
  EXPECT_EQ(Clip().max_length(), 77);
  EXPECT_EQ(Clip().vocab_size(), 49408);
  EXPECT_EQ(Clip().start_token_id(), 49406);
  EXPECT_EQ(Clip().end_token_id(), 49407);
  EXPECT_EQ(Clip().pad_token_id(), 0);
}

TEST(BpeTokenizerTest, TruncatesOnlyWhatIsTooLong) {
  std::string text;
  for (int words = 74; words <= 76; ++words) {
    text.clear();
    for (int i = 0; i < words; ++i) text += "cat ";
    const TokenizedText tokens = Clip().Encode(text);
    EXPECT_EQ(tokens.untruncated_count, words + 2);
    EXPECT_EQ(tokens.truncated, words == 76);
    EXPECT_EQ(tokens.ids.size(), std::min(words + 2, 77));
    EXPECT_EQ(tokens.ids.front(), 49406);
    EXPECT_EQ(tokens.ids.back(), 49407);
    EXPECT_EQ(tokens.ids[75], words == 74 ? 49407 : 2368);
  }
}

TEST(BpeTokenizerTest, HonoursAnotherLength) {
  ASSERT_OK_AND_ASSIGN(const auto tokenizer, BpeTokenizer::Load(FolderWithMaxLength(4)));
  const TokenizedText tokens = tokenizer->Encode("a cat a cat");
  EXPECT_THAT(tokens.ids, ElementsAre(49406, 320, 2368, 49407));
  EXPECT_TRUE(tokens.truncated);
  EXPECT_EQ(tokens.untruncated_count, 6);
}

TEST(BpeTokenizerTest, PadsWithThePadTokenAndMasksIt) {
  const TokenizedText tokens = Clip().Encode("a cat");
  const PaddedTokens padded = Clip().Pad(tokens.ids);
  ASSERT_EQ(padded.ids.size(), 77);
  ASSERT_EQ(padded.mask.size(), 77);
  EXPECT_EQ(padded.ids[3], 49407);
  EXPECT_EQ(std::accumulate(padded.ids.begin() + 4, padded.ids.end(), 0), 0);
  EXPECT_EQ(std::accumulate(padded.mask.begin(), padded.mask.begin() + 4, 0), 4);
  EXPECT_EQ(std::accumulate(padded.mask.begin(), padded.mask.end(), 0), 4);
}

TEST(BpeTokenizerTest, MatchesSpecialTokensInTheTextInAnyCase) {
  EXPECT_THAT(Clip().Encode("a<|endoftext|>cat").ids, ElementsAre(49406, 320, 49407, 2368, 49407));
  EXPECT_THAT(Clip().Encode("<|StartOfText|>").ids, ElementsAre(49406, 49406, 49407));
}

TEST(BpeTokenizerTest, ReadsThePadTokenInATextAsText) {
  EXPECT_THAT(Clip().Encode("a cat!").ids, ElementsAre(49406, 320, 2368, 256, 49407));
  EXPECT_THAT(Clip().Encode("!!!").ids, ElementsAre(49406, 995, 49407));
}

TEST(BpeTokenizerTest, TakesTextThatIsNotUtf8) { EXPECT_EQ(Clip().Encode("a\xff").ids, Clip().Encode("a\ufffd").ids); }

TEST(BpeTokenizerTest, TakesAMegabyteWithoutSpaces) {
  for (const char* piece : {"a", "!", " ", "\u6771", "a1", "<|endoftext|>"}) {
    SCOPED_TRACE(piece);
    std::string text;
    while (text.size() < 1'000'000) text += piece;
    const TokenizedText tokens = Clip().Encode(text);
    EXPECT_EQ(tokens.truncated, *piece != ' ');
    EXPECT_LE(tokens.ids.size(), 77);
  }
}

TEST(BpeTokenizerTest, NamesTheFileWhoseMergeHasNoToken) {
  const std::string folder = FolderWithMaxLength(5);
  std::ofstream(folder + "/merges.txt") << "#version: 0.2\nq zzz\n";
  EXPECT_THAT(BpeTokenizer::Load(folder),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(folder + "/merges.txt: merge 1 needs the token \"zzz\"")));
}

}  // namespace
}  // namespace unclip::clip
