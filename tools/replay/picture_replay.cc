#include "tools/replay/picture_replay.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <vector>

#include "absl/types/span.h"
#include "base/status_macros.h"
#include "model/diffusion/reference_noise.h"
#include "model/step_graphs.h"
#include "services/decoder/base_sampler.h"
#include "services/decoder/upsampler.h"
#include "services/prior/prior_sampler.h"
#include "tools/replay/module_replay.h"

namespace unclip::replay {
namespace {

// N pictures' conditioning; with guidance twice as many rows, the unconditional ones first.
struct Conditioning {
  at::Tensor embeddings;     // [N or 2N, D]
  at::Tensor hidden_states;  // [N or 2N, T, W]
  at::Tensor mask;           // [N or 2N, T]
};

// The reference encodes all prompts in one batch, then as many empty ones, and repeats each row for its pictures.
Conditioning Encode(const clip::ClipText& text, const std::vector<std::string>& prompts, int images_per_prompt) {
  std::vector<at::Tensor> ids, masks;
  for (const std::string& prompt : prompts) {
    const clip::PaddedTokens tokens = text.tokenizer->Pad(text.tokenizer->Encode(prompt).ids);
    ids.push_back(clip::TokenTensor(tokens));
    masks.push_back(clip::MaskTensor(tokens));
  }
  const clip::ClipTextModel::Output output = text.network.Forward(at::cat(ids));
  return {.embeddings = output.text_embeds.repeat_interleave(images_per_prompt, 0),           // [N, D]
          .hidden_states = output.last_hidden_state.repeat_interleave(images_per_prompt, 0),  // [N, T, W]
          .mask = at::cat(masks).repeat_interleave(images_per_prompt, 0)};                    // [N, T]
}

Conditioning EncodeWithGuidance(const clip::ClipText& text, const PipelineCall& call, bool has_guidance) {
  Conditioning conditioning = Encode(text, call.prompts, call.images_per_prompt);
  if (!has_guidance) return conditioning;
  const Conditioning empty = Encode(text, std::vector<std::string>(call.prompts.size(), ""), call.images_per_prompt);
  return {.embeddings = at::cat({empty.embeddings, conditioning.embeddings}),
          .hidden_states = at::cat({empty.hidden_states, conditioning.hidden_states}),
          .mask = at::cat({empty.mask, conditioning.mask})};
}

// Steps one run to its end.
template <typename Run, typename StepFunction>
absl::Status Finish(Run& run, StepFunction step) {
  Run* const runs[] = {&run};
  while (!run.denoise().done()) RETURN_IF_ERROR(step(absl::MakeConstSpan(runs)).front());
  return absl::OkStatus();
}

// The picture's own embedding for a variation, else the prior's. [N, D]
absl::StatusOr<at::Tensor> ImageEmbeddings(const Trace& trace, const Networks& networks, const Conditioning& text,
                                           bool has_guidance, model::NoiseSource& noise, model::StepGraphs* graphs) {
  const PipelineCall& call = trace.call();
  if (call.is_variation) {
    ASSIGN_OR_RETURN(const at::Tensor pixels, Preprocess(*networks.vision, trace.Get("input_image")));
    return networks.vision->network.Forward(pixels).image_embeds.repeat_interleave(call.batch_size(), 0);
  }
  const prior::PriorSampling sampling = {.text_embedding = text.embeddings,
                                         .hidden_states = text.hidden_states,
                                         .attention_mask = text.mask,
                                         .sampler = {.step_count = call.prior_steps},
                                         .has_guidance = has_guidance,
                                         .guidance_scale = call.prior_guidance_scale};
  ASSIGN_OR_RETURN(const auto run,
                   prior::PriorSamplingRun::Start(networks.prior->network, networks.prior->scheduler, sampling, noise));
  RETURN_IF_ERROR(Finish(*run, [graphs](auto runs) { return prior::StepPrior(runs, graphs); }));
  return run->Embeddings();
}

}  // namespace

absl::Status ReplayPicture(const Trace& trace, const Networks& networks, const Tolerance& tolerance, Comparison& comparison) {
  const PipelineCall& call = trace.call();
  const bool has_guidance = call.has_guidance();
  const decoder::DecoderModel& decoder = *networks.decoder;
  model::ReferenceNoise noise(call.seed);
  const Conditioning text = EncodeWithGuidance(*networks.text, call, has_guidance);
  model::StepGraphs recorded;
  model::StepGraphs* const graphs = networks.device().is_cpu() ? nullptr : &recorded;  // as the engines do
  ASSIGN_OR_RETURN(const at::Tensor embeddings, ImageEmbeddings(trace, networks, text, has_guidance, noise, graphs));
  const decoder::BaseSampling sampling = {.image_embeddings = embeddings,
                                          .text_embeddings = text.embeddings,
                                          .hidden_states = text.hidden_states,
                                          .attention_mask = text.mask,
                                          .sampler = {.step_count = call.decoder_steps},
                                          .has_guidance = has_guidance,
                                          .guidance_scale = call.decoder_guidance_scale};
  ASSIGN_OR_RETURN(const auto base,
                   decoder::BaseSamplingRun::Start(decoder.unet, decoder.text_projection, decoder.scheduler, sampling, noise));
  RETURN_IF_ERROR(Finish(*base, [graphs](auto runs) { return decoder::StepBase(runs, /*lanes=*/nullptr, graphs); }));
  const decoder::UpsamplerModel& upsampler = *decoder.upsamplers[0];
  const decoder::Upsampling order = {.pictures = base->Pictures(), .sampler = {.step_count = call.super_res_steps}};
  ASSIGN_OR_RETURN(const auto upsampling, decoder::UpsamplingRun::Start(upsampler.networks(), upsampler.scheduler, order, noise,
                                                                        model::NoiseKey::kSuperRes));
  RETURN_IF_ERROR(Finish(*upsampling, [graphs](auto runs) { return decoder::StepUpsampling(runs, /*lanes=*/nullptr, graphs); }));
  const at::Tensor large = upsampling->Pictures();
  const at::Tensor pictures = (large * 0.5 + 0.5).clamp(0, 1).permute({0, 2, 3, 1});  // [N, H, W, 3]
  comparison.AddPictures("picture", pictures, trace.Get("image"), tolerance.checks_pictures);
  return absl::OkStatus();
}

}  // namespace unclip::replay
