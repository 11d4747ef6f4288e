#include "services/prior/fake_prior_engine.h"

#include <utility>

namespace unclip::prior {
namespace {

struct Run final : public PriorRun {
  explicit Run(const SamplePriorInput& sample_input) : input(sample_input) {}

  int row_count() const override { return RowCount(input); }

  const SamplePriorInput input;
  int step = 0;
};

}  // namespace

FakePriorEngine::FakePriorEngine(BeforeStep before_step)
    : info_({.checkpoint_name = "fake",
             .fingerprint = "00ff",
             .parameter_count = 42,
             .dtype = "float32",
             .thread_count = 1,
             .embedding_dim = 4,
             .context_length = 3,
             .hidden_dim = 2,
             .max_batch_rows = 4,
             .step_duration = absl::Seconds(1),
             .row_bytes = 1 << 20,
             .run_bytes = 1 << 20}),
      before_step_(std::move(before_step)) {}

absl::StatusOr<std::unique_ptr<PriorRun>> FakePriorEngine::Start(const SamplePriorInput& input) {
  absl::MutexLock lock(&mutex_);
  inputs_.push_back(input);
  return std::make_unique<Run>(input);
}

std::vector<absl::Status> FakePriorEngine::Step(absl::Span<PriorRun* const> runs) {
  std::vector<absl::Status> results;
  for (PriorRun* run : runs) {
    const int step = ++static_cast<Run*>(run)->step;
    results.push_back(before_step_ ? before_step_(step) : absl::OkStatus());
  }
  return results;
}

absl::StatusOr<std::vector<std::vector<float>>> FakePriorEngine::Finish(PriorRun& run) {
  const SamplePriorInput& input = static_cast<Run&>(run).input;
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
