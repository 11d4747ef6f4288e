#include "gateway/testing/picture_file.h"

#include <spng.h>

#include <cstdlib>
#include <memory>

namespace unclip::gateway {
namespace {

std::string Png(int width, int height, int channels, const PixelFunction& pixel) {
  std::string samples;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const std::array<uint8_t, 4> values = pixel(x, y);
      samples.append(values.begin(), values.begin() + channels);
    }
  }
  const std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)> context(spng_ctx_new(SPNG_CTX_ENCODER), &spng_ctx_free);
  spng_ihdr header = {
      .width = static_cast<uint32_t>(width),
      .height = static_cast<uint32_t>(height),
      .bit_depth = 8,
      .color_type = static_cast<uint8_t>(channels == 4 ? SPNG_COLOR_TYPE_TRUECOLOR_ALPHA : SPNG_COLOR_TYPE_TRUECOLOR),
      .compression_method = 0,
      .filter_method = 0,
      .interlace_method = SPNG_INTERLACE_NONE};
  spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1);
  spng_set_ihdr(context.get(), &header);
  spng_encode_image(context.get(), samples.data(), samples.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
  size_t size = 0;
  int error = 0;
  const std::unique_ptr<void, decltype(&std::free)> file(spng_get_png_buffer(context.get(), &size, &error), &std::free);
  return std::string(static_cast<const char*>(file.get()), size);
}

}  // namespace

std::string RgbaPng(int width, int height, const PixelFunction& pixel) { return Png(width, height, 4, pixel); }

std::string RgbPng(int width, int height, const PixelFunction& pixel) { return Png(width, height, 3, pixel); }

}  // namespace unclip::gateway
