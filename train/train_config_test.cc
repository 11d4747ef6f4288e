#include "train/train_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/status_matchers.h"

namespace unclip::train {
namespace {

using ::testing::HasSubstr;

constexpr char kLeast[] = R"("template": "template", "data": {"kind": "shapes"}, "steps": 10, "batch_size": 4,
                             "picture_size": 64, "learning_rate": 0.001)";

// The config of the least that must be said and `more`.
absl::StatusOr<TrainConfig> Read(StageKind kind, const std::string& more = "") {
  const std::string path = ::testing::TempDir() + "/config.json";
  std::ofstream(path) << "{" << kLeast << more << "}";
  return ReadTrainConfig(path, kind);
}

TEST(TrainConfigTest, HasDefaults) {
  ASSERT_OK_AND_ASSIGN(const TrainConfig config, Read(StageKind::kDecoder));
  EXPECT_EQ(config.template_dir, ::testing::TempDir() + "template");
  EXPECT_EQ(config.trainer.name, "decoder");
  EXPECT_EQ(config.trainer.compute_type, at::kFloat);
  EXPECT_EQ(config.trainer.saved_type, at::kHalf);
  EXPECT_EQ(config.trainer.data.window_side, 64);
  EXPECT_EQ(config.decoder.loss.variational_weight, 0.001);
  EXPECT_EQ(config.decoder.drop_caption, 0.5);
  ASSERT_OK_AND_ASSIGN(const TrainConfig prior, Read(StageKind::kPrior));
  EXPECT_EQ(prior.prior.drop_caption, 0.1);
  ASSERT_OK_AND_ASSIGN(const TrainConfig autoregressive, Read(StageKind::kAutoregressivePrior));
  EXPECT_EQ(autoregressive.trainer.name, "autoregressive-prior");
  EXPECT_EQ(autoregressive.autoregressive.statistics_pictures, 16384);
}

TEST(TrainConfigTest, NamesAnUpsamplersRunAfterItsComponent) {
  ASSERT_OK_AND_ASSIGN(const TrainConfig config,
                       Read(StageKind::kUpsampler, R"(, "component": "super_res_2_last", "window_size": 32)"));
  EXPECT_EQ(config.trainer.name, "super_res_2_last");
  EXPECT_EQ(config.trainer.data.window_side, 32);
}

TEST(TrainConfigTest, RefusesWhatIsNotAllowedByName) {
  struct Case {
    std::string more, named;
  };
  const Case cases[] = {
      {R"(, "precision": "int8")", "option \"precision\" = \"int8\""},
      {R"(, "window_size": 65)", "option \"window_size\" = 65"},
      {R"(, "loss": {"weighting": "most"})", "option \"loss.weighting\" = \"most\""},
      {R"(, "loss": {"timestep_shift": 0.5})", "option \"loss.timestep_shift\" = 0.5"},
      {R"(, "drop_caption": 1.5)", "option \"drop_caption\" = 1.5"},
      {R"(, "scale": 4)", "scale"},  // an upsampler's
      {R"(, "loss": {"weight": 1})", "loss.weight"},
  };
  for (const Case& each : cases) {
    EXPECT_THAT(Read(StageKind::kDecoder, each.more).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(each.named)));
  }
  EXPECT_THAT(Read(StageKind::kUpsampler, R"(, "window_size": 30, "scale": 4)").status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("must be a multiple of scale (4)")));
}

TEST(TrainConfigTest, ReadsTheRecipesThatShip) {
  const std::string dir = "train/recipes/shapes/";
  EXPECT_OK(ReadTrainConfig(dir + "clip.json", StageKind::kClip));
  EXPECT_OK(ReadTrainConfig(dir + "prior.json", StageKind::kPrior));
  EXPECT_OK(ReadTrainConfig(dir + "autoregressive-prior.json", StageKind::kAutoregressivePrior));
  EXPECT_OK(ReadTrainConfig(dir + "decoder.json", StageKind::kDecoder));
  EXPECT_OK(ReadTrainConfig(dir + "upsampler-256.json", StageKind::kUpsampler));
  EXPECT_OK(ReadTrainConfig(dir + "upsampler-1024.json", StageKind::kUpsampler));
}

}  // namespace
}  // namespace unclip::train
