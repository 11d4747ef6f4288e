#include "services/decoder/unet_block.h"

#include <ATen/ops/cat.h>

#include "absl/strings/str_cat.h"

namespace unclip::decoder {
namespace {

using model::AddedKvAttention;
using model::ResnetBlock;

ResnetBlock MakeResnet(const UnetConfig& config, model::ParameterSource& source, const std::string& name, int in_channels,
                       int out_channels, ResnetBlock::Resample resample = ResnetBlock::Resample::kNone) {
  return ResnetBlock(source, name,
                     {.in_channels = in_channels,
                      .out_channels = out_channels,
                      .time_embedding_dim = config.time_embedding_dim,
                      .group_count = config.norm_num_groups,
                      .epsilon = config.norm_eps,
                      .time_mode = config.scale_shift ? ResnetBlock::TimeMode::kScaleShift : ResnetBlock::TimeMode::kAdd,
                      .resample = resample,
                      .format = config.format});
}

AddedKvAttention MakeAttention(const UnetConfig& config, model::ParameterSource& source, const std::string& name, int channels) {
  return AddedKvAttention(source, name,
                          {.channels = channels,
                           .head_dim = config.attention_head_dim,
                           .context_dim = config.cross_attention_dim,
                           .group_count = config.norm_num_groups});
}

}  // namespace

UnetDownBlock::UnetDownBlock(const UnetConfig& config, int level, model::ParameterSource& source, const std::string& prefix) {
  const int out = config.block_out_channels[level];
  const int in = level == 0 ? out : config.block_out_channels[level - 1];  // conv_in already gave level 0 its channels
  for (int i = 0; i < config.layers_per_block; ++i) {
    resnets_.push_back(MakeResnet(config, source, absl::StrCat(prefix, ".resnets.", i), i == 0 ? in : out, out));
    if (config.down_has_attention[level]) {
      attentions_.push_back(MakeAttention(config, source, absl::StrCat(prefix, ".attentions.", i), out));
    }
  }
  if (level + 1 < config.level_count()) {
    downsampler_ = MakeResnet(config, source, prefix + ".downsamplers.0", out, out, ResnetBlock::Resample::kDown);
  }
}

at::Tensor UnetDownBlock::operator()(const at::Tensor& x, const UnetConditioning& conditioning,
                                     std::vector<at::Tensor>& skips) const {
  at::Tensor h = x;
  for (size_t i = 0; i < resnets_.size(); ++i) {
    h = resnets_[i](h, conditioning.activated_time);  // [N, out, H, W]
    if (!attentions_.empty()) h = attentions_[i](h, conditioning.context, conditioning.context_mask);
    skips.push_back(h);
  }
  if (downsampler_) {
    h = (*downsampler_)(h, conditioning.activated_time);  // [N, out, H/2, W/2]
    skips.push_back(h);
  }
  return h;
}

UnetMidBlock::UnetMidBlock(const UnetConfig& config, model::ParameterSource& source, const std::string& prefix) {
  const int channels = config.block_out_channels.back();
  resnets_.push_back(MakeResnet(config, source, prefix + ".resnets.0", channels, channels));
  if (config.mid_has_attention) attention_ = MakeAttention(config, source, prefix + ".attentions.0", channels);
  resnets_.push_back(MakeResnet(config, source, prefix + ".resnets.1", channels, channels));
}

at::Tensor UnetMidBlock::operator()(const at::Tensor& x, const UnetConditioning& conditioning) const {
  at::Tensor h = resnets_[0](x, conditioning.activated_time);
  if (attention_) h = (*attention_)(h, conditioning.context, conditioning.context_mask);
  return resnets_[1](h, conditioning.activated_time);
}

UnetUpBlock::UnetUpBlock(const UnetConfig& config, int index, model::ParameterSource& source, const std::string& prefix) {
  const int level = config.level_count() - 1 - index;
  const int out = config.block_out_channels[level];
  const int from_below = index == 0 ? out : config.block_out_channels[level + 1];
  const int last_skip = level == 0 ? out : config.block_out_channels[level - 1];  // what the level's first resnet read going down
  for (int i = 0; i <= config.layers_per_block; ++i) {
    const int in = (i == 0 ? from_below : out) + (i == config.layers_per_block ? last_skip : out);
    resnets_.push_back(MakeResnet(config, source, absl::StrCat(prefix, ".resnets.", i), in, out));
    if (config.up_has_attention[index]) {
      attentions_.push_back(MakeAttention(config, source, absl::StrCat(prefix, ".attentions.", i), out));
    }
  }
  if (level > 0) upsampler_ = MakeResnet(config, source, prefix + ".upsamplers.0", out, out, ResnetBlock::Resample::kUp);
}

at::Tensor UnetUpBlock::operator()(const at::Tensor& x, const UnetConditioning& conditioning,
                                   std::vector<at::Tensor>& skips) const {
  at::Tensor h = x;
  for (size_t i = 0; i < resnets_.size(); ++i) {
    h = at::cat({h, skips.back()}, 1);  // [N, in, H, W]
    skips.pop_back();
    h = resnets_[i](h, conditioning.activated_time);  // [N, out, H, W]
    if (!attentions_.empty()) h = attentions_[i](h, conditioning.context, conditioning.context_mask);
  }
  if (upsampler_) h = (*upsampler_)(h, conditioning.activated_time);  // [N, out, 2H, 2W]
  return h;
}

}  // namespace unclip::decoder
