#include "tools/checkpoint_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "base/status_matchers.h"
#include "model/weights/test_files.h"

namespace unclip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(CheckpointTemplateTest, TakesConfigsAndTokenizerFilesButNoWeights) {
  const std::string dir = model::MakeTestDir();
  const std::string index = R"({"prior":["diffusers","PriorTransformer"],"tokenizer":["transformers","CLIPTokenizer"]})";
  model::WriteTestFile(dir + "/model_index.json", index);
  model::WriteTestFile(dir + "/prior/config.json", "{}");
  model::WriteTestFile(dir + "/prior/model.safetensors", "weights");
  model::WriteTestFile(dir + "/prior/model.safetensors.index.json", "shards");
  model::WriteTestFile(dir + "/elsewhere/merges.txt", "a b");
  ASSERT_EQ(symlink("elsewhere", (dir + "/tokenizer").c_str()), 0);
  model::WriteTestFile(dir + "/unlisted/config.json", "{}");
  ASSERT_OK_AND_ASSIGN(const model::Checkpoint checkpoint, model::Checkpoint::Open(dir));
  ASSERT_OK_AND_ASSIGN(const CheckpointTemplate result, TemplateOf(checkpoint));
  EXPECT_THAT(result.files,
              ElementsAre(Pair("model_index.json", index), Pair("prior/config.json", "{}"), Pair("tokenizer/merges.txt", "a b")));
}

TEST(CheckpointTemplateTest, NamesAFolderWithoutFiles) {
  const std::string dir = model::MakeTestDir();
  CheckpointTemplate result;
  EXPECT_THAT(AddComponentFiles(dir, "tokenizer", result),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(dir + ": has no .json")));
  EXPECT_THAT(AddComponentFiles(dir + "/none", "tokenizer", result),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(dir + "/none")));
}

TEST(CheckpointTemplateTest, GivesTheTokenizerTheTextEncodersLength) {
  CheckpointTemplate result;
  result.files["tokenizer/tokenizer_config.json"] = R"({"model_max_length": 24, "pad_token": "!"})";
  EXPECT_OK(FitTokenizerLength(result));  // without a text encoder there is nothing to fit
  result.files["text_encoder/config.json"] = R"({"max_position_embeddings": 77})";
  ASSERT_OK(FitTokenizerLength(result));
  EXPECT_THAT(result.files["tokenizer/tokenizer_config.json"], HasSubstr("\"model_max_length\": 77"));
  EXPECT_THAT(result.files["tokenizer/tokenizer_config.json"], HasSubstr("pad_token"));
  result.files["text_encoder/config.json"] = "[]";
  EXPECT_THAT(FitTokenizerLength(result), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("text_encoder/config.json")));
}

}  // namespace
}  // namespace unclip
