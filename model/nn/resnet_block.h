// The residual block that the UNets are made of, with the time embedding mixed in and, optionally, a change of resolution.
#ifndef UNCLIP_MODEL_NN_RESNET_BLOCK_H_
#define UNCLIP_MODEL_NN_RESNET_BLOCK_H_

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

#include "model/nn/conv2d.h"
#include "model/nn/group_norm.h"
#include "model/nn/parameter_source.h"
#include "model/nn/time_projections.h"

namespace unclip::model {

// Source: reference models/resnet.py, ResnetBlock2D; the blocks of ADM (Dhariwal & Nichol 2021, §3).
class ResnetBlock {
 public:
  // How the time embedding enters: "default" adds it before the second norm, "scale_shift" scales and shifts after it.
  enum class TimeMode { kAdd, kScaleShift };
  // Average-pools or repeats by 2, on both the residual branch and the skip, before the first convolution.
  enum class Resample { kNone, kDown, kUp };

  struct Options {
    int64_t in_channels = 0;
    int64_t out_channels = 0;
    int64_t group_count = 32;
    double epsilon = 1e-5;
    TimeMode time_mode = TimeMode::kAdd;
    Resample resample = Resample::kNone;
    int64_t size = 0;  // height and width of the output
  };

  // Parameters PREFIX.{norm1,conv1,time_emb_proj,norm2,conv2} and, where the channels change, PREFIX.conv_shortcut. The time
  // projection goes to `projections`.
  ResnetBlock(ParameterSource& source, const std::string& prefix, const Options& options, TimeProjections& projections);

  // x [N, in, H, W] channels-last, and for each sample a row of what `projections` gives [N, ...] -> [N, out, H', W'].
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& time) const;

 private:
  Options options_;
  GroupNorm norm1_;
  Conv2d conv1_;
  TimeProjections::Slice time_;
  GroupNorm norm2_;
  Conv2d conv2_;
  std::optional<Conv2d> conv_shortcut_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_RESNET_BLOCK_H_
