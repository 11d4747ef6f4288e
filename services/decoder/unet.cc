#include "services/decoder/unet.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/silu.h>

#include "absl/strings/str_cat.h"
#include "model/nn/attention.h"

namespace unclip::decoder {

Unet::Unet(const UnetConfig& config, model::ParameterSource& source)
    : config_(config),
      time_embedding_(
          source, "time_embedding",
          {.dim = config.block_out_channels[0], .cosine_first = config.flip_sin_to_cos, .frequency_shift = config.freq_shift},
          config.time_embedding_dim),
      conv_in_(source, "conv_in", config.in_channels, config.block_out_channels[0], 3, config.format) {
  for (int level = 0; level < config.level_count(); ++level) {
    down_blocks_.emplace_back(config, level, source, absl::StrCat("down_blocks.", level));
  }
  mid_block_.emplace(config, source, "mid_block");
  for (int index = 0; index < config.level_count(); ++index) {
    up_blocks_.emplace_back(config, index, source, absl::StrCat("up_blocks.", index));
  }
  conv_norm_out_ =
      model::GroupNorm(source, "conv_norm_out", config.norm_num_groups, config.block_out_channels[0], config.norm_eps);
  conv_out_ = model::Conv2d(source, "conv_out", config.block_out_channels[0], config.out_channels, 3, config.format);
  dtype_ = conv_out_.dtype();
}

UnetConditioning Unet::Condition(const at::Tensor& timesteps, const Context* context) const {
  at::Tensor time = time_embedding_(timesteps, dtype_);  // [N, E]
  UnetConditioning conditioning;
  if (context != nullptr) {
    time = time + context->class_labels.to(dtype_);
    conditioning.context = context->tokens.to(dtype_);
    const at::Tensor scores = (1 - context->mask.to(dtype_)) * model::kMaskedScore;  // [N, S]
    conditioning.context_mask = scores.unsqueeze(1).unsqueeze(1);                    // [N, 1, 1, S]
  }
  conditioning.activated_time = at::silu(time);
  return conditioning;
}

at::Tensor Unet::Forward(const at::Tensor& x, const at::Tensor& timesteps, const Context* context) const {
  TORCH_CHECK((context != nullptr) == config_.has_class_labels, "only the base decoder has a context");
  TORCH_CHECK(x.dim() == 4 && x.size(1) == config_.in_channels, "the UNet reads ", config_.in_channels, " channels");
  const UnetConditioning conditioning = Condition(timesteps, context);
  at::Tensor h = conv_in_(x.to(dtype_).contiguous(config_.format));  // [N, C0, H, W]
  std::vector<at::Tensor> skips = {h};
  for (const UnetDownBlock& block : down_blocks_) h = block(h, conditioning, skips);
  h = (*mid_block_)(h, conditioning);
  for (const UnetUpBlock& block : up_blocks_) h = block(h, conditioning, skips);
  return conv_out_(at::silu(conv_norm_out_(h)));  // [N, out_channels, H, W]
}

}  // namespace unclip::decoder
