// What GPUs do step by step, on the CPU: a request alone gets the same embeddings as without recordings, to the last bit, and in
// a batch the same to rounding.
#include "services/prior/prior_sampler.h"

#include <ATen/TensorOperators.h>
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
#include "model/step_graphs.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "model/weights/checkpoint.h"
#include "services/prior/prior_model.h"

namespace unclip::prior {
namespace {

class PriorSamplerTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    model::UseThreads(1);
    auto checkpoint = model::Checkpoint::Open(GetParam());
    ASSERT_OK(checkpoint.status());
    auto model = LoadPriorModel(*checkpoint, at::kFloat);
    ASSERT_OK(model.status());
    model_ = *std::move(model);
  }

  // Of `samples` samples, guided or not, or at the first half of its steps only.
  PriorSampling Request(int samples, bool has_guidance, model::GuidanceInterval interval = {}) const {
    const PriorConfig& config = model_->network.config();
    const int64_t rows = has_guidance ? 2 : 1;
    return {.text_embedding = at::randn({rows, config.embedding_dim}),
            .hidden_states = at::randn({rows, config.num_embeddings, config.embedding_dim}),
            .attention_mask = at::ones({rows, config.num_embeddings}, at::kByte),
            .samples_per_prompt = samples,
            .sampler = {.step_count = 4},
            .has_guidance = has_guidance,
            .guidance_scale = 3,
            .guidance_interval = interval};
  }

  // The embeddings of each request, all stepped together.
  std::vector<at::Tensor> Sample(const std::vector<PriorSampling>& requests, model::StepGraphs* graphs) const {
    std::vector<std::unique_ptr<model::PhiloxNoise>> noise;
    std::vector<std::unique_ptr<PriorSamplingRun>> runs;
    std::vector<PriorSamplingRun*> batch;
    for (const PriorSampling& request : requests) {
      noise.push_back(std::make_unique<model::PhiloxNoise>(noise.size()));
      runs.push_back(*PriorSamplingRun::Start(model_->network, model_->scheduler, request, *noise.back()));
      batch.push_back(runs.back().get());
    }
    while (!runs.front()->denoise().done()) {
      for (const absl::Status& status : StepPrior(batch, graphs)) EXPECT_OK(status);
    }
    std::vector<at::Tensor> embeddings;
    for (const auto& run : runs) embeddings.push_back(run->Embeddings());
    return embeddings;
  }

  std::unique_ptr<const PriorModel> model_;
};

TEST_P(PriorSamplerTest, GivesTheSameRecorded) {
  ASSERT_OK(model::TorchGuard([&] {
    model::StepGraphs graphs;
    for (const PriorSampling& request :
         {Request(1, true), Request(2, true), Request(4, false), Request(2, true, {.start = 0, .end = 0.5})}) {
      EXPECT_TRUE(Sample({request}, &graphs)[0].equal(Sample({request}, nullptr)[0]));
    }
    EXPECT_EQ(graphs.size(), 2) << "of 2 rows and of 4";
    return absl::OkStatus();
  }));
}

TEST_P(PriorSamplerTest, GivesAboutTheSameRecordedInABatch) {
  ASSERT_OK(model::TorchGuard([&] {
    model::StepGraphs graphs;
    const std::vector<PriorSampling> requests = {Request(1, true), Request(3, false), Request(2, true, {.start = 0, .end = 0.5})};
    const std::vector<at::Tensor> plain = Sample(requests, nullptr), recorded = Sample(requests, &graphs);
    for (size_t i = 0; i < requests.size(); ++i) {
      const double largest = plain[i].abs().max().item<double>();
      EXPECT_LE((recorded[i] - plain[i]).abs().max().item<double>(), 1e-4 * largest) << i;
    }
    return absl::OkStatus();
  }));
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, PriorSamplerTest,
                         testing::Values("models/shapes32/text-to-image", "tests/goldens/odd-shapes/text-to-image"));

}  // namespace
}  // namespace unclip::prior
