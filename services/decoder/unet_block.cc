#include "services/decoder/unet_block.h"

#include <ATen/ops/cat.h>

#include "absl/strings/str_cat.h"

namespace unclip::decoder {
namespace {

using model::AddedKvAttention;
using model::ResnetBlock;

// A block whose output lies on level `level`.
ResnetBlock MakeResnet(UnetParts& parts, const std::string& name, int in_channels, int out_channels, int level,
                       ResnetBlock::Resample resample = ResnetBlock::Resample::kNone) {
  const UnetConfig& config = parts.config;
  return ResnetBlock(parts.source, name,
                     {.in_channels = in_channels,
                      .out_channels = out_channels,
                      .group_count = config.norm_num_groups,
                      .epsilon = config.norm_eps,
                      .time_mode = config.scale_shift ? ResnetBlock::TimeMode::kScaleShift : ResnetBlock::TimeMode::kAdd,
                      .resample = resample,
                      .size = config.sample_size >> level},
                     parts.time_projections);
}

}  // namespace

UnetAttention::UnetAttention(UnetParts& parts, int level, const std::string& prefix)
    : layer_(parts.source, prefix,
             AddedKvAttention::Options{.channels = parts.config.block_out_channels[level],
                                       .head_dim = parts.config.attention_head_dim,
                                       .context_dim = parts.config.cross_attention_dim,
                                       .group_count = parts.config.norm_num_groups}),
      index_(parts.attentions.size()),
      level_(level) {
  parts.attentions.push_back(layer_);
}

at::Tensor UnetAttention::operator()(const at::Tensor& x, const UnetConditioning& conditioning) const {
  return layer_(x, conditioning.contexts[index_], conditioning.masks[level_]);
}

UnetDownBlock::UnetDownBlock(UnetParts& parts, int level, const std::string& prefix) {
  const UnetConfig& config = parts.config;
  const int out = config.block_out_channels[level];
  const int in = level == 0 ? out : config.block_out_channels[level - 1];  // conv_in already gave level 0 its channels
  for (int i = 0; i < config.layers_per_block; ++i) {
    resnets_.push_back(MakeResnet(parts, absl::StrCat(prefix, ".resnets.", i), i == 0 ? in : out, out, level));
    if (config.down_has_attention[level]) {
      attentions_.emplace_back(parts, level, absl::StrCat(prefix, ".attentions.", i));
    }
  }
  if (level + 1 < config.level_count()) {
    downsampler_ = MakeResnet(parts, prefix + ".downsamplers.0", out, out, level + 1, ResnetBlock::Resample::kDown);
  }
}

at::Tensor UnetDownBlock::operator()(const at::Tensor& x, const UnetConditioning& conditioning,
                                     std::vector<at::Tensor>& skips) const {
  return Downsample(KeepResolution(x, conditioning, skips), conditioning, skips);
}

at::Tensor UnetDownBlock::KeepResolution(const at::Tensor& x, const UnetConditioning& conditioning,
                                         std::vector<at::Tensor>& skips) const {
  at::Tensor h = x;
  for (size_t i = 0; i < resnets_.size(); ++i) {
    h = resnets_[i](h, conditioning.time);  // [N, out, H, W]
    if (!attentions_.empty()) h = attentions_[i](h, conditioning);
    skips.push_back(h);
  }
  return h;
}

at::Tensor UnetDownBlock::Downsample(const at::Tensor& x, const UnetConditioning& conditioning,
                                     std::vector<at::Tensor>& skips) const {
  if (!downsampler_) return x;
  skips.push_back((*downsampler_)(x, conditioning.time));  // [N, out, H/2, W/2]
  return skips.back();
}

UnetMidBlock::UnetMidBlock(UnetParts& parts, const std::string& prefix) {
  const UnetConfig& config = parts.config;
  const int level = config.level_count() - 1;
  const int channels = config.block_out_channels.back();
  resnets_.push_back(MakeResnet(parts, prefix + ".resnets.0", channels, channels, level));
  if (config.mid_has_attention) attention_.emplace(parts, level, prefix + ".attentions.0");
  resnets_.push_back(MakeResnet(parts, prefix + ".resnets.1", channels, channels, level));
}

at::Tensor UnetMidBlock::operator()(const at::Tensor& x, const UnetConditioning& conditioning) const {
  at::Tensor h = resnets_[0](x, conditioning.time);
  if (attention_) h = (*attention_)(h, conditioning);
  return resnets_[1](h, conditioning.time);
}

UnetUpBlock::UnetUpBlock(UnetParts& parts, int index, const std::string& prefix) {
  const UnetConfig& config = parts.config;
  const int level = config.level_count() - 1 - index;
  const int out = config.block_out_channels[level];
  const int from_below = index == 0 ? out : config.block_out_channels[level + 1];
  const int last_skip = level == 0 ? out : config.block_out_channels[level - 1];  // what the level's first resnet read going down
  for (int i = 0; i <= config.layers_per_block; ++i) {
    const int in = (i == 0 ? from_below : out) + (i == config.layers_per_block ? last_skip : out);
    resnets_.push_back(MakeResnet(parts, absl::StrCat(prefix, ".resnets.", i), in, out, level));
    if (config.up_has_attention[index]) {
      attentions_.emplace_back(parts, level, absl::StrCat(prefix, ".attentions.", i));
    }
  }
  if (level > 0) upsampler_ = MakeResnet(parts, prefix + ".upsamplers.0", out, out, level - 1, ResnetBlock::Resample::kUp);
}

at::Tensor UnetUpBlock::operator()(const at::Tensor& x, const UnetConditioning& conditioning,
                                   std::vector<at::Tensor>& skips) const {
  at::Tensor h = x;
  for (size_t i = 0; i < resnets_.size(); ++i) {
    h = at::cat({h, skips.back()}, 1);  // [N, in, H, W]
    skips.pop_back();
    h = resnets_[i](h, conditioning.time);  // [N, out, H, W]
    if (!attentions_.empty()) h = attentions_[i](h, conditioning);
  }
  if (upsampler_) h = (*upsampler_)(h, conditioning.time);  // [N, out, 2H, 2W]
  return h;
}

}  // namespace unclip::decoder
