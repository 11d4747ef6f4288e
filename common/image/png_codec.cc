#include "common/image/png_codec.h"

#include <spng.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace unclip {
namespace {

constexpr absl::string_view kSignature("\x89PNG\r\n\x1a\n", 8);

// What ancillary chunks (profiles, texts) may take once inflated; they are read and thrown away.
constexpr size_t kMaxChunkBytes = size_t{32} << 20;

// Chosen for speed. What models draw is noisy, and looking for matches in it costs time and gains nothing: a drawn picture of
// 128² pixels takes 0.31 ms and 25.8 kB with these, 0.47 ms and 31.0 kB with level 1's matches and the filter "up", 3.4 ms
// and 26.2 kB with zlib's level 6 and all filters. Runs are kept, for flat pictures: one of 512² takes 6 kB, with Huffman's codes
// alone 102 kB.
constexpr int kCompressionLevel = 1;
constexpr int kCompressionStrategy = Z_RLE;
constexpr int kFilters = SPNG_FILTER_CHOICE_AVG;

using Context = std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)>;

absl::Status Broken(int error) {
  return absl::InvalidArgumentError(absl::StrCat("image is not a valid PNG: ", spng_strerror(error)));
}

uint32_t BigEndian32(absl::string_view bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

// Whether the animation control chunk stands where APNG wants it, before the first IDAT.
bool IsAnimated(absl::string_view bytes) {
  constexpr size_t kHeaderSize = 8;  // length, type
  constexpr size_t kOverhead = 12;   // length, type, CRC
  for (size_t at = kSignature.size(); at + kHeaderSize <= bytes.size();) {
    const absl::string_view type = bytes.substr(at + 4, 4);
    if (type == "acTL") return true;
    if (type == "IDAT") return false;
    at += kOverhead + size_t{BigEndian32(bytes.substr(at, 4))};
  }
  return false;
}

// Pillow reads 16-bit gray into 16-bit integers and clips them on the way to RGB, whereas it keeps the high byte of all else.
absl::Status DecodeGray16(spng_ctx* context, RgbImage& image) {
  std::vector<uint16_t> samples(image.pixels.size() / 3);
  if (int error = spng_decode_image(context, samples.data(), samples.size() * 2, SPNG_FMT_PNG, 0); error != 0) {
    return Broken(error);
  }
  for (size_t i = 0; i < samples.size(); ++i) {
    std::fill_n(&image.pixels[3 * i], 3, static_cast<uint8_t>(std::min<uint16_t>(samples[i], 255)));
  }
  return absl::OkStatus();
}

// A decoder of `bytes`, whose header was found to be acceptable.
absl::StatusOr<Context> Open(absl::string_view bytes, const ImageLimits& limits, spng_ihdr* header) {
  if (IsAnimated(bytes)) return absl::InvalidArgumentError("image is an animated PNG; only still pictures are accepted");
  Context context(spng_ctx_new(0), &spng_ctx_free);
  if (context == nullptr) return absl::ResourceExhaustedError("out of memory while decoding a PNG");
  if (int error = spng_set_chunk_limits(context.get(), kMaxChunkBytes, kMaxChunkBytes); error != 0) return Broken(error);
  if (int error = spng_set_png_buffer(context.get(), bytes.data(), bytes.size()); error != 0) return Broken(error);
  if (int error = spng_get_ihdr(context.get(), header); error != 0) return Broken(error);
  RETURN_IF_ERROR(CheckImageSize(header->width, header->height, limits));
  return context;
}

bool HasAlphaChannel(const spng_ihdr& header) {
  return header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA || header.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
}

}  // namespace

bool IsPng(absl::string_view bytes) { return absl::StartsWith(bytes, kSignature); }

absl::StatusOr<RgbImage> DecodePng(absl::string_view bytes, const ImageLimits& limits) {
  spng_ihdr header;
  ASSIGN_OR_RETURN(const Context context, Open(bytes, limits, &header));
  RgbImage image{.width = static_cast<int>(header.width),
                 .height = static_cast<int>(header.height),
                 .pixels = std::vector<uint8_t>(size_t{header.width} * header.height * 3)};
  if (header.color_type == SPNG_COLOR_TYPE_GRAYSCALE && header.bit_depth == 16) {
    RETURN_IF_ERROR(DecodeGray16(context.get(), image));
  } else if (int error = spng_decode_image(context.get(), image.pixels.data(), image.pixels.size(), SPNG_FMT_RGB8, 0);
             error != 0) {
    return Broken(error);
  }
  return image;
}

absl::StatusOr<std::vector<uint8_t>> DecodePngAlpha(absl::string_view bytes, const ImageLimits& limits) {
  spng_ihdr header;
  ASSIGN_OR_RETURN(const Context context, Open(bytes, limits, &header));
  spng_trns transparency;
  if (!HasAlphaChannel(header) && spng_get_trns(context.get(), &transparency) != 0) return std::vector<uint8_t>();
  const size_t pixels = size_t{header.width} * header.height;
  std::vector<uint8_t> samples(4 * pixels);
  if (int error = spng_decode_image(context.get(), samples.data(), samples.size(), SPNG_FMT_RGBA8, SPNG_DECODE_TRNS);
      error != 0) {
    return Broken(error);
  }
  std::vector<uint8_t> alpha(pixels);
  for (size_t i = 0; i < pixels; ++i) alpha[i] = samples[4 * i + 3];
  return alpha;
}

absl::StatusOr<std::string> EncodePng(const RgbImage& image) {
  Context context(spng_ctx_new(SPNG_CTX_ENCODER), &spng_ctx_free);
  if (context == nullptr) return absl::ResourceExhaustedError("out of memory while encoding a PNG");
  spng_ihdr header = {.width = static_cast<uint32_t>(image.width),
                      .height = static_cast<uint32_t>(image.height),
                      .bit_depth = 8,
                      .color_type = SPNG_COLOR_TYPE_TRUECOLOR,
                      .compression_method = 0,
                      .filter_method = 0,
                      .interlace_method = SPNG_INTERLACE_NONE};
  int error = spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1);
  if (error == 0) error = spng_set_option(context.get(), SPNG_IMG_COMPRESSION_LEVEL, kCompressionLevel);
  if (error == 0) error = spng_set_option(context.get(), SPNG_IMG_COMPRESSION_STRATEGY, kCompressionStrategy);
  if (error == 0) error = spng_set_option(context.get(), SPNG_FILTER_CHOICE, kFilters);
  if (error == 0) error = spng_set_ihdr(context.get(), &header);
  if (error == 0) {
    error = spng_encode_image(context.get(), image.pixels.data(), image.pixels.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
  }
  size_t size = 0;
  std::unique_ptr<void, decltype(&std::free)> buffer(error == 0 ? spng_get_png_buffer(context.get(), &size, &error) : nullptr,
                                                     &std::free);
  if (error != 0) return absl::InternalError(absl::StrCat("cannot encode a PNG: ", spng_strerror(error)));
  return std::string(static_cast<const char*>(buffer.get()), size);
}

}  // namespace unclip
