#include "services/clip/tokenizer_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"

namespace unclip::clip {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// A folder with a sound tokenizer, to be spoilt file by file.
class TokenizerFilesTest : public testing::Test {
 protected:
  TokenizerFilesTest()
      : dir_(absl::StrCat(testing::TempDir(), "/", testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    Write("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "!": 3, "<|startoftext|>": 4, "<|endoftext|>": 5})");
    Write("merges.txt", "#version: 0.2\na b\n");
    Write("tokenizer_config.json", R"({"model_max_length": 9, "tokenizer_class": "CLIPTokenizer"})");
  }

  void Write(const std::string& name, absl::string_view text) { std::ofstream(dir_ + "/" + name, std::ios::binary) << text; }

  // Expects an error of one line that names `file` and holds `problem`.
  void ExpectRefused(const std::string& file, const std::string& problem) {
    const auto files = ReadTokenizerFiles(dir_);
    EXPECT_THAT(files, StatusIs(kInvalid,
                                AllOf(HasSubstr(absl::StrCat(dir_, "/", file, ":")), HasSubstr(problem), Not(HasSubstr("\n")))));
  }

  std::vector<std::string> AddedContents() {
    const auto files = ReadTokenizerFiles(dir_);
    EXPECT_OK(files);
    std::vector<std::string> contents;
    for (const AddedToken& token : files->added_tokens) {
      contents.push_back(absl::StrCat(token.content, token.normalized ? " normalized " : " as it is ", token.id));
    }
    return contents;
  }

  const std::string dir_;
};

TEST_F(TokenizerFilesTest, ReadsASoundFolder) {
  ASSERT_OK_AND_ASSIGN(const TokenizerFiles files, ReadTokenizerFiles(dir_));
  EXPECT_EQ(files.vocabulary.size(), 6);
  EXPECT_THAT(files.merges, ElementsAre(Pair("a", "b")));
  EXPECT_EQ(files.start_id, 4);
  EXPECT_EQ(files.end_id, 5);
  EXPECT_EQ(files.unknown_id, 5);
  EXPECT_EQ(files.pad_id, 5);
  EXPECT_EQ(files.max_length, 9);
  EXPECT_EQ(files.vocab_size, 6);
  EXPECT_THAT(AddedContents(), ElementsAre("<|startoftext|> normalized 4", "<|endoftext|> normalized 5"));
}

TEST_F(TokenizerFilesTest, NamesTheMissingFile) {
  for (const char* name : {"tokenizer_config.json", "merges.txt", "vocab.json"}) {
    std::filesystem::remove(dir_ + "/" + name);
    EXPECT_THAT(ReadTokenizerFiles(dir_), StatusIs(absl::StatusCode::kNotFound, HasSubstr(name)));
  }
}

TEST_F(TokenizerFilesTest, SpecialTokensMapOverridesWithoutADecoder) {
  Write("tokenizer_config.json", R"({"model_max_length": 9, "pad_token": "<|endoftext|>"})");
  Write("special_tokens_map.json", R"({"pad_token": "!", "bos_token": {"content": "<|startoftext|>", "normalized": true}})");
  ASSERT_OK_AND_ASSIGN(const TokenizerFiles files, ReadTokenizerFiles(dir_));
  EXPECT_EQ(files.pad_id, 3);
  EXPECT_EQ(files.start_id, 4);
}

TEST_F(TokenizerFilesTest, SpecialTokensMapDoesNotCountBesideADecoder) {
  Write("tokenizer_config.json",
        R"({"model_max_length": 9, "pad_token": "<|endoftext|>",
            "added_tokens_decoder": {"5": {"content": "<|endoftext|>", "normalized": false, "special": true}}})");
  Write("special_tokens_map.json", R"({"pad_token": "!"})");
  ASSERT_OK_AND_ASSIGN(const TokenizerFiles files, ReadTokenizerFiles(dir_));
  EXPECT_EQ(files.pad_id, 5);
  EXPECT_THAT(AddedContents(), ElementsAre("<|endoftext|> as it is 5", "<|startoftext|> normalized 4"));
}

TEST_F(TokenizerFilesTest, PadTokenThatIsAWordIsNotMatchedInTexts) {
  Write("tokenizer_config.json", R"({"model_max_length": 9, "pad_token": "!"})");
  EXPECT_THAT(AddedContents(), ElementsAre("<|startoftext|> normalized 4", "<|endoftext|> normalized 5"));
}

TEST_F(TokenizerFilesTest, TokensOutsideTheVocabularyComeAfterIt) {
  Write("tokenizer_config.json",
        R"({"model_max_length": 9, "pad_token": "[PAD]", "added_tokens_decoder": {"6": {"content": "<cat>"}}})");
  ASSERT_OK_AND_ASSIGN(const TokenizerFiles files, ReadTokenizerFiles(dir_));
  EXPECT_EQ(files.pad_id, 7);
  EXPECT_EQ(files.vocab_size, 8);
  EXPECT_THAT(AddedContents(), ElementsAre("<cat> normalized 6", "<|startoftext|> normalized 4", "<|endoftext|> normalized 5",
                                           "[PAD] as it is 7"));
}

TEST_F(TokenizerFilesTest, MergesMayHaveWindowsLineEndsAndRepeats) {
  Write("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "ba": 3, "<|startoftext|>": 4, "<|endoftext|>": 5})");
  Write("merges.txt", "#version: 0.2\r\na b\r\nb a\r\na b\r\n\r\n");
  ASSERT_OK_AND_ASSIGN(const TokenizerFiles files, ReadTokenizerFiles(dir_));
  EXPECT_THAT(files.merges, ElementsAre(Pair("a", "b"), Pair("b", "a")));
}

TEST_F(TokenizerFilesTest, RefusesBadVocabularies) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", "JSON"},
      {"[1, 2]", "object"},
      {R"({"a": 0, "b")", "JSON"},
      {"\xef\xbb\xbf{\"a\": 0}", ""},
      {"{\"a\xff\": 0}", ""},
      {"{}", "no tokens"},
      {R"({"a": 0, "b": 0})", "two tokens have the id 0"},
      {R"({"a": 0, "a": 1})", "a"},
      {R"({"a": -1})", "\"a\" has the id -1"},
      {R"({"a": 1.5})", "1.5"},
      {R"({"a": "1"})", "whole number"},
      {R"({"a": 2147483647})", "2147483647"},
      {R"({"a": 18446744073709551615})", "18446744073709551615"},
      {R"({"a": null})", "null"},
      {R"({"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3})", "lacks the bos_token \"<|startoftext|>\""},
      {R"({"a": 0, "b": 1, "ab": 2, "<|startoftext|>": 3})", "lacks the eos_token \"<|endoftext|>\""},
  };
  for (const auto& [text, problem] : kCases) {
    SCOPED_TRACE(text);
    Write("vocab.json", text);
    ExpectRefused("vocab.json", problem);
  }
}

TEST_F(TokenizerFilesTest, RefusesBadMerges) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", "no merges"},
      {"#version: 0.2\n", "no merges"},
      {"#version: 0.2\na b\na\n", "line 3 has 1 parts"},
      {"#version: 0.2\na b c\n", "line 2 has 3 parts"},
      {"#version: 0.2\na b\n\na b\n", "line 3 has 0 parts"},
  };
  for (const auto& [text, problem] : kCases) {
    SCOPED_TRACE(text);
    Write("merges.txt", text);
    ExpectRefused("merges.txt", problem);
  }
}

TEST_F(TokenizerFilesTest, RefusesAHugeMergesFile) {
  Write("merges.txt", "#version\n");
  std::filesystem::resize_file(dir_ + "/merges.txt", 100 << 20);
  ExpectRefused("merges.txt", "104857600 bytes");
}

TEST_F(TokenizerFilesTest, RefusesBadConfigs) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", "JSON"},
      {"{}", "model_max_length"},
      {R"({"model_max_length": 1})", "1; it must be a whole number of 2"},
      {R"({"model_max_length": "77"})", "whole number"},
      {R"({"model_max_length": 1000000000000000019884624838656})", "whole number"},
      {R"({"model_max_length": 9, "tokenizer_class": "BertTokenizer"})",
       "\"tokenizer_class\" = \"BertTokenizer\" is not implemented"},
      {R"({"model_max_length": 9, "do_lower_case": false})", "do_lower_case"},
      {R"({"model_max_length": 9, "split_special_tokens": true})", "split_special_tokens"},
      {R"({"model_max_length": 9, "additional_special_tokens": ["<x>"]})", "additional_special_tokens"},
      {R"({"model_max_length": 9, "truncation_side": "left"})", "truncation_side"},
      {R"({"model_max_length": 9, "flavour": 3})", "\"flavour\" = 3 is not implemented"},
      {R"({"model_max_length": 9, "pad_token": null})", "pad_token"},
      {R"({"model_max_length": 9, "pad_token": ""})", "empty token"},
      {R"({"model_max_length": 9, "pad_token": {"content": 5}})", "pad_token"},
      {R"({"model_max_length": 9, "bos_token": {"content": "<|startoftext|>", "lstrip": true}})", "bos_token.lstrip"},
      {R"({"model_max_length": 9, "added_tokens_decoder": []})", "added_tokens_decoder"},
      {R"({"model_max_length": 9, "added_tokens_decoder": {"x": {"content": "<c>"}}})", "keys are token ids"},
      {R"({"model_max_length": 9, "added_tokens_decoder": {"-1": {"content": "<c>"}}})", "keys are token ids"},
      {R"({"model_max_length": 9, "added_tokens_decoder": {"7": {"content": "<c>"}}})", "whose id is 6"},
      {R"({"model_max_length": 9, "added_tokens_decoder": {"3": {"content": "a"}}})", "whose id is 0"},
      {R"({"model_max_length": 9, "added_tokens_decoder": {"6": "<c>"}})", "added_tokens_decoder.6"},
      {R"({"model_max_length": 9, "added_tokens_decoder": {"6": {"content": "<c>", "single_word": true}}})", "single_word"},
  };
  for (const auto& [text, problem] : kCases) {
    SCOPED_TRACE(text);
    Write("tokenizer_config.json", text);
    ExpectRefused("tokenizer_config.json", problem);
  }
}

TEST_F(TokenizerFilesTest, RefusesABadSpecialTokensMap) {
  Write("special_tokens_map.json", "{");
  ExpectRefused("special_tokens_map.json", "JSON");
  Write("special_tokens_map.json", R"({"mask_token": "<mask>"})");
  ExpectRefused("special_tokens_map.json", "mask_token");
}

TEST_F(TokenizerFilesTest, RefusesAddedTokensFile) {
  Write("added_tokens.json", R"({"<c>": 6})");
  ExpectRefused("added_tokens.json", "not implemented");
}

TEST_F(TokenizerFilesTest, RefusesAddedTokensWhereTheVocabularyHasHoles) {
  Write("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "!": 30, "<|startoftext|>": 4, "<|endoftext|>": 5})");
  EXPECT_OK(ReadTokenizerFiles(dir_));
  Write("tokenizer_config.json", R"({"model_max_length": 9, "pad_token": "[PAD]"})");
  ExpectRefused("vocab.json", "the id 30, but only 6 tokens");
}

// Every prefix of each file is refused or read, but never crashes the reader.
TEST_F(TokenizerFilesTest, SurvivesTruncatedFiles) {
  for (const char* name : {"vocab.json", "merges.txt", "tokenizer_config.json"}) {
    std::ifstream in(dir_ + "/" + name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (size_t size = 0; size < text.size(); ++size) {
      Write(name, text.substr(0, size));
      const auto files = ReadTokenizerFiles(dir_);
      if (files.ok()) {
        EXPECT_STREQ(name, "merges.txt");
      } else {
        EXPECT_THAT(files, StatusIs(kInvalid, HasSubstr(name)));
      }
    }
    Write(name, text);
  }
}

}  // namespace
}  // namespace unclip::clip
