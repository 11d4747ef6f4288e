// The UNet of every stage of the cascade: the base decoder with attention to the text, the upsamplers without.
#ifndef UNCLIP_SERVICES_DECODER_UNET_H_
#define UNCLIP_SERVICES_DECODER_UNET_H_

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "model/nn/added_kv_attention.h"
#include "model/nn/conv2d.h"
#include "model/nn/group_norm.h"
#include "model/nn/parameter_source.h"
#include "model/nn/time_projections.h"
#include "model/nn/timestep_embedding.h"
#include "model/row_lanes.h"
#include "services/decoder/unet_block.h"
#include "services/decoder/unet_config.h"

namespace unclip::decoder {

// Source: ADM (Dhariwal & Nichol 2021, 2105.05233) §3, GLIDE (2112.10741); reference unet_2d_condition.py and unet_2d.py.
// Letters: N batch, C channels, H and W height and width, S context tokens, X their width, E time embedding width.
// Forward passes are const and thread-safe. Inputs may be on another device than the weights, except for `time` and contexts.
class Unet {
 public:
  // What the base decoder is conditioned on besides the timestep; the same at every step of a request. Of R samples.
  struct Context {
    at::Tensor tokens;        // [R, S, X]
    at::Tensor mask;          // [R, S], 1 for tokens and 0 for padding
    at::Tensor class_labels;  // [R, E], added to the time embedding
  };

  // A context as the attention layers read it.
  struct ProjectedContext {
    std::vector<at::Tensor> layers;  // keys and values for each attention layer, [R, S, 2 C]
    at::Tensor scores;               // [R, S], added to attention scores
  };

  // What lies below the finest level, kept at one step and reused at later ones, where it changes little. Source: DeepCache (Ma
  // et al. 2023, 2312.00858) §3.2, with the branch at the finest up block.
  struct DeepFeatures {
    bool reuse = false;   // whether a forward pass reads `features`; else it writes them
    at::Tensor features;  // what the finest up block reads, [N, C, H, W] of the network's type
  };

  Unet(const UnetConfig& config, model::ParameterSource& source);

  // What the residual blocks are told of each of M timesteps [M], to which class_labels [M, E] are added where the config has
  // them: [M, P] float32. A run computes its rows once.
  at::Tensor ProjectTime(const at::Tensor& timesteps, const at::Tensor& class_labels) const;

  // Only where the config has attention.
  ProjectedContext ProjectContext(const Context& context) const;

  // The last `count` rows of a context, in the same memory.
  static ProjectedContext LastRows(const ProjectedContext& context, int64_t count);

  // The contexts one below the other, for a batch of their rows.
  static ProjectedContext JoinContexts(const std::vector<const ProjectedContext*>& contexts);

  // x [N, in_channels, H, W] float32, time [N, P] rows of ProjectTime(), `context` of N samples only where the config has
  // attention; `deep` may be null. Returns [N, out_channels, H, W] float32.
  at::Tensor Forward(const at::Tensor& x, const at::Tensor& time, const ProjectedContext* context,
                     DeepFeatures* deep = nullptr) const;

  // The same with the rows spread over `lanes`.
  at::Tensor Forward(const at::Tensor& x, const at::Tensor& time, const ProjectedContext* context, DeepFeatures* deep,
                     model::RowLanes& lanes) const;

  // All three at once, for a single step: timesteps [N]; `context` as its config wants it, else null.
  at::Tensor PredictOnce(const at::Tensor& x, const at::Tensor& timesteps, const Context* context) const;

  // What the DeepFeatures of one sample of the network's own size take.
  int64_t DeepFeatureBytes() const;

  const UnetConfig& config() const { return config_; }
  at::Device device() const { return options_.device(); }

 private:
  // Forward(), but in the type and memory format of the last convolution.
  at::Tensor Run(const at::Tensor& x, const at::Tensor& time, const ProjectedContext* context, DeepFeatures* deep) const;
  UnetConditioning Condition(const at::Tensor& time, const ProjectedContext* context, int64_t height, int64_t width) const;

  int64_t deep_channels() const { return config_.block_out_channels[config_.level_count() > 1 ? 1 : 0]; }

  // All that lies below the finest level: x [N, C0, H, W] -> what the finest up block reads.
  at::Tensor GoDeep(const at::Tensor& x, const UnetConditioning& conditioning, std::vector<at::Tensor>& skips) const;

  UnetConfig config_;
  at::TensorOptions options_ = at::kFloat;  // type and device of the weights
  model::TimestepEmbedding time_embedding_;
  model::TimeProjections time_projections_;
  std::vector<model::AddedKvAttention> attentions_;  // the blocks' own, in the order of the forward pass
  model::Conv2d conv_in_;
  std::vector<UnetDownBlock> down_blocks_;
  std::optional<UnetMidBlock> mid_block_;
  std::vector<UnetUpBlock> up_blocks_;
  model::GroupNorm conv_norm_out_;
  model::Conv2d conv_out_;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_UNET_H_
