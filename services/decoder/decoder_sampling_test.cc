// What a request's sampling options do to its picture.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/status_matchers.h"
#include "services/decoder/decoder_engine_factory.h"
#include "services/decoder/varied_decode_input.h"

namespace unclip::decoder {
namespace {

using testing::HasSubstr;

class DecoderSamplingTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engine = LoadDecoderEngine({.checkpoint = "models/shapes32/text-to-image", .dtype = "float32", .thread_count = 2});
    ASSERT_OK(engine.status());
    engine_ = *std::move(engine);
  }

  DecodeImageInput Input(double guidance_scale = 8) const { return VariedDecodeInput(engine_->info(), 1, 6, 4, guidance_scale); }

  std::vector<uint8_t> Decode(const DecodeImageInput& input) {
    auto image = engine_->Decode(input, [](const DecodeProgress& /*progress*/) { return absl::OkStatus(); });
    EXPECT_OK(image.status());
    return image.ok() ? image->pixels : std::vector<uint8_t>();
  }

  static double MeanDifference(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
    return sum / static_cast<double>(a.size());
  }

  std::unique_ptr<DecoderEngine> engine_;
};

TEST_F(DecoderSamplingTest, NoStepGuidedIsNoGuidance) {
  DecodeImageInput input = Input(8);
  input.decoder_sampling.guidance_interval = {.start = 0, .end = 0};
  EXPECT_EQ(Decode(input), Decode(Input(1)));
}

TEST_F(DecoderSamplingTest, SomeStepsGuidedIsBetween) {
  DecodeImageInput input = Input(8);
  input.decoder_sampling.guidance_interval = {.start = 0.5, .end = 1};
  const std::vector<uint8_t> some = Decode(input);
  EXPECT_NE(some, Decode(Input(1)));
  EXPECT_NE(some, Decode(Input(8)));
}

TEST_F(DecoderSamplingTest, EverySamplerDrawsAnotherPicture) {
  std::vector<std::vector<uint8_t>> pictures = {Decode(Input())};
  for (const model::SamplerKind kind : {model::SamplerKind::kDdim, model::SamplerKind::kDpmSolver}) {
    DecodeImageInput input = Input();
    input.decoder_sampling.kind = kind;
    pictures.push_back(Decode(input));
    EXPECT_EQ(pictures.back(), Decode(input));
  }
  EXPECT_NE(pictures[0], pictures[1]);
  EXPECT_NE(pictures[0], pictures[2]);
  EXPECT_NE(pictures[1], pictures[2]);
}

TEST_F(DecoderSamplingTest, TheUpsamplersHaveTheirOwnSampler) {
  DecodeImageInput input = Input();
  input.super_res_sampling.kind = model::SamplerKind::kDdim;
  EXPECT_NE(Decode(input), Decode(Input()));
}

TEST_F(DecoderSamplingTest, ReusedFeaturesChangeThePictureLittle) {
  const std::vector<uint8_t> full = Decode(Input());
  DecodeImageInput input = Input();
  input.super_res_sampling.deep_feature_interval = 2;
  const std::vector<uint8_t> reused = Decode(input);
  EXPECT_NE(reused, full);
  EXPECT_LT(MeanDifference(reused, full), 16);
}

TEST_F(DecoderSamplingTest, RefusesMoreStepsThanTheSamplerCanTake) {
  DecodeImageInput input = Input();
  input.decoder_step_count = 1000;
  input.decoder_sampling.kind = model::SamplerKind::kDpmSolver;
  EXPECT_THAT(engine_->Start(input).status(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("999")));
}

}  // namespace
}  // namespace unclip::decoder
