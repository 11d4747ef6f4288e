#include "services/prior/autoregressive_prior_engine.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "model/weights/load_network.h"
#include "services/prior/autoregressive_sampler.h"
#include "services/prior/prior_tensors.h"
#include "services/prior/prior_warm_up.h"

namespace unclip::prior {
namespace {

struct AutoregressivePriorRun final : public PriorRun {
  AutoregressivePriorRun(const AutoregressiveTransformer& network, const AutoregressiveSampling& options)
      : sampling(network, options) {}

  int row_count() const override { return static_cast<int>(sampling.row_count()); }

  AutoregressiveRun sampling;
};

class AutoregressivePriorEngine final : public PriorEngine {
 public:
  AutoregressivePriorEngine(AutoregressiveTransformer network, PriorModelInfo info)
      : network_(std::move(network)),
        info_(std::move(info)),
        step_threads_(StepThreads(network_.config().inner_dim(), info_.thread_count)) {}

  const PriorModelInfo& info() const override { return info_; }
  PriorModelInfo& mutable_info() { return info_; }

  absl::StatusOr<std::unique_ptr<PriorRun>> Start(const SamplePriorInput& input) override {
    return model::TorchGuard([&]() -> absl::StatusOr<std::unique_ptr<PriorRun>> {
      model::UseThreads(step_threads_);
      const TextRows text(input, info_);
      const AutoregressiveSampling sampling = {.text_embedding = text.embedding,
                                               .hidden_states = text.hidden_states,
                                               .attention_mask = text.attention_mask,
                                               .samples_per_prompt = input.candidate_count,
                                               .has_guidance = input.guidance_scale > 1,
                                               .guidance_scale = input.guidance_scale,
                                               .guidance_interval = input.sampling.guidance_interval,
                                               .seed = input.seed};
      return std::make_unique<AutoregressivePriorRun>(network_, sampling);
    });
  }

  std::vector<absl::Status> Step(absl::Span<PriorRun* const> runs) override {
    std::vector<AutoregressiveRun*> samplings;
    samplings.reserve(runs.size());
    for (PriorRun* run : runs) samplings.push_back(&static_cast<AutoregressivePriorRun*>(run)->sampling);
    std::vector<absl::Status> results;
    const absl::Status status = model::TorchGuard([&] {
      model::UseThreads(step_threads_);
      results = StepAutoregressive(samplings);
      return absl::OkStatus();
    });
    return status.ok() ? results : std::vector<absl::Status>(runs.size(), status);
  }

  absl::StatusOr<std::vector<std::vector<float>>> Finish(PriorRun& run) override {
    return model::TorchGuard([&]() -> absl::StatusOr<std::vector<std::vector<float>>> {
      return ToVectors(static_cast<AutoregressivePriorRun&>(run).sampling.Embeddings());
    });
  }

 private:
  const AutoregressiveTransformer network_;
  PriorModelInfo info_;
  const int step_threads_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PriorEngine>> LoadAutoregressivePriorEngine(const model::Checkpoint& checkpoint,
                                                                           const at::TensorOptions& options,
                                                                           PriorModelInfo info) {
  const std::string component = AutoregressiveConfig::kComponent;
  if (!checkpoint.HasComponent(component)) {
    return absl::NotFoundError(
        absl::StrCat(checkpoint.dir(), "/", component,
                     ": no weights of an autoregressive prior; serve the diffusion prior, or train one with "
                     "unclip train autoregressive-prior"));
  }
  ASSIGN_OR_RETURN(const std::string dir, checkpoint.ComponentDir(component));
  ASSIGN_OR_RETURN(info.fingerprint, checkpoint.Fingerprint({component}));
  ASSIGN_OR_RETURN(const AutoregressiveConfig config, ReadAutoregressiveConfig(dir));
  ASSIGN_OR_RETURN(AutoregressiveTransformer network,
                   (model::LoadNetwork<AutoregressiveTransformer>(config, dir, options, info.parameter_count)));
  info.embedding_dim = config.embedding_dim;
  info.context_length = config.num_embeddings;
  info.hidden_dim = config.embedding_dim;  // the prior projects hidden states as it does embeddings
  info.step_count = {.minimum = config.num_components, .maximum = config.num_components, .default_value = config.num_components};
  auto engine = std::make_unique<AutoregressivePriorEngine>(std::move(network), std::move(info));
  if (absl::Status status = WarmUp(*engine, config.num_components, engine->mutable_info()); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(dir, ": warm-up failed: ", status.message()));
  }
  return engine;
}

}  // namespace unclip::prior
