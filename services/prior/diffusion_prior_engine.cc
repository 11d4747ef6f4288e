#include "services/prior/diffusion_prior_engine.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/diffusion/philox_noise.h"
#include "model/step_graphs.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "services/prior/prior_model.h"
#include "services/prior/prior_sampler.h"
#include "services/prior/prior_tensors.h"
#include "services/prior/prior_warm_up.h"

namespace unclip::prior {
namespace {

constexpr int kWarmUpSteps = 5;

// A request's run, and what it draws its noise from.
struct DiffusionPriorRun final : public PriorRun {
  explicit DiffusionPriorRun(uint64_t seed) : noise(seed) {}

  int row_count() const override { return static_cast<int>(sampling->row_count()); }

  model::PhiloxNoise noise;
  std::unique_ptr<PriorSamplingRun> sampling;
};

class DiffusionPriorEngine final : public PriorEngine {
 public:
  DiffusionPriorEngine(std::unique_ptr<const PriorModel> model, PriorModelInfo info)
      : model_(std::move(model)),
        info_(std::move(info)),
        step_threads_(StepThreads(model_->network.config().inner_dim(), info_.thread_count)) {}

  const PriorModelInfo& info() const override { return info_; }
  PriorModelInfo& mutable_info() { return info_; }

  absl::StatusOr<std::unique_ptr<PriorRun>> Start(const SamplePriorInput& input) override {
    return model::TorchGuard([&]() -> absl::StatusOr<std::unique_ptr<PriorRun>> {
      model::UseThreads(step_threads_);
      auto run = std::make_unique<DiffusionPriorRun>(input.seed);
      ASSIGN_OR_RETURN(run->sampling, PriorSamplingRun::Start(model_->network, model_->scheduler, ToSampling(input), run->noise));
      return run;
    });
  }

  std::vector<absl::Status> Step(absl::Span<PriorRun* const> runs) override {
    std::vector<PriorSamplingRun*> samplings;
    samplings.reserve(runs.size());
    for (PriorRun* run : runs) samplings.push_back(static_cast<DiffusionPriorRun*>(run)->sampling.get());
    std::vector<absl::Status> results;
    const absl::Status status = model::TorchGuard([&] {
      model::UseThreads(step_threads_);
      results = StepPrior(samplings, model_->network.device().is_cpu() ? nullptr : &graphs_);
      return absl::OkStatus();
    });
    return status.ok() ? results : std::vector<absl::Status>(runs.size(), status);
  }

  absl::StatusOr<std::vector<std::vector<float>>> Finish(PriorRun& run) override {
    return model::TorchGuard([&]() -> absl::StatusOr<std::vector<std::vector<float>>> {
      return ToVectors(static_cast<DiffusionPriorRun&>(run).sampling->Embeddings());
    });
  }

 private:
  PriorSampling ToSampling(const SamplePriorInput& input) const {
    const TextRows text(input, info_);
    return {.text_embedding = text.embedding,
            .hidden_states = text.hidden_states,
            .attention_mask = text.attention_mask,
            .samples_per_prompt = input.candidate_count,
            .sampler = input.sampling.WithSteps(input.step_count),
            .has_guidance = input.guidance_scale > 1,
            .guidance_scale = input.guidance_scale,
            .guidance_interval = input.sampling.guidance_interval};
  }

  std::unique_ptr<const PriorModel> model_;
  PriorModelInfo info_;
  const int step_threads_;
  model::StepGraphs graphs_;  // for GPUs
};

}  // namespace

absl::StatusOr<std::unique_ptr<PriorEngine>> LoadDiffusionPriorEngine(const model::Checkpoint& checkpoint,
                                                                      const at::TensorOptions& options, PriorModelInfo info) {
  ASSIGN_OR_RETURN(info.fingerprint, checkpoint.Fingerprint({"prior", "prior_scheduler"}));
  ASSIGN_OR_RETURN(std::unique_ptr<const PriorModel> model, LoadPriorModel(checkpoint, options));
  const PriorConfig& config = model->network.config();
  info.parameter_count = model->parameter_count;
  info.embedding_dim = config.embedding_dim;
  info.context_length = config.num_embeddings;
  info.hidden_dim = config.embedding_dim;  // the prior projects hidden states as it does embeddings
  auto engine = std::make_unique<DiffusionPriorEngine>(std::move(model), std::move(info));
  if (absl::Status status = WarmUp(*engine, kWarmUpSteps, engine->mutable_info()); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(checkpoint.dir(), "/prior: warm-up failed: ", status.message()));
  }
  return engine;
}

}  // namespace unclip::prior
