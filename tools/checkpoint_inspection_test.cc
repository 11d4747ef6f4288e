#include "tools/checkpoint_inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/status_matchers.h"
#include "model/weights/safetensors_writer.h"
#include "model/weights/test_files.h"

namespace unclip {
namespace {

using model::Dtype;
using model::TensorSpec;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class CheckpointInspectionTest : public testing::Test {
 protected:
  // A checkpoint of one component "prior".
  void SetUp() override {
    model::WriteTestFile(dir_ + "/model_index.json", R"({"_class_name":"P","prior":["diffusers","PriorTransformer"]})");
    model::WriteTestFile(dir_ + "/prior/config.json", "{}");
  }
  void WriteWeights(const std::vector<model::SafetensorsWriter::Declaration>& tensors) {
    ASSERT_OK_AND_ASSIGN(auto writer,
                         model::SafetensorsWriter::Create(dir_ + "/prior/diffusion_pytorch_model.safetensors", tensors));
    for (const auto& tensor : tensors) {
      size_t size = model::DtypeSize(tensor.dtype);
      for (const int64_t extent : tensor.shape) size *= extent;
      ASSERT_OK(writer->Append(std::vector<std::byte>(size)));
    }
    ASSERT_OK(writer->Close());
  }
  ComponentInspection Inspect(absl::StatusOr<std::vector<TensorSpec>> specs) {
    const auto checkpoint = model::Checkpoint::Open(dir_);
    EXPECT_OK(checkpoint);
    inspection_ = InspectCheckpoint(*checkpoint, [&](const model::Checkpoint&, absl::string_view) { return specs; });
    EXPECT_EQ(inspection_.components.size(), 1u);
    return inspection_.components.at(0);
  }

  const std::string dir_ = model::MakeTestDir();
  CheckpointInspection inspection_;
};

TEST_F(CheckpointInspectionTest, FindsNothingWrongWithASoundCheckpoint) {
  WriteWeights({{"a", Dtype::kF16, {2, 3}}, {"b", Dtype::kF32, {4}}});
  const ComponentInspection prior = Inspect(std::vector<TensorSpec>{{"b", {4}}, {"a", {2, 3}}});
  EXPECT_EQ(inspection_.problem_count(), 0u);
  EXPECT_EQ(inspection_.pipeline_class, "P");
  EXPECT_EQ(prior.name, "prior");
  EXPECT_EQ(prior.class_name, "PriorTransformer");
  EXPECT_EQ(prior.dir, dir_ + "/prior");
  EXPECT_THAT(prior.files, ElementsAre("diffusion_pytorch_model.safetensors"));
  EXPECT_THAT(prior.types, ElementsAre(Pair("F16", 1), Pair("F32", 1)));
  EXPECT_EQ(prior.tensor_count, 2u);
  EXPECT_EQ(prior.parameter_count, 10u);
  EXPECT_EQ(prior.byte_count, 28u);
}

TEST_F(CheckpointInspectionTest, ListsEveryProblem) {
  WriteWeights({{"a", Dtype::kF16, {3, 2}}, {"b", Dtype::kI64, {4}}, {"c", Dtype::kF16, {}}, {"d", Dtype::kF16, {1}}});
  const ComponentInspection prior = Inspect(std::vector<TensorSpec>{{"a", {2, 3}}, {"b", {4}}, {"d", {1}}, {"e", {5}}});
  EXPECT_EQ(prior.problem_count(), 4u);
  ASSERT_EQ(prior.mismatched.size(), 2u);
  EXPECT_EQ(prior.mismatched[0].name, "a");
  EXPECT_EQ(prior.mismatched[0].expected, "[2, 3]");
  EXPECT_EQ(prior.mismatched[0].found, "[3, 2]");
  EXPECT_EQ(prior.mismatched[1].found, "I64");
  EXPECT_THAT(prior.unknown, ElementsAre("c"));
  ASSERT_EQ(prior.missing.size(), 1u);
  EXPECT_EQ(prior.missing[0].name, "e");
}

TEST_F(CheckpointInspectionTest, OverlooksHarmlessBuffers) {
  WriteWeights({{"a", Dtype::kF16, {1}}, {"text_model.embeddings.position_ids", Dtype::kI64, {1, 7}}});
  EXPECT_EQ(Inspect(std::vector<TensorSpec>{{"a", {1}}}).problem_count(), 0u);
}

TEST_F(CheckpointInspectionTest, ReportsMissingAndUnsoundWeights) {
  EXPECT_THAT(Inspect(std::vector<TensorSpec>{{"a", {1}}}).errors, ElementsAre(HasSubstr("has no weights")));
  model::WriteTestFile(dir_ + "/prior/model.safetensors", "1234");
  EXPECT_THAT(Inspect(std::vector<TensorSpec>{{"a", {1}}}).errors, ElementsAre(HasSubstr("cut short")));
}

TEST_F(CheckpointInspectionTest, AsksForNoWeightsWhereThereAreNone) {
  const ComponentInspection prior = Inspect(std::vector<TensorSpec>{});
  EXPECT_EQ(prior.problem_count(), 0u);
  EXPECT_THAT(prior.files, IsEmpty());
}

TEST_F(CheckpointInspectionTest, CountsWeightsEvenWhenTheConfigIsRefused) {
  const absl::Status refused = absl::InvalidArgumentError("config.json: option \"x\"");
  EXPECT_THAT(Inspect(refused).errors, ElementsAre("config.json: option \"x\""));
  WriteWeights({{"a", Dtype::kF16, {6}}});
  const ComponentInspection prior = Inspect(refused);
  EXPECT_EQ(prior.problem_count(), 1u);
  EXPECT_EQ(prior.parameter_count, 6u);
}

TEST_F(CheckpointInspectionTest, ReportsAMissingFolder) {
  model::WriteTestFile(dir_ + "/model_index.json", R"({"decoder":["diffusers","UNet2DConditionModel"]})");
  const ComponentInspection decoder = Inspect(std::vector<TensorSpec>{});
  EXPECT_EQ(decoder.name, "decoder");
  EXPECT_THAT(decoder.errors, ElementsAre(HasSubstr("decoder: no such folder")));
}

}  // namespace
}  // namespace unclip
