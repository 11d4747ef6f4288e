#include "services/prior/prior_engine_factory.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "model/device_option.h"
#include "model/diffusion/philox_noise.h"
#include "model/nn/tensor_view.h"
#include "model/step_graphs.h"
#include "model/tensor_memory.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "model/weights/checkpoint.h"
#include "model/weights/dtype_option.h"
#include "services/prior/prior_model.h"
#include "services/prior/prior_sampler.h"

namespace unclip::prior {
namespace {

// A request's run, and what it draws its noise from.
struct TorchPriorRun final : public PriorRun {
  explicit TorchPriorRun(uint64_t seed) : noise(seed) {}

  int row_count() const override { return static_cast<int>(sampling->row_count()); }

  model::PhiloxNoise noise;
  std::unique_ptr<PriorSamplingRun> sampling;
};

// Threads that a step of such a network is computed on. Where a layer's weights fit into a core's cache, each operator is done
// before another thread has woken up. A rule and no measurement, as the bits of attention depend on the number.
int StepThreads(const PriorConfig& config, int thread_count) {
  constexpr int64_t kSmallWidth = 256;
  return config.inner_dim() <= kSmallWidth ? 1 : thread_count;
}

class TorchPriorEngine final : public PriorEngine {
 public:
  TorchPriorEngine(std::unique_ptr<const PriorModel> model, PriorModelInfo info)
      : model_(std::move(model)),
        info_(std::move(info)),
        step_threads_(StepThreads(model_->network.config(), info_.thread_count)) {}

  const PriorModelInfo& info() const override { return info_; }
  PriorModelInfo& mutable_info() { return info_; }

  absl::StatusOr<std::unique_ptr<PriorRun>> Start(const SamplePriorInput& input) override {
    return model::TorchGuard([&]() -> absl::StatusOr<std::unique_ptr<PriorRun>> {
      model::UseThreads(step_threads_);
      auto run = std::make_unique<TorchPriorRun>(input.seed);
      ASSIGN_OR_RETURN(run->sampling, PriorSamplingRun::Start(model_->network, model_->scheduler, ToSampling(input), run->noise));
      return run;
    });
  }

  std::vector<absl::Status> Step(absl::Span<PriorRun* const> runs) override {
    std::vector<PriorSamplingRun*> samplings;
    samplings.reserve(runs.size());
    for (PriorRun* run : runs) samplings.push_back(static_cast<TorchPriorRun*>(run)->sampling.get());
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
      const at::Tensor samples = static_cast<TorchPriorRun&>(run).sampling->Embeddings();  // [N, D]
      std::vector<std::vector<float>> embeddings;
      embeddings.reserve(samples.size(0));
      for (int64_t i = 0; i < samples.size(0); ++i) embeddings.push_back(model::ToFloats(samples.select(0, i)));  // D each
      return embeddings;
    });
  }

 private:
  PriorSampling ToSampling(const SamplePriorInput& input) const {
    PriorSampling sampling = {.text_embedding = {},
                              .hidden_states = {},
                              .attention_mask = {},
                              .samples_per_prompt = input.candidate_count,
                              .sampler = input.sampling.WithSteps(input.step_count),
                              .has_guidance = input.guidance_scale > 1,
                              .guidance_scale = input.guidance_scale,
                              .guidance_interval = input.sampling.guidance_interval};
    std::vector<const TextConditioning*> texts = {&input.text};
    if (sampling.has_guidance) texts.insert(texts.begin(), &input.negative_text);
    std::vector<at::Tensor> embeddings, states, masks;
    for (const TextConditioning* text : texts) {
      embeddings.push_back(model::ViewFloats(text->text_embedding, {1, info_.embedding_dim}));
      states.push_back(model::ViewFloats(text->hidden_states, {1, info_.context_length, info_.hidden_dim}));
      masks.push_back(model::ViewMask(text->attention_mask));
    }
    sampling.text_embedding = at::cat(embeddings);  // [1 or 2, D]
    sampling.hidden_states = at::cat(states);       // [1 or 2, T, W]
    sampling.attention_mask = at::cat(masks);       // [1 or 2, T]
    return sampling;
  }

  std::unique_ptr<const PriorModel> model_;
  PriorModelInfo info_;
  const int step_threads_;
  model::StepGraphs graphs_;  // for GPUs
};

// One short run on nothing in particular: finds weights that are not finite, leaves everything warm, and tells what a step takes.
absl::Status WarmUp(TorchPriorEngine& engine) {
  const PriorModelInfo& info = engine.info();
  SamplePriorInput input;
  input.text = {.text_embedding = std::vector<float>(info.embedding_dim, 0.0F),
                .hidden_states = std::vector<float>(static_cast<size_t>(info.context_length) * info.hidden_dim, 0.0F),
                .attention_mask = std::vector<uint8_t>(info.context_length, 1)};
  input.negative_text = input.text;
  input.guidance_scale = 2;
  input.step_count = 5;
  const model::MemoryMeter run_meter;
  ASSIGN_OR_RETURN(const std::unique_ptr<PriorRun> run, engine.Start(input));
  engine.mutable_info().run_bytes = run_meter.Kept();
  PriorRun* const runs[] = {run.get()};
  const model::MemoryMeter step_meter;
  RETURN_IF_ERROR(engine.Step(runs).front());  // the first also warms up
  engine.mutable_info().row_bytes = step_meter.Peak() / RowCount(input);
  // The least of the others: on a busy machine any one may be held up.
  absl::Duration least = absl::InfiniteDuration();
  for (int step = 1; step < input.step_count; ++step) {
    const absl::Duration start = Clock::Real().Now();
    RETURN_IF_ERROR(engine.Step(runs).front());
    least = std::min(least, Clock::Real().Now() - start);
  }
  engine.mutable_info().step_duration = least;
  return engine.Finish(*run).status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<PriorEngine>> LoadPriorEngine(const PriorEngineOptions& options) {
  ASSIGN_OR_RETURN(const at::Device device, model::ParseDevice(options.device));
  ASSIGN_OR_RETURN(const at::ScalarType dtype, model::ParseServingDtype(options.dtype, device));
  model::PrepareDevice(device);
  ASSIGN_OR_RETURN(const model::Checkpoint checkpoint, model::Checkpoint::Open(options.checkpoint));
  PriorModelInfo info;
  info.checkpoint_name = checkpoint.name();
  info.dtype = model::ServingDtypeName(dtype);
  info.thread_count = model::UseThreads(options.thread_count);
  model::KeepFreedMemory();
  ASSIGN_OR_RETURN(info.fingerprint, checkpoint.Fingerprint({"prior", "prior_scheduler"}));
  ASSIGN_OR_RETURN(std::unique_ptr<const PriorModel> model, LoadPriorModel(checkpoint, at::TensorOptions(device).dtype(dtype)));
  const PriorConfig& config = model->network.config();
  info.parameter_count = model->parameter_count;
  info.embedding_dim = config.embedding_dim;
  info.context_length = config.num_embeddings;
  info.hidden_dim = config.embedding_dim;  // the prior projects hidden states as it does embeddings
  info.max_batch_rows = options.max_batch_rows;
  auto engine = std::make_unique<TorchPriorEngine>(std::move(model), std::move(info));
  if (absl::Status status = WarmUp(*engine); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(checkpoint.dir(), "/prior: warm-up failed: ", status.message()));
  }
  model::ReleaseUnusedMemory();
  return engine;
}

}  // namespace unclip::prior
