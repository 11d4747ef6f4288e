#include "train/tokenizer/tokenizer_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/status_matchers.h"
#include "services/clip/bpe_tokenizer.h"

namespace unclip::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TokenizerTemplateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(dir_);
    Write("text_encoder/config.json", R"({"hidden_size": 128, "vocab_size": 614, "eos_token_id": 613})");
    Write("prior/config.json", R"({"num_embeddings": 24, "num_layers": 5})");
  }
  void Write(const std::string& path, const std::string& text) const {
    const fs::path file = dir_ / "text-to-image" / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  Json Read(const std::string& path) const {
    std::ifstream file(dir_ / "text-to-image" / path);
    return Json::parse(file);
  }

  fs::path dir_;
};

TEST_F(TokenizerTemplateTest, WritesATokenizerThatTheServicesRead) {
  const NewTokenizer made = {.merges = {{"r", "e"}, {"re", "d</w>"}}, .max_length = 8};
  ASSERT_OK(PutTokenizerIntoTemplate(made, dir_.string()));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<const clip::BpeTokenizer> tokenizer,
                       clip::BpeTokenizer::Load((dir_ / "text-to-image/tokenizer").string()));
  EXPECT_EQ(tokenizer->vocab_size(), 516);
  EXPECT_EQ(tokenizer->max_length(), 8);
  EXPECT_EQ(tokenizer->start_token_id(), 514);
  EXPECT_EQ(tokenizer->pad_token_id(), 515);
  // By merges, by a merge and a byte, by a byte that has no merge.
  EXPECT_THAT(tokenizer->Encode("Red re \n").ids, ElementsAre(514, 513, 'r', 256 + 'e', 515));
}

TEST_F(TokenizerTemplateTest, SetsTheSizesThatDependOnIt) {
  ASSERT_OK(PutTokenizerIntoTemplate({.merges = {{"a", "b"}}, .max_length = 32}, dir_.string()));
  const Json text = Read("text_encoder/config.json"), prior = Read("prior/config.json");
  EXPECT_EQ(text["vocab_size"], 515);
  EXPECT_EQ(text["max_position_embeddings"], 32);
  EXPECT_EQ(text["bos_token_id"], 513);
  EXPECT_EQ(text["eos_token_id"], 514);
  EXPECT_EQ(text["hidden_size"], 128) << "the rest stays";
  EXPECT_EQ(prior["num_embeddings"], 32);
  EXPECT_EQ(prior["num_layers"], 5);
  EXPECT_FALSE(fs::exists(dir_ / "text-to-image/prior_autoregressive"));
}

TEST_F(TokenizerTemplateTest, WritesNothingWhereAConfigIsMalformed) {
  Write("prior/config.json", "{");
  EXPECT_THAT(PutTokenizerIntoTemplate({}, dir_.string()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("prior/config.json")));
  EXPECT_EQ(Read("text_encoder/config.json")["vocab_size"], 614);
  EXPECT_FALSE(fs::exists(dir_ / "text-to-image/tokenizer"));
  EXPECT_THAT(PutTokenizerIntoTemplate({}, (dir_ / "none").string()),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none/text-to-image/text_encoder/config.json")));
}

}  // namespace
}  // namespace unclip::train
