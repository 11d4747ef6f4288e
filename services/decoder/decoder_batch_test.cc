// A picture does not depend on those decoded beside it, to the last bit: in any batch, at any step, on any number of threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/status_matchers.h"
#include "services/decoder/decoder_engine_factory.h"
#include "services/decoder/varied_decode_input.h"

namespace unclip::decoder {
namespace {

class DecoderBatchTest : public testing::TestWithParam<std::tuple<const char*, const char*, int>> {
 protected:
  std::unique_ptr<DecoderEngine> Load(int thread_count) {
    auto engine = LoadDecoderEngine(
        {.checkpoint = std::get<0>(GetParam()), .dtype = std::get<1>(GetParam()), .thread_count = thread_count});
    EXPECT_OK(engine.status());
    return *std::move(engine);
  }

  static absl::Status Ignore(const DecodeProgress& /*progress*/) { return absl::OkStatus(); }
};

TEST_P(DecoderBatchTest, EqualsTheSamePictureAlone) {
  const std::unique_ptr<DecoderEngine> engine = Load(std::get<2>(GetParam()));
  const DecoderModelInfo& info = engine->info();
  std::vector<DecodeImageInput> inputs = {VariedDecodeInput(info, 0, 3, 2, 1), VariedDecodeInput(info, 1, 2, 3, 8),
                                          VariedDecodeInput(info, 2, 4, 2, 3), VariedDecodeInput(info, 3, 5, 4, 8),
                                          VariedDecodeInput(info, 4, 4, 3, 8), VariedDecodeInput(info, 5, 4, 3, 8)};
  inputs[2].decoder_sampling = {.kind = model::SamplerKind::kDpmSolver};
  inputs[3].decoder_sampling = {.guidance_interval = {.start = 0.3, .end = 0.8}, .deep_feature_interval = 2};
  inputs[3].super_res_sampling = {.deep_feature_interval = 2};
  inputs[4].decoder_sampling = {.kind = model::SamplerKind::kDdim, .eta = 0.5, .guidance_interval = {.start = 0, .end = 0.5}};
  inputs[4].super_res_sampling = {.kind = model::SamplerKind::kDdim, .deep_feature_interval = 2};
  inputs[1].inpainting = VariedInpainting(info, 1);
  inputs[5].inpainting = VariedInpainting(info, 5);
  inputs[5].inpainting->steps = {.resample_count = 3, .jump_length = 2};
  std::vector<RgbImage> alone;
  for (const DecodeImageInput& input : inputs) {
    ASSERT_OK_AND_ASSIGN(RgbImage image, engine->Decode(input, Ignore));
    alone.push_back(std::move(image));
  }

  // One joins at each step; of those that wait for a step, all of the first one's group go along.
  std::vector<std::unique_ptr<DecoderRun>> runs;
  size_t largest = 0;
  for (bool busy = true; busy;) {
    if (runs.size() < inputs.size()) {
      ASSERT_OK_AND_ASSIGN(std::unique_ptr<DecoderRun> run, engine->Start(inputs[runs.size()]));
      runs.push_back(std::move(run));
    }
    std::vector<DecoderRun*> batch;
    for (const auto& run : runs) {
      if (!run->done() && (batch.empty() || run->need().group == batch.front()->need().group)) batch.push_back(run.get());
    }
    busy = !batch.empty();
    if (!busy) break;
    largest = std::max(largest, batch.size());
    for (const absl::Status& status : engine->Step(batch)) ASSERT_OK(status);
  }
  EXPECT_GE(largest, 2);
  for (size_t i = 0; i < inputs.size(); ++i) {
    ASSERT_OK_AND_ASSIGN(const RgbImage image, engine->Finish(*runs[i]));
    EXPECT_EQ(image.pixels, alone[i].pixels) << "request " << i;
  }
}

TEST_P(DecoderBatchTest, EqualsTheSamePictureBesideOneInAnotherStage) {
  const std::unique_ptr<DecoderEngine> engine = Load(std::get<2>(GetParam()));
  const std::vector<DecodeImageInput> inputs = {VariedDecodeInput(engine->info(), 0, 2, 3, 8),
                                                VariedDecodeInput(engine->info(), 1, 5, 2, 3)};
  std::vector<RgbImage> alone;
  std::vector<std::unique_ptr<DecoderRun>> runs;
  for (const DecodeImageInput& input : inputs) {
    ASSERT_OK_AND_ASSIGN(RgbImage image, engine->Decode(input, Ignore));
    alone.push_back(std::move(image));
    ASSERT_OK_AND_ASSIGN(runs.emplace_back(), engine->Start(input));
  }
  bool were_apart = false;
  for (std::vector<DecoderRun*> left = {runs[0].get(), runs[1].get()}; !left.empty();) {
    were_apart = were_apart || left.front()->need().group != left.back()->need().group;
    for (const absl::Status& status : engine->Step(left)) ASSERT_OK(status);
    left.erase(std::remove_if(left.begin(), left.end(), [](DecoderRun* run) { return run->done(); }), left.end());
  }
  EXPECT_TRUE(were_apart);
  for (size_t i = 0; i < inputs.size(); ++i) {
    ASSERT_OK_AND_ASSIGN(const RgbImage image, engine->Finish(*runs[i]));
    EXPECT_EQ(image.pixels, alone[i].pixels) << "request " << i;
  }
}

TEST_P(DecoderBatchTest, EqualsTheSamePictureOnOtherThreads) {
  std::vector<RgbImage> found;
  for (const int threads : {std::get<2>(GetParam()), 3}) {
    const std::unique_ptr<DecoderEngine> engine = Load(threads);
    ASSERT_OK_AND_ASSIGN(RgbImage image, engine->Decode(VariedDecodeInput(engine->info(), 1, 2, 2, 8), Ignore));
    found.push_back(std::move(image));
  }
  EXPECT_EQ(found[0].pixels, found[1].pixels);
}

INSTANTIATE_TEST_SUITE_P(Engines, DecoderBatchTest,
                         testing::Combine(testing::Values("models/shapes32/text-to-image",
                                                          "tests/goldens/odd-shapes/text-to-image"),
                                          testing::Values("float32", "bfloat16"), testing::Values(1, 2)));

}  // namespace
}  // namespace unclip::decoder
