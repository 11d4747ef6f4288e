#include "services/prior/prior_engine_factory.h"

#include <ATen/ops/cat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/diffusion/philox_noise.h"
#include "model/nn/tensor_view.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "model/weights/checkpoint.h"
#include "model/weights/dtype_option.h"
#include "services/prior/prior_model.h"
#include "services/prior/prior_sampler.h"

namespace unclip::prior {
namespace {

class TorchPriorEngine final : public PriorEngine {
 public:
  TorchPriorEngine(std::unique_ptr<const PriorModel> model, PriorModelInfo info)
      : model_(std::move(model)), info_(std::move(info)) {}

  const PriorModelInfo& info() const override { return info_; }

  absl::StatusOr<std::vector<std::vector<float>>> Sample(const SamplePriorInput& input,
                                                         const PriorStepCallback& on_step) override {
    return model::TorchGuard([&]() -> absl::StatusOr<std::vector<std::vector<float>>> {
      model::UseThreads(info_.thread_count);
      model::PhiloxNoise noise(input.seed);
      ASSIGN_OR_RETURN(const at::Tensor samples,
                       SamplePrior(model_->network, model_->scheduler, ToSampling(input), noise,
                                   [&](int step, const at::Tensor& /*original_sample*/) { return on_step(step); }));
      std::vector<std::vector<float>> embeddings;
      embeddings.reserve(samples.size(0));
      for (int64_t i = 0; i < samples.size(0); ++i) embeddings.push_back(model::ToFloats(samples.select(0, i)));  // D each
      return embeddings;
    });
  }

 private:
  // One prompt's conditioning as tensors of one row, which do not outlive it.
  struct Row {
    at::Tensor embedding;      // [1, D]
    at::Tensor hidden_states;  // [1, T, W]
    at::Tensor mask;           // [1, T]
  };

  Row ToRow(const TextConditioning& text) const {
    return {.embedding = model::ViewFloats(text.text_embedding, {1, info_.embedding_dim}),
            .hidden_states = model::ViewFloats(text.hidden_states, {1, info_.context_length, info_.hidden_dim}),
            .mask = model::ViewMask(text.attention_mask)};
  }

  PriorSampling ToSampling(const SamplePriorInput& input) const {
    const int64_t n = input.candidate_count;
    PriorSampling sampling;
    sampling.sample_count = n;
    sampling.step_count = input.step_count;
    sampling.has_guidance = input.guidance_scale > 1;
    sampling.guidance_scale = input.guidance_scale;
    const Row text = ToRow(input.text);
    sampling.text_embedding = text.embedding.expand({n, -1});         // [N, D]
    sampling.hidden_states = text.hidden_states.expand({n, -1, -1});  // [N, T, W]
    sampling.attention_mask = text.mask.expand({n, -1});              // [N, T]
    if (sampling.has_guidance) {
      const Row negative = ToRow(input.negative_text);
      sampling.text_embedding = at::cat({negative.embedding.expand({n, -1}), sampling.text_embedding});        // [2N, D]
      sampling.hidden_states = at::cat({negative.hidden_states.expand({n, -1, -1}), sampling.hidden_states});  // [2N, T, W]
      sampling.attention_mask = at::cat({negative.mask.expand({n, -1}), sampling.attention_mask});             // [2N, T]
    }
    return sampling;
  }

  std::unique_ptr<const PriorModel> model_;
  PriorModelInfo info_;
};

// One short run on nothing in particular: finds weights that are not finite, and leaves everything warm.
absl::Status WarmUp(PriorEngine& engine) {
  const PriorModelInfo& info = engine.info();
  SamplePriorInput input;
  input.text = {.text_embedding = std::vector<float>(info.embedding_dim, 0.0F),
                .hidden_states = std::vector<float>(static_cast<size_t>(info.context_length) * info.hidden_dim, 0.0F),
                .attention_mask = std::vector<uint8_t>(info.context_length, 1)};
  input.negative_text = input.text;
  input.guidance_scale = 2;
  return engine.Sample(input, [](int /*step*/) { return absl::OkStatus(); }).status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<PriorEngine>> LoadPriorEngine(const PriorEngineOptions& options) {
  ASSIGN_OR_RETURN(const at::ScalarType dtype, model::ParseServingDtype(options.dtype));
  ASSIGN_OR_RETURN(const model::Checkpoint checkpoint, model::Checkpoint::Open(options.checkpoint));
  PriorModelInfo info;
  info.checkpoint_name = checkpoint.name();
  info.dtype = options.dtype;
  info.thread_count = model::UseThreads(options.thread_count);
  ASSIGN_OR_RETURN(info.fingerprint, checkpoint.Fingerprint({"prior", "prior_scheduler"}));
  ASSIGN_OR_RETURN(std::unique_ptr<const PriorModel> model, LoadPriorModel(checkpoint, dtype));
  const PriorConfig& config = model->network.config();
  info.parameter_count = model->parameter_count;
  info.embedding_dim = config.embedding_dim;
  info.context_length = config.num_embeddings;
  info.hidden_dim = config.embedding_dim;  // the prior projects hidden states as it does embeddings
  auto engine = std::make_unique<TorchPriorEngine>(std::move(model), std::move(info));
  if (absl::Status status = WarmUp(*engine); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(checkpoint.dir(), "/prior: warm-up failed: ", status.message()));
  }
  model::ReleaseUnusedMemory();
  return engine;
}

}  // namespace unclip::prior
