// What keeping a part of a picture does to the rest, and to how the engine counts its work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <tuple>
#include <vector>

#include "base/status_matchers.h"
#include "services/decoder/decoder_engine_factory.h"
#include "services/decoder/varied_decode_input.h"

namespace unclip::decoder {
namespace {

class DecoderInpaintingTest : public testing::TestWithParam<std::tuple<const char*, model::SamplerKind>> {
 protected:
  void SetUp() override {
    auto engine = LoadDecoderEngine({.checkpoint = std::get<0>(GetParam()), .dtype = "float32", .thread_count = 2});
    ASSERT_OK(engine.status());
    engine_ = *std::move(engine);
  }

  DecodeImageInput Input() const {
    DecodeImageInput input = VariedDecodeInput(engine_->info(), 1, 6, 3, 8);
    input.decoder_sampling.kind = std::get<1>(GetParam());
    input.super_res_sampling.kind = std::get<1>(GetParam());
    input.inpainting = VariedInpainting(engine_->info(), 1);
    input.inpainting->steps = {.resample_count = 2, .jump_length = 2};
    return input;
  }

  std::vector<uint8_t> Decode(const DecodeImageInput& input) {
    auto image = engine_->Decode(input, [](const DecodeProgress& /*progress*/) { return absl::OkStatus(); });
    EXPECT_OK(image.status());
    return image.ok() ? image->pixels : std::vector<uint8_t>();
  }

  std::unique_ptr<DecoderEngine> engine_;
};

TEST_P(DecoderInpaintingTest, KeptPixelsAreThoseOfTheKeptPicture) {
  const DecodeImageInput input = Input();
  const std::vector<uint8_t> found = Decode(input);
  ASSERT_EQ(found.size(), input.inpainting->image.pixels.size());
  for (size_t i = 0; i < found.size(); ++i) {
    if (input.inpainting->kept[i / 3] != 0) {
      ASSERT_EQ(found[i], input.inpainting->image.pixels[i]) << i;
    }
  }
}

TEST_P(DecoderInpaintingTest, TheSameRequestDrawsTheSame) { EXPECT_EQ(Decode(Input()), Decode(Input())); }

TEST_P(DecoderInpaintingTest, WhatIsDrawnDependsOnTheSeedAndOnWhatIsKept) {
  const std::vector<uint8_t> found = Decode(Input());
  DecodeImageInput other_seed = Input();
  ++other_seed.seed;
  EXPECT_NE(Decode(other_seed), found);
  DecodeImageInput once = Input();
  once.inpainting->steps.resample_count = 1;
  EXPECT_NE(Decode(once), found);

  DecodeImageInput other = Input();
  for (size_t i = 0; i < other.inpainting->image.pixels.size(); ++i) {
    if (other.inpainting->kept[i / 3] != 0) other.inpainting->image.pixels[i] ^= 0x80;
  }
  std::vector<uint8_t> drawn = Decode(other), before = found;
  for (size_t i = 0; i < drawn.size(); ++i) {
    if (other.inpainting->kept[i / 3] != 0) drawn[i] = before[i] = 0;
  }
  EXPECT_NE(drawn, before);
}

TEST_P(DecoderInpaintingTest, WhatLiesUnderTheDrawnPartIsNotLookedAt) {
  const std::vector<uint8_t> found = Decode(Input());
  DecodeImageInput other = Input();
  for (size_t i = 0; i < other.inpainting->image.pixels.size(); ++i) {
    if (other.inpainting->kept[i / 3] == 0) other.inpainting->image.pixels[i] ^= 0xff;
  }
  EXPECT_EQ(Decode(other), found);
}

TEST_P(DecoderInpaintingTest, WhereNothingIsKeptAndNothingResampledThePictureIsAsWithout) {
  DecodeImageInput nothing = Input();
  nothing.inpainting->kept.assign(nothing.inpainting->kept.size(), 0);
  nothing.inpainting->steps.resample_count = 1;
  DecodeImageInput plain = Input();
  plain.inpainting.reset();
  EXPECT_EQ(Decode(nothing), Decode(plain));
}

TEST_P(DecoderInpaintingTest, CountsEachStepAsOftenAsItIsDone) {
  const DecodeImageInput input = Input();
  EXPECT_EQ(input.StepsOfStage(0), 10);
  EXPECT_EQ(input.StepsOfStage(1), 3);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<DecoderRun> run, engine_->Start(input));
  DecoderRun* const runs[] = {run.get()};
  absl::Duration left = FirstNeed(input, engine_->info()).remaining;
  EXPECT_EQ(run->need().remaining, left);
  for (int done = 1; done <= 13; ++done) {
    const absl::Duration step = run->need().step;
    ASSERT_OK(engine_->Step(runs).front());
    EXPECT_EQ(run->progress().step, done <= 10 ? done : done - 10);
    EXPECT_EQ(run->progress().step_count, done <= 10 ? 10 : 3);
    left -= step;
    if (!run->done()) {
      EXPECT_EQ(run->need().remaining, left);
    }
  }
  EXPECT_TRUE(run->done());
}

TEST_P(DecoderInpaintingTest, ReusesNoFeaturesFromBeforeAJump) {
  DecodeImageInput input = Input();
  input.decoder_sampling.deep_feature_interval = 3;
  input.inpainting->steps = {.resample_count = 2, .jump_length = 1};
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<DecoderRun> run, engine_->Start(input));
  DecoderRun* const runs[] = {run.get()};
  // Steps 0 0 1 1 2 2 3 3 4 4 5, each the second time after a jump. Group 1 reuses features.
  const std::vector<int> expected = {0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1};
  for (const int group : expected) {
    EXPECT_EQ(run->need().group, group);
    ASSERT_OK(engine_->Step(runs).front());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Samplers, DecoderInpaintingTest,
    testing::Combine(testing::Values("models/shapes32/text-to-image", "tests/goldens/odd-shapes/text-to-image"),
                     testing::Values(model::SamplerKind::kAncestral, model::SamplerKind::kDdim, model::SamplerKind::kDpmSolver)));

}  // namespace
}  // namespace unclip::decoder
