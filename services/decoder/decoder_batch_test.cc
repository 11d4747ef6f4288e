// A picture does not depend on those decoded beside it, to the last bit: in any batch, at any step, on any number of threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/status_matchers.h"
#include "services/decoder/decoder_engine_factory.h"

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

  static DecodeImageInput Input(const DecoderModelInfo& info, int variant, int decoder_steps, int super_res_steps,
                                double guidance_scale) {
    const auto text = [&](float phase, int tokens) {
      TextConditioning conditioning;
      for (int i = 0; i < info.embedding_dim; ++i) conditioning.text_embedding.push_back(std::sin(phase + 0.7F * i));
      for (int i = 0; i < info.context_length * info.hidden_dim; ++i) {
        conditioning.hidden_states.push_back(std::cos(phase + 0.3F * i));
      }
      conditioning.attention_mask.assign(info.context_length, 0);
      std::fill_n(conditioning.attention_mask.begin(), tokens, 1);
      return conditioning;
    };
    DecodeImageInput input = {.image_embedding = {},
                              .text = text(1.0F * variant, 5 + variant),
                              .negative_text = text(0.1F, 2),
                              .decoder_step_count = decoder_steps,
                              .super_res_step_counts = {super_res_steps},
                              .guidance_scale = guidance_scale,
                              .seed = static_cast<uint64_t>(100 + variant)};
    for (int i = 0; i < info.embedding_dim; ++i) input.image_embedding.push_back(std::sin(0.9F * i + variant));
    return input;
  }

  static absl::Status Ignore(const DecodeProgress& /*progress*/) { return absl::OkStatus(); }
};

TEST_P(DecoderBatchTest, EqualsTheSamePictureAlone) {
  const std::unique_ptr<DecoderEngine> engine = Load(std::get<2>(GetParam()));
  const DecoderModelInfo& info = engine->info();
  const std::vector<DecodeImageInput> inputs = {Input(info, 0, 3, 2, 1), Input(info, 1, 2, 3, 8), Input(info, 2, 4, 2, 3)};
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

TEST_P(DecoderBatchTest, EqualsTheSamePictureOnOtherThreads) {
  std::vector<RgbImage> found;
  for (const int threads : {std::get<2>(GetParam()), 3}) {
    const std::unique_ptr<DecoderEngine> engine = Load(threads);
    ASSERT_OK_AND_ASSIGN(RgbImage image, engine->Decode(Input(engine->info(), 1, 2, 2, 8), Ignore));
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
