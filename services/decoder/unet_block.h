// One level of a UNet: residual blocks, attention after each where the level has it, and a change of resolution.
#ifndef UNCLIP_SERVICES_DECODER_UNET_BLOCK_H_
#define UNCLIP_SERVICES_DECODER_UNET_BLOCK_H_

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "model/nn/added_kv_attention.h"
#include "model/nn/parameter_source.h"
#include "model/nn/resnet_block.h"
#include "model/nn/time_projections.h"
#include "services/decoder/unet_config.h"

namespace unclip::decoder {

// What the blocks of one UNet have in common while it is built.
struct UnetParts {
  const UnetConfig& config;
  model::ParameterSource& source;
  model::TimeProjections& time_projections;
  std::vector<model::AddedKvAttention>& attentions;  // all layers of the network, in the order of the forward pass
};

// What every block of a forward pass is told. N batch, S context tokens.
struct UnetConditioning {
  at::Tensor time;  // [N, P], a row of the network's TimeProjections for each sample
  std::vector<at::Tensor>
      contexts;                   // for each attention layer, what its ProjectContext() gave [N, S, 2 C]; empty without attention
  std::vector<at::Tensor> masks;  // for each level, fine to coarse, [N, 1, 1, S + H W], added to attention scores; empty without
};

// An attention layer and its place in the network. A plain value: copying it shares the weights.
class UnetAttention {
 public:
  UnetAttention(UnetParts& parts, int level, const std::string& prefix);

  at::Tensor operator()(const at::Tensor& x, const UnetConditioning& conditioning) const;  // [N, C, H, W] -> the same

 private:
  model::AddedKvAttention layer_;
  size_t index_;  // among the network's attention layers
  size_t level_;
};

// Source: reference models/unets/unet_2d_blocks.py: ResnetDownsampleBlock2D, SimpleCrossAttnDownBlock2D.
class UnetDownBlock {
 public:
  // Level `level`, under `prefix` ("down_blocks.0").
  UnetDownBlock(UnetParts& parts, int level, const std::string& prefix);

  // x [N, in, H, W] -> [N, out, H/2, W/2] ([N, out, H, W] on the last level). Appends to `skips` what the way up reads.
  at::Tensor operator()(const at::Tensor& x, const UnetConditioning& conditioning, std::vector<at::Tensor>& skips) const;

  // Its two parts: all that keeps the resolution, x [N, in, H, W] -> [N, out, H, W], and the change of resolution after it, where
  // there is one.
  at::Tensor KeepResolution(const at::Tensor& x, const UnetConditioning& conditioning, std::vector<at::Tensor>& skips) const;
  at::Tensor Downsample(const at::Tensor& x, const UnetConditioning& conditioning, std::vector<at::Tensor>& skips) const;

 private:
  std::vector<model::ResnetBlock> resnets_;
  std::vector<UnetAttention> attentions_;  // one for each of `resnets_`, or none
  std::optional<model::ResnetBlock> downsampler_;
};

// Source: the same file: UNetMidBlock2D, UNetMidBlock2DSimpleCrossAttn.
class UnetMidBlock {
 public:
  UnetMidBlock(UnetParts& parts, const std::string& prefix);

  at::Tensor operator()(const at::Tensor& x, const UnetConditioning& conditioning) const;  // [N, C, H, W] -> the same

 private:
  std::vector<model::ResnetBlock> resnets_;  // two
  std::optional<UnetAttention> attention_;
};

// Source: the same file: ResnetUpsampleBlock2D, SimpleCrossAttnUpBlock2D.
class UnetUpBlock {
 public:
  // Level `index` of the way up, 0 the coarsest, under `prefix` ("up_blocks.0").
  UnetUpBlock(UnetParts& parts, int index, const std::string& prefix);

  // x [N, in, H, W] -> [N, out, 2H, 2W] ([N, out, H, W] on the last level). Takes its skips off the end of `skips`.
  at::Tensor operator()(const at::Tensor& x, const UnetConditioning& conditioning, std::vector<at::Tensor>& skips) const;

 private:
  std::vector<model::ResnetBlock> resnets_;
  std::vector<UnetAttention> attentions_;
  std::optional<model::ResnetBlock> upsampler_;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_UNET_BLOCK_H_
