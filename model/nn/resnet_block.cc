#include "model/nn/resnet_block.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/upsample_nearest2d.h>

namespace unclip::model {
namespace {

at::Tensor ChangeResolution(const at::Tensor& x, ResnetBlock::Resample resample) {
  switch (resample) {
    case ResnetBlock::Resample::kNone:
      return x;
    case ResnetBlock::Resample::kDown:
      return at::avg_pool2d(x, /*kernel_size=*/2, /*stride=*/2);  // [N, C, H/2, W/2]
    case ResnetBlock::Resample::kUp:
      return at::upsample_nearest2d(x, {x.size(2) * 2, x.size(3) * 2});  // [N, C, 2H, 2W]
  }
  return x;
}

}  // namespace

ResnetBlock::ResnetBlock(ParameterSource& source, const std::string& prefix, const Options& options)
    : options_(options),
      norm1_(source, prefix + ".norm1", options.group_count, options.in_channels, options.epsilon),
      conv1_(source, prefix + ".conv1", options.in_channels, options.out_channels, 3, options.format),
      time_emb_proj_(source, prefix + ".time_emb_proj", options.time_embedding_dim,
                     options.time_mode == TimeMode::kScaleShift ? 2 * options.out_channels : options.out_channels),
      norm2_(source, prefix + ".norm2", options.group_count, options.out_channels, options.epsilon),
      conv2_(source, prefix + ".conv2", options.out_channels, options.out_channels, 3, options.format) {
  if (options.in_channels != options.out_channels) {
    conv_shortcut_.emplace(source, prefix + ".conv_shortcut", options.in_channels, options.out_channels, 1, options.format);
  }
}

at::Tensor ResnetBlock::operator()(const at::Tensor& x, const at::Tensor& activated_time) const {
  at::Tensor h = ChangeResolution(at::silu(norm1_(x)), options_.resample);             // [N, in, H', W']
  const at::Tensor skip = ChangeResolution(x, options_.resample);                      // [N, in, H', W']
  h = conv1_(h);                                                                       // [N, out, H', W']
  const at::Tensor time = time_emb_proj_(activated_time).unsqueeze(-1).unsqueeze(-1);  // [N, out or 2·out, 1, 1]
  if (options_.time_mode == TimeMode::kAdd) {
    h = norm2_(h + time);
  } else {
    const int64_t channels = options_.out_channels;
    h = norm2_(h) * (1 + time.narrow(1, 0, channels)) + time.narrow(1, channels, channels);
  }
  h = conv2_(at::silu(h));  // [N, out, H', W']
  return (conv_shortcut_ ? (*conv_shortcut_)(skip) : skip) + h;
}

}  // namespace unclip::model
