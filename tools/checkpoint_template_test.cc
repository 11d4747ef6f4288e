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

}  // namespace
}  // namespace unclip
