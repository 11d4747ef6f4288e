#include "model/nn/resnet_block.h"

#include <ATen/ops/avg_pool2d.h>
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

ResnetBlock::ResnetBlock(ParameterSource& source, const std::string& prefix, const Options& options, TimeProjections& projections)
    : options_(options),
      norm1_(source, prefix + ".norm1", options.group_count, options.in_channels, options.epsilon),
      conv1_(source, prefix + ".conv1",
             {.in_channels = options.in_channels, .out_channels = options.out_channels, .size = options.size}),
      time_(projections.Add(prefix + ".time_emb_proj",
                            options.time_mode == TimeMode::kScaleShift ? 2 * options.out_channels : options.out_channels)),
      norm2_(source, prefix + ".norm2", options.group_count, options.out_channels, options.epsilon),
      conv2_(source, prefix + ".conv2",
             {.in_channels = options.out_channels, .out_channels = options.out_channels, .size = options.size}) {
  if (options.in_channels != options.out_channels) {
    conv_shortcut_.emplace(
        source, prefix + ".conv_shortcut",
        Conv2d::Options{
            .in_channels = options.in_channels, .out_channels = options.out_channels, .kernel_size = 1, .size = options.size});
  }
}

at::Tensor ResnetBlock::operator()(const at::Tensor& x, const at::Tensor& time) const {
  const at::Tensor activated = norm1_(x, {.add = {}, .scale = {}, .shift = {}, .silu = true});
  at::Tensor h = conv1_(ChangeResolution(activated, options_.resample));  // [N, out, H', W']
  NormModulation modulation = {.add = {}, .scale = {}, .shift = {}, .silu = true};
  const int64_t channels = options_.out_channels;
  if (options_.time_mode == TimeMode::kAdd) {
    modulation.add = time.narrow(1, time_.offset, channels);  // [N, out]
  } else {
    modulation.scale = time.narrow(1, time_.offset, channels);
    modulation.shift = time.narrow(1, time_.offset + channels, channels);
  }
  h = norm2_(h, modulation);
  const at::Tensor skip = ChangeResolution(x, options_.resample);  // [N, in, H', W']
  return conv2_.AddTo(conv_shortcut_ ? (*conv_shortcut_)(skip) : skip, h);
}

}  // namespace unclip::model
