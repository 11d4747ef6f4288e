#include "tools/random_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/status_matchers.h"
#include "model/weights/test_files.h"
#include "model/weights/weight_store.h"

namespace unclip {
namespace {

using model::Dtype;
using model::TensorSpec;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kIndex[] =
    R"({"prior":["diffusers","PriorTransformer"],"text_encoder":["transformers","CLIPTextModelWithProjection"],"tokenizer":["transformers","CLIPTokenizer"]})";

// Weights for all but the tokenizer, as sizes that do not fit the writer's chunks.
absl::StatusOr<std::vector<TensorSpec>> Specs(const model::Checkpoint&, absl::string_view component) {
  if (component == "tokenizer") return std::vector<TensorSpec>();
  return std::vector<TensorSpec>{{"big.weight", {1500, 1501}}, {"big.bias", {3}}, {"scalar", {}}};
}

class RandomCheckpointTest : public testing::Test {
 protected:
  RandomCheckpointOptions Options(const std::string& name) {
    RandomCheckpointOptions options;
    options.out = dir_ + "/" + name;
    return options;
  }

  const std::string dir_ = model::MakeTestDir();
  const CheckpointTemplate template_ = {.files = {{"model_index.json", kIndex},
                                                  {"prior/config.json", "{}"},
                                                  {"text_encoder/config.json", "{}"},
                                                  {"tokenizer/merges.txt", "m"}}};
};

TEST_F(RandomCheckpointTest, WritesConfigsAndWeights) {
  std::ostringstream progress;
  RandomCheckpointOptions options = Options("out");
  options.progress = &progress;
  ASSERT_OK_AND_ASSIGN(const model::Checkpoint checkpoint, WriteRandomCheckpoint(options, template_, Specs));
  ASSERT_OK_AND_ASSIGN(const auto prior, model::WeightStore::Open(dir_ + "/out/prior"));
  EXPECT_THAT(prior->path(), HasSubstr("/prior/diffusion_pytorch_model.safetensors"));
  EXPECT_THAT(prior->names(), ElementsAre("big.bias", "big.weight", "scalar"));
  EXPECT_EQ(prior->Find("big.weight").entry->dtype, Dtype::kF16);
  EXPECT_THAT(prior->Find("big.weight").entry->shape, ElementsAre(1500, 1501));
  ASSERT_OK_AND_ASSIGN(const auto text, model::WeightStore::Open(dir_ + "/out/text_encoder"));
  EXPECT_THAT(text->path(), HasSubstr("/text_encoder/model.safetensors"));
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/out/tokenizer/merges.txt"));
  EXPECT_EQ(checkpoint.dir(), dir_ + "/out");
  EXPECT_EQ(progress.str(), "prior               3 tensors  4.50 MB\ntext_encoder        3 tensors  4.50 MB\n");
}

TEST_F(RandomCheckpointTest, WritesTheSameAgain) {
  for (const std::string name : {"a", "b", "c"}) {
    RandomCheckpointOptions options = Options(name);
    options.seed = name == "c" ? 8 : 7;
    options.dtype = Dtype::kBF16;
    ASSERT_OK(WriteRandomCheckpoint(options, template_, Specs));
  }
  const auto same = [&](const std::string& a, const std::string& b) {
    const auto x = *model::WeightStore::Open(dir_ + "/" + a + "/prior");
    const auto y = *model::WeightStore::Open(dir_ + "/" + b + "/prior");
    const absl::Span<const std::byte> p = x->Find("big.weight").entry->data, q = y->Find("big.weight").entry->data;
    return p.size() == q.size() && std::memcmp(p.data(), q.data(), p.size()) == 0;
  };
  EXPECT_TRUE(same("a", "b"));
  EXPECT_FALSE(same("a", "c"));
}

TEST_F(RandomCheckpointTest, LinksWhatIsShared) {
  RandomCheckpointOptions options = Options("text-to-image");
  ASSERT_OK_AND_ASSIGN(options.shared, WriteRandomCheckpoint(options, template_, Specs));
  options.out = dir_ + "/image-variation";
  const CheckpointTemplate variation = {
      .files = {
          {"model_index.json",
           R"({"prior":["diffusers","AnotherPrior"],"tokenizer":["transformers","CLIPTokenizer"],"image_encoder":["transformers","CLIPVisionModelWithProjection"]})"},
          {"image_encoder/config.json", "{}"},
          {"prior/config.json", "{}"}}};
  ASSERT_OK(WriteRandomCheckpoint(options, variation, Specs));
  EXPECT_EQ(std::filesystem::read_symlink(dir_ + "/image-variation/tokenizer"), "../text-to-image/tokenizer");
  EXPECT_FALSE(std::filesystem::is_symlink(dir_ + "/image-variation/prior")) << "of another class";
  EXPECT_OK(model::WeightStore::Open(dir_ + "/image-variation/image_encoder"));
}

TEST_F(RandomCheckpointTest, LeavesAFolderWithFilesAlone) {
  model::WriteTestFile(dir_ + "/out/precious", "x");
  EXPECT_THAT(WriteRandomCheckpoint(Options("out"), template_, Specs),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("/out: is not empty")));
}

TEST_F(RandomCheckpointTest, RefusesToFillTheDisk) {
  const auto huge = [](const model::Checkpoint&, absl::string_view) -> absl::StatusOr<std::vector<TensorSpec>> {
    return std::vector<TensorSpec>{{"t", {int64_t{1} << 55}}};
  };
  EXPECT_THAT(WriteRandomCheckpoint(Options("out"), template_, huge),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("left")));
}

TEST_F(RandomCheckpointTest, PassesOnWhatIsWrongWithAConfig) {
  const auto refuse = [](const model::Checkpoint&, absl::string_view) -> absl::StatusOr<std::vector<TensorSpec>> {
    return absl::InvalidArgumentError("bad config");
  };
  EXPECT_THAT(WriteRandomCheckpoint(Options("out"), template_, refuse),
              StatusIs(absl::StatusCode::kInvalidArgument, "bad config"));
}

}  // namespace
}  // namespace unclip
