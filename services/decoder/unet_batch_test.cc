// What GPUs do step by step, on the CPU: the same pictures as without recordings, to the last bit.
#include "services/decoder/unet_batch.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "base/status_matchers.h"
#include "model/diffusion/philox_noise.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "model/weights/checkpoint.h"
#include "services/decoder/base_sampler.h"
#include "services/decoder/decoder_model.h"
#include "services/decoder/upsampler.h"

namespace unclip::decoder {
namespace {

class UnetBatchTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    model::UseThreads(1);
    auto checkpoint = model::Checkpoint::Open(GetParam());
    ASSERT_OK(checkpoint.status());
    auto model = LoadDecoderModel(*checkpoint, at::kFloat);
    ASSERT_OK(model.status());
    model_ = *std::move(model);
  }

  // Requests of 1, 1 and 2 pictures, one without guidance, two that keep features.
  std::vector<BaseSampling> Requests() const {
    const TextProjectionConfig& config = model_->text_projection.config();
    std::vector<BaseSampling> requests;
    for (const int pictures : {1, 1, 2}) {
      const bool has_guidance = requests.size() != 1;
      const int64_t rows = has_guidance ? 2 * pictures : pictures;
      requests.push_back({.image_embeddings = at::randn({pictures, config.clip_embeddings_dim}),
                          .text_embeddings = at::randn({rows, config.clip_embeddings_dim}),
                          .hidden_states = at::randn({rows, 5, config.clip_embeddings_dim}),
                          .attention_mask = at::ones({rows, 5}, at::kByte),
                          .sampler = {.step_count = 4},
                          .has_guidance = has_guidance,
                          .guidance_scale = 3,
                          .deep_feature_interval = requests.empty() ? 1 : 2});
    }
    return requests;
  }

  // The requests' base pictures, those of one kind of step together, then their enlarged ones.
  std::vector<at::Tensor> Draw(const std::vector<BaseSampling>& requests, model::StepGraphs* graphs) {
    std::vector<std::unique_ptr<model::PhiloxNoise>> noise;
    std::vector<std::unique_ptr<BaseSamplingRun>> base;
    std::vector<std::unique_ptr<UpsamplingRun>> upsampling;
    for (const BaseSampling& request : requests) {
      noise.push_back(std::make_unique<model::PhiloxNoise>(noise.size()));
      base.push_back(*BaseSamplingRun::Start(model_->unet, model_->text_projection, model_->scheduler, request, *noise.back()));
    }
    StepAll(base, [graphs](auto runs) { return StepBase(runs, /*lanes=*/nullptr, graphs); });
    const UpsamplerModel& upsampler = *model_->upsamplers[0];
    std::vector<at::Tensor> pictures;
    for (size_t i = 0; i < requests.size(); ++i) {
      pictures.push_back(base[i]->Pictures());
      const Upsampling order = {
          .pictures = pictures.back(), .sampler = {.step_count = 4}, .deep_feature_interval = requests[i].deep_feature_interval};
      upsampling.push_back(
          *UpsamplingRun::Start(upsampler.networks(), upsampler.scheduler, order, *noise[i], model::NoiseKey::kSuperRes));
    }
    StepAll(upsampling, [graphs](auto runs) { return StepUpsampling(runs, /*lanes=*/nullptr, graphs); });
    for (const auto& run : upsampling) pictures.push_back(run->Pictures());
    return pictures;
  }

  // Always the runs that are behind, as far as they can share a step.
  template <typename Run, typename StepFunction>
  static void StepAll(const std::vector<std::unique_ptr<Run>>& runs, StepFunction step) {
    for (;;) {
      const auto is_behind = [](const auto& a, const auto& b) { return a->denoise().step() < b->denoise().step(); };
      const Run& first = **std::min_element(runs.begin(), runs.end(), is_behind);
      if (first.denoise().done()) return;
      std::vector<Run*> batch;
      for (const auto& run : runs) {
        if (run->denoise().step() != first.denoise().step()) continue;
        if (run->reuses_features() == first.reuses_features()) batch.push_back(run.get());
      }
      for (const absl::Status& status : step(absl::MakeConstSpan(batch))) ASSERT_OK(status);
    }
  }

  std::unique_ptr<const DecoderModel> model_;
};

TEST_P(UnetBatchTest, DrawsTheSamePicturesRecorded) {
  ASSERT_OK(model::TorchGuard([&] {
    const std::vector<BaseSampling> requests = Requests();
    model::StepGraphs graphs;
    const std::vector<at::Tensor> plain = Draw(requests, nullptr), recorded = Draw(requests, &graphs);
    for (size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(recorded[i].equal(plain[i])) << i;
    const size_t count = graphs.size();
    EXPECT_GT(count, 3);
    Draw(requests, &graphs);
    EXPECT_EQ(graphs.size(), count) << "the second time all are there";
    return absl::OkStatus();
  }));
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, UnetBatchTest,
                         testing::Values("models/shapes32/text-to-image", "tests/goldens/odd-shapes/text-to-image"));

}  // namespace
}  // namespace unclip::decoder
