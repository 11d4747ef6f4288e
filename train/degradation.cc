#include "train/degradation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/reflection_pad2d.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "common/image/image_codec.h"
#include "services/decoder/picture.h"

namespace unclip::train {
namespace {

constexpr int64_t kBlurRadius = 2;  // pixels
constexpr int kBestJpegQuality = 95;

// N numbers from 0 to 1, to multiply with pictures: [N, 1, 1, 1].
at::Tensor Uniform(int64_t count, at::Generator& random) {
  return at::rand({count}, random, at::kFloat).reshape({count, 1, 1, 1});
}

double UniformNumber(at::Generator& random) { return at::rand({1}, random, at::kFloat).item<double>(); }

// Each picture [N, 3, s, s] blurred by a Gaussian of its own deviation [N], in pixels.
at::Tensor Blur(const at::Tensor& pictures, const at::Tensor& sigma) {
  const int64_t n = pictures.size(0), channels = pictures.size(1), width = 2 * kBlurRadius + 1;
  const at::Tensor offsets = at::arange(-kBlurRadius, kBlurRadius + 1, at::kFloat);        // [width]
  at::Tensor line = at::exp(-0.5 * (offsets.unsqueeze(0) / sigma.unsqueeze(1)).square());  // [N, width]
  line = line / line.sum(1, /*keepdim=*/true);
  at::Tensor kernel = line.unsqueeze(2) * line.unsqueeze(1);  // [N, width, width]
  kernel = kernel.unsqueeze(1).repeat_interleave(channels, 0).reshape({n * channels, 1, width, width});
  const at::Tensor padded = at::reflection_pad2d(pictures, {kBlurRadius, kBlurRadius, kBlurRadius, kBlurRadius});
  const at::Tensor planes = padded.reshape({1, n * channels, padded.size(2), padded.size(3)});  // [1, 3 N, s', s']
  return at::conv2d(planes, kernel, /*bias=*/std::nullopt, /*stride=*/at::IntArrayRef(1), /*padding=*/at::IntArrayRef(0),
                    /*dilation=*/at::IntArrayRef(1), /*groups=*/n * channels)
      .reshape(pictures.sizes());
}

// Picture [1, 3, s, s] as it comes back from JPEG; as it was, if it does not.
at::Tensor ThroughJpeg(const at::Tensor& picture, int quality) {
  const absl::StatusOr<std::string> bytes = EncodeImage(decoder::ToRgbImage(picture, 0), ImageEncoding::kJpeg, quality);
  absl::StatusOr<RgbImage> image = bytes.ok() ? DecodeImage(*bytes) : bytes.status();
  if (!image.ok()) return picture;
  const at::Tensor samples = at::from_blob(image->pixels.data(), {1, image->height, image->width, 3}, at::kByte);
  return (samples.to(at::kFloat) / 127.5 - 1).permute({0, 3, 1, 2});  // [1, 3, s, s]
}

}  // namespace

at::Tensor Degradation::Blurred(const at::Tensor& pictures, at::Generator& random) const {
  const int64_t n = pictures.size(0);
  const double span = options_.blur_sigma_max - options_.blur_sigma_min;
  const at::Tensor sigma = options_.blur_sigma_min + span * at::rand({n}, random, at::kFloat);  // [N]
  return at::where(Uniform(n, random) < options_.blur_probability, Blur(pictures, sigma), pictures);
}

at::Tensor Degradation::Resampled(const at::Tensor& pictures, at::Generator& random) const {
  at::Tensor result = pictures.clone();
  const int64_t size = pictures.size(2);
  for (int64_t i = 0; i < pictures.size(0); ++i) {
    const double chance = UniformNumber(random), factor = 1 + (options_.resample_factor_max - 1) * UniformNumber(random);
    if (chance >= options_.resample_probability) continue;
    const int64_t smaller = std::max<int64_t>(1, std::llround(static_cast<double>(size) / factor));
    const at::Tensor one = pictures.narrow(0, i, 1).contiguous();
    result.narrow(0, i, 1).copy_(at::_upsample_bicubic2d_aa(at::_upsample_bilinear2d_aa(one, {smaller, smaller}, false),
                                                            {size, size}, /*align_corners=*/false));
  }
  return result;
}

at::Tensor Degradation::Noisy(const at::Tensor& pictures, at::Generator& random) const {
  const at::Tensor deviation = options_.noise_max * Uniform(pictures.size(0), random);
  return pictures + deviation * at::empty_like(pictures).normal_(0, 1, random);
}

at::Tensor Degradation::Compressed(const at::Tensor& pictures, at::Generator& random) const {
  at::Tensor result = pictures.clone();
  for (int64_t i = 0; i < pictures.size(0); ++i) {
    const double chance = UniformNumber(random), place = UniformNumber(random);
    if (chance >= options_.jpeg_probability) continue;
    const int quality = options_.jpeg_quality_min + static_cast<int>(place * (kBestJpegQuality - options_.jpeg_quality_min));
    result.narrow(0, i, 1).copy_(ThroughJpeg(pictures.narrow(0, i, 1), quality));
  }
  return result;
}

at::Tensor Degradation::operator()(const at::Tensor& pictures, at::Generator& random) const {
  at::Tensor x = Blurred(pictures.contiguous(), random);
  // In an order of its own for each batch.
  const at::Tensor order = at::randperm(3, random, at::kLong);
  for (int64_t i = 0; i < 3; ++i) {
    switch (order[i].item<int64_t>()) {
      case 0:
        if (options_.resample_probability > 0) x = Resampled(x, random);
        break;
      case 1:
        x = Noisy(x, random);
        break;
      default:
        if (options_.jpeg_probability > 0) x = Compressed(x.clamp(-1, 1), random);
    }
  }
  return x.clamp(-1, 1);
}

}  // namespace unclip::train
