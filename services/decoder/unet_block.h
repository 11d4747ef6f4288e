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
#include "services/decoder/unet_config.h"

namespace unclip::decoder {

// What every block of a forward pass is told. N batch, E time embedding width, S context tokens, X their width.
struct UnetConditioning {
  at::Tensor activated_time;  // [N, E], SiLU of the time (and class) embedding
  at::Tensor context;         // [N, S, X]; undefined without attention
  at::Tensor context_mask;    // [N, 1, 1, S], added to attention scores; undefined without attention
};

// Source: reference models/unets/unet_2d_blocks.py: ResnetDownsampleBlock2D, SimpleCrossAttnDownBlock2D.
class UnetDownBlock {
 public:
  // Level `level` of `config`, under `prefix` ("down_blocks.0").
  UnetDownBlock(const UnetConfig& config, int level, model::ParameterSource& source, const std::string& prefix);

  // x [N, in, H, W] -> [N, out, H/2, W/2] ([N, out, H, W] on the last level). Appends to `skips` what the way up reads.
  at::Tensor operator()(const at::Tensor& x, const UnetConditioning& conditioning, std::vector<at::Tensor>& skips) const;

 private:
  std::vector<model::ResnetBlock> resnets_;
  std::vector<model::AddedKvAttention> attentions_;  // one for each of `resnets_`, or none
  std::optional<model::ResnetBlock> downsampler_;
};

// Source: the same file: UNetMidBlock2D, UNetMidBlock2DSimpleCrossAttn.
class UnetMidBlock {
 public:
  UnetMidBlock(const UnetConfig& config, model::ParameterSource& source, const std::string& prefix);

  at::Tensor operator()(const at::Tensor& x, const UnetConditioning& conditioning) const;  // [N, C, H, W] -> the same

 private:
  std::vector<model::ResnetBlock> resnets_;  // two
  std::optional<model::AddedKvAttention> attention_;
};

// Source: the same file: ResnetUpsampleBlock2D, SimpleCrossAttnUpBlock2D.
class UnetUpBlock {
 public:
  // Level `index` of the way up, 0 the coarsest, under `prefix` ("up_blocks.0").
  UnetUpBlock(const UnetConfig& config, int index, model::ParameterSource& source, const std::string& prefix);

  // x [N, in, H, W] -> [N, out, 2H, 2W] ([N, out, H, W] on the last level). Takes its skips off the end of `skips`.
  at::Tensor operator()(const at::Tensor& x, const UnetConditioning& conditioning, std::vector<at::Tensor>& skips) const;

 private:
  std::vector<model::ResnetBlock> resnets_;
  std::vector<model::AddedKvAttention> attentions_;
  std::optional<model::ResnetBlock> upsampler_;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_UNET_BLOCK_H_
