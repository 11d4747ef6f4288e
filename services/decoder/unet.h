// The UNet of every stage of the cascade: the base decoder with attention to the text, the upsamplers without.
#ifndef UNCLIP_SERVICES_DECODER_UNET_H_
#define UNCLIP_SERVICES_DECODER_UNET_H_

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "model/nn/layers.h"
#include "model/nn/parameter_source.h"
#include "model/nn/timestep_embedding.h"
#include "services/decoder/unet_block.h"
#include "services/decoder/unet_config.h"

namespace unclip::decoder {

// Source: ADM (Dhariwal & Nichol 2021, 2105.05233) §3, GLIDE (2112.10741); reference unet_2d_condition.py and unet_2d.py.
// Letters: N batch, C channels, H and W height and width, S context tokens, X their width, E time embedding width.
// Forward passes are const and thread-safe.
class Unet {
 public:
  // What the base decoder is conditioned on besides the timestep; the same at every step of a request.
  struct Context {
    at::Tensor tokens;        // [N, S, X]
    at::Tensor mask;          // [N, S], 1 for tokens and 0 for padding
    at::Tensor class_labels;  // [N, E], added to the time embedding
  };

  Unet(const UnetConfig& config, model::ParameterSource& source);

  // x [N, in_channels, H, W], timesteps [N]; `context` only where the config has attention. Returns [N, out_channels, H, W] in
  // the weights' dtype.
  at::Tensor Forward(const at::Tensor& x, const at::Tensor& timesteps, const Context* context) const;

  const UnetConfig& config() const { return config_; }
  at::ScalarType dtype() const { return dtype_; }

 private:
  UnetConditioning Condition(const at::Tensor& timesteps, const Context* context) const;

  UnetConfig config_;
  at::ScalarType dtype_ = at::kFloat;
  model::TimestepEmbedding time_embedding_;
  model::Conv2d conv_in_;
  std::vector<UnetDownBlock> down_blocks_;
  std::optional<UnetMidBlock> mid_block_;
  std::vector<UnetUpBlock> up_blocks_;
  model::GroupNorm conv_norm_out_;
  model::Conv2d conv_out_;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_UNET_H_
