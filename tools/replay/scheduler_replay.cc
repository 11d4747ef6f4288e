#include "tools/replay/scheduler_replay.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_upsample_bicubic2d_aa.h>

#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/diffusion/guidance.h"
#include "model/diffusion/reference_noise.h"

namespace unclip::replay {
namespace {

// One diffusion of a trace: where its samples, outputs and end are to be found.
struct Diffusion {
  std::string stage;
  int step_count = 0;
  std::vector<int64_t> shape;                        // [N, C, ...]
  std::function<std::string(int step)> sample_name;  // of the tensor whose first N rows (and C channels) are x at a step
  std::function<at::Tensor(int step)> output;        // the guided output, [N, C or 2C, ...]
  // Compares the end of the diffusion with what the trace makes of it.
  std::function<void(const at::Tensor& x)> compare_end;
};

class SchedulerReplay {
 public:
  SchedulerReplay(const Trace& trace, const Networks& networks, const Tolerance& tolerance, Comparison& comparison)
      : trace_(trace),
        networks_(networks),
        tolerance_(tolerance.scheduler_relative),
        comparison_(comparison),
        noise_(trace.call().seed) {}

  absl::Status Run() {
    if (networks_.prior != nullptr) RETURN_IF_ERROR(Replay(networks_.prior->scheduler, Prior()));
    RETURN_IF_ERROR(Replay(networks_.decoder->scheduler, Decoder()));
    return Replay(networks_.decoder->upsamplers[0]->scheduler, SuperRes());
  }

 private:
  // x at `step` as the network was given it.
  at::Tensor SampleAt(const Diffusion& diffusion, int step) const {
    return trace_.Get(diffusion.sample_name(step)).narrow(0, 0, diffusion.shape[0]).narrow(1, 0, diffusion.shape[1]);
  }

  absl::Status Replay(const model::UnclipScheduler& scheduler, const Diffusion& diffusion) {
    ASSIGN_OR_RETURN(const std::vector<int> timesteps, scheduler.Timesteps(diffusion.step_count));
    const at::Tensor start = noise_.Draw({}, diffusion.shape);
    for (int i = 0; i < diffusion.step_count; ++i) {
      if (!trace_.Has(diffusion.sample_name(i))) {
        return absl::InvalidArgumentError(absl::StrCat("the trace has no tensor ", diffusion.sample_name(i)));
      }
      const at::Tensor x = SampleAt(diffusion, i);
      if (i == 0) comparison_.Add("noise", diffusion.sample_name(0), start, x, /*tolerance=*/0);
      const bool is_last = i + 1 == diffusion.step_count;
      const at::Device device = networks_.device();
      const at::Tensor noise = timesteps[i] > 0 ? noise_.Draw({}, diffusion.shape).to(device) : at::Tensor();
      const at::Tensor next = scheduler
                                  .Advance(diffusion.output(i).to(device), timesteps[i],
                                           is_last ? timesteps[i] - 1 : timesteps[i + 1], x.to(device), noise)
                                  .previous_sample;
      if (is_last) {
        diffusion.compare_end(next);
      } else {
        comparison_.Add(diffusion.stage, diffusion.sample_name(i + 1), next, SampleAt(diffusion, i + 1), tolerance_);
      }
    }
    return absl::OkStatus();
  }

  at::Tensor Output(const std::string& module, int call, const std::string& name) const {
    return trace_.Get(Trace::NameOf(module, call, "out." + name));
  }

  Diffusion Prior() const {
    const PipelineCall& call = trace_.call();
    const std::string end = Trace::NameOf("text_proj", 0, "in.image_embeddings");
    return {.stage = "prior scheduler",
            .step_count = call.prior_steps,
            .shape = {call.batch_size(), networks_.prior->network.config().embedding_dim},
            .sample_name = [](int step) { return Trace::NameOf("prior", step, "in.arg0"); },
            .output =
                [this, &call](int step) {
                  const at::Tensor output = Output("prior", step, "predicted_image_embedding");
                  return call.has_guidance() ? model::Guide(output, call.prior_guidance_scale) : output;
                },
            .compare_end =
                [this, end](const at::Tensor& x) {
                  const at::Tensor embeddings = networks_.prior->network.Denormalize(x);
                  comparison_.Add("prior scheduler", end, embeddings, trace_.Get(end), tolerance_);
                }};
  }

  Diffusion Decoder() const {
    const PipelineCall& call = trace_.call();
    const int64_t channels = networks_.decoder->unet.config().in_channels, size = networks_.decoder->unet.config().sample_size;
    return {
        .stage = "decoder scheduler",
        .step_count = call.decoder_steps,
        .shape = {call.batch_size(), channels, size, size},
        .sample_name = [](int step) { return Trace::NameOf("decoder", step, "in.sample"); },
        .output =
            [this, &call, channels](int step) {
              const at::Tensor output = Output("decoder", step, "sample");
              return call.has_guidance() ? model::GuideKeepingVariance(output, call.decoder_guidance_scale, channels) : output;
            },
        .compare_end =
            [this, channels](const at::Tensor& x) {
              // The picture enters the upsampler enlarged, behind the upsampler's own noise.
              const std::string name = SuperResSampleName(0);
              const int64_t enlarged_size = networks_.decoder->upsamplers[0]->first.config().sample_size;
              const at::Tensor enlarged =
                  at::_upsample_bicubic2d_aa(x.clamp(-1, 1), {enlarged_size, enlarged_size}, /*align_corners=*/false);
              comparison_.Add("decoder scheduler", name, enlarged, trace_.Get(name).narrow(1, channels, channels), tolerance_);
            }};
  }

  // The last step is the other network's only call.
  std::string SuperResModule(int step) const {
    return step + 1 == trace_.call().super_res_steps ? "super_res_last" : "super_res_first";
  }
  std::string SuperResSampleName(int step) const {
    const bool is_last = step + 1 == trace_.call().super_res_steps;
    return Trace::NameOf(SuperResModule(step), is_last ? 0 : step, "in.sample");
  }

  Diffusion SuperRes() const {
    const decoder::UnetConfig& config = networks_.decoder->upsamplers[0]->first.config();
    const int step_count = trace_.call().super_res_steps;
    return {.stage = "super_res scheduler",
            .step_count = step_count,
            .shape = {trace_.call().batch_size(), config.in_channels / 2, config.sample_size, config.sample_size},
            .sample_name = [this](int step) { return SuperResSampleName(step); },
            .output = [this, step_count](
                          int step) { return Output(SuperResModule(step), step + 1 == step_count ? 0 : step, "sample"); },
            .compare_end =
                [this](const at::Tensor& x) {
                  const at::Tensor picture = (x * 0.5 + 0.5).clamp(0, 1).permute({0, 2, 3, 1});  // [N, H, W, 3]
                  comparison_.Add("super_res scheduler", "image", picture, trace_.Get("image"), tolerance_);
                }};
  }

  const Trace& trace_;
  const Networks& networks_;
  double tolerance_;
  Comparison& comparison_;
  model::ReferenceNoise noise_;
};

}  // namespace

absl::Status ReplaySchedulers(const Trace& trace, const Networks& networks, const Tolerance& tolerance, Comparison& comparison) {
  if (trace.CallCount("decoder") == 0) return absl::OkStatus();
  return SchedulerReplay(trace, networks, tolerance, comparison).Run();
}

}  // namespace unclip::replay
