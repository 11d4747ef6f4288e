#include "services/prior/fake_prior_engine.h"

#include <utility>

#include "base/status_macros.h"

namespace unclip::prior {

FakePriorEngine::FakePriorEngine(BeforeStep before_step)
    : info_({.checkpoint_name = "fake",
             .fingerprint = "00ff",
             .parameter_count = 42,
             .dtype = "float32",
             .thread_count = 1,
             .embedding_dim = 4,
             .context_length = 3,
             .hidden_dim = 2}),
      before_step_(std::move(before_step)) {}

absl::StatusOr<std::vector<std::vector<float>>> FakePriorEngine::Sample(const SamplePriorInput& input,
                                                                        const PriorStepCallback& on_step) {
  {
    absl::MutexLock lock(&mutex_);
    inputs_.push_back(input);
  }
  for (int step = 1; step <= input.step_count; ++step) {
    if (before_step_) RETURN_IF_ERROR(before_step_(step));
    RETURN_IF_ERROR(on_step(step));
  }
  std::vector<std::vector<float>> embeddings;
  embeddings.reserve(static_cast<size_t>(input.candidate_count));
  for (int i = 0; i < input.candidate_count; ++i) {
    embeddings.push_back({static_cast<float>(input.seed), static_cast<float>(i), static_cast<float>(input.step_count),
                          static_cast<float>(input.guidance_scale)});
  }
  return embeddings;
}

std::vector<SamplePriorInput> FakePriorEngine::inputs() const {
  absl::MutexLock lock(&mutex_);
  return inputs_;
}

}  // namespace unclip::prior
