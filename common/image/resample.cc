#include "common/image/resample.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "common/image/image_limits.h"

namespace unclip {
namespace {

constexpr int kFractionBits = 22;

double Sinc(double x) { return x == 0 ? 1 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi); }

double Support(ResampleFilter filter) {
  switch (filter) {
    case ResampleFilter::kBilinear:
      return 1;
    case ResampleFilter::kBicubic:
      return 2;
    case ResampleFilter::kLanczos:
      return 3;
  }
  return 0;
}

double Weight(ResampleFilter filter, double x) {
  const double distance = std::abs(x);
  switch (filter) {
    case ResampleFilter::kBilinear:
      return distance < 1 ? 1 - distance : 0;
    case ResampleFilter::kBicubic: {
      constexpr double kA = -0.5;
      if (distance < 1) return ((kA + 2) * distance - (kA + 3)) * distance * distance + 1;
      if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * kA;
      return 0;
    }
    case ResampleFilter::kLanczos:
      return -3 <= x && x < 3 ? Sinc(x) * Sinc(x / 3) : 0;
  }
  return 0;
}

// How the samples of one line are made of those of another.
struct LineWeights {
  int taps = 0;                  // weights reserved for each output sample
  std::vector<int32_t> first;    // first input sample of each output sample
  std::vector<int32_t> count;    // input samples that it is made of
  std::vector<int32_t> weights;  // output samples × taps, 22-bit fixed point
};

// Pillow's precompute_coeffs() and normalize_coeffs_8bpc(). Each expression keeps its order of operations: another one rounds to
// other pixels.
LineWeights MakeWeights(int input_size, int output_size, ResampleFilter filter) {
  const double scale = static_cast<double>(input_size) / output_size;
  const double filter_scale = std::max(scale, 1.0);
  const double support = Support(filter) * filter_scale;
  const double inverse_filter_scale = 1.0 / filter_scale;

  LineWeights line;
  line.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  line.first.resize(output_size);
  line.count.resize(output_size);
  line.weights.resize(static_cast<size_t>(output_size) * line.taps);
  std::vector<double> raw(line.taps);
  for (int i = 0; i < output_size; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int count = std::min(static_cast<int>(center + support + 0.5), input_size) - first;
    double sum = 0;
    for (int k = 0; k < count; ++k) {
      raw[k] = Weight(filter, (k + first - center + 0.5) * inverse_filter_scale);
      sum += raw[k];
    }
    int32_t* weights = &line.weights[static_cast<size_t>(i) * line.taps];
    for (int k = 0; k < count; ++k) {
      const double weight = sum != 0 ? raw[k] / sum : raw[k];
      weights[k] = static_cast<int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kFractionBits));
    }
    line.first[i] = first;
    line.count[i] = count;
  }
  return line;
}

uint8_t RoundAndClamp(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kFractionBits, 0, 255)); }

RgbImage ResizeRows(const RgbImage& image, int width, ResampleFilter filter) {
  const LineWeights line = MakeWeights(image.width, width, filter);
  RgbImage result{
      .width = width, .height = image.height, .pixels = std::vector<uint8_t>(static_cast<size_t>(width) * image.height * 3)};
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* input = &image.pixels[static_cast<size_t>(y) * image.width * 3];
    uint8_t* output = &result.pixels[static_cast<size_t>(y) * width * 3];
    for (int x = 0; x < width; ++x) {
      const int32_t* weights = &line.weights[static_cast<size_t>(x) * line.taps];
      const uint8_t* sample = input + static_cast<size_t>(line.first[x]) * 3;
      int32_t red = 1 << (kFractionBits - 1), green = red, blue = red;
      for (int k = 0; k < line.count[x]; ++k, sample += 3) {
        red += sample[0] * weights[k];
        green += sample[1] * weights[k];
        blue += sample[2] * weights[k];
      }
      *output++ = RoundAndClamp(red);
      *output++ = RoundAndClamp(green);
      *output++ = RoundAndClamp(blue);
    }
  }
  return result;
}

RgbImage ResizeColumns(const RgbImage& image, int height, ResampleFilter filter) {
  const LineWeights line = MakeWeights(image.height, height, filter);
  const size_t row_size = static_cast<size_t>(image.width) * 3;
  RgbImage result{.width = image.width, .height = height, .pixels = std::vector<uint8_t>(row_size * height)};
  std::vector<int32_t> sums(row_size);
  for (int y = 0; y < height; ++y) {
    const int32_t* weights = &line.weights[static_cast<size_t>(y) * line.taps];
    std::fill(sums.begin(), sums.end(), 1 << (kFractionBits - 1));
    for (int k = 0; k < line.count[y]; ++k) {
      const uint8_t* input = &image.pixels[(line.first[y] + k) * row_size];
      for (size_t i = 0; i < row_size; ++i) sums[i] += input[i] * weights[k];
    }
    uint8_t* output = &result.pixels[y * row_size];
    for (size_t i = 0; i < row_size; ++i) output[i] = RoundAndClamp(sums[i]);
  }
  return result;
}

}  // namespace

absl::StatusOr<RgbImage> ResizeImage(const RgbImage& image, int width, int height, ResampleFilter filter) {
  RETURN_IF_ERROR(CheckImage(image));
  RETURN_IF_ERROR(CheckImageSize(width, height, ImageLimits()));
  // Either order gives the same picture up to rounding; this is the reference's choice. With it, what lies between the passes is
  // never larger than both the picture and the result.
  const int64_t height_loss = int64_t{image.height} - height;
  const int64_t width_loss = int64_t{image.width} - width;
  const bool rows_first = height_loss <= 0 || height_loss <= 2 * width_loss;
  RgbImage result = image;
  for (const bool rows : {rows_first, !rows_first}) {
    if (rows && result.width != width) result = ResizeRows(result, width, filter);
    if (!rows && result.height != height) result = ResizeColumns(result, height, filter);
  }
  return result;
}

}  // namespace unclip
