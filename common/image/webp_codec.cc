#include "common/image/webp_codec.h"

#include <webp/decode.h>
#include <webp/encode.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace unclip {
namespace {

constexpr char kBrokenData[] = "image is not a valid WebP: its data are broken or cut off";

const uint8_t* DataOf(absl::string_view bytes) { return reinterpret_cast<const uint8_t*>(bytes.data()); }

// What the header says, found to be acceptable.
absl::StatusOr<WebPBitstreamFeatures> ReadFeatures(absl::string_view bytes, const ImageLimits& limits) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(DataOf(bytes), bytes.size(), &features) != VP8_STATUS_OK) {
    return absl::InvalidArgumentError("image is not a valid WebP: its header is broken or cut off");
  }
  if (features.has_animation) return absl::InvalidArgumentError("image is an animated WebP; only still pictures are accepted");
  RETURN_IF_ERROR(CheckImageSize(features.width, features.height, limits));
  return features;
}

}  // namespace

bool IsWebp(absl::string_view bytes) {
  return bytes.size() >= 12 && absl::StartsWith(bytes, "RIFF") && bytes.substr(8, 4) == "WEBP";
}

absl::StatusOr<RgbImage> DecodeWebp(absl::string_view bytes, const ImageLimits& limits) {
  ASSIGN_OR_RETURN(const WebPBitstreamFeatures features, ReadFeatures(bytes, limits));
  RgbImage image{.width = features.width,
                 .height = features.height,
                 .pixels = std::vector<uint8_t>(static_cast<size_t>(features.width) * features.height * 3)};
  if (WebPDecodeRGBInto(DataOf(bytes), bytes.size(), image.pixels.data(), image.pixels.size(), 3 * features.width) == nullptr) {
    return absl::InvalidArgumentError(kBrokenData);
  }
  return image;
}

absl::StatusOr<std::vector<uint8_t>> DecodeWebpAlpha(absl::string_view bytes, const ImageLimits& limits) {
  ASSIGN_OR_RETURN(const WebPBitstreamFeatures features, ReadFeatures(bytes, limits));
  if (features.has_alpha == 0) return std::vector<uint8_t>();
  const size_t pixels = static_cast<size_t>(features.width) * features.height;
  std::vector<uint8_t> samples(4 * pixels);
  if (WebPDecodeRGBAInto(DataOf(bytes), bytes.size(), samples.data(), samples.size(), 4 * features.width) == nullptr) {
    return absl::InvalidArgumentError(kBrokenData);
  }
  std::vector<uint8_t> alpha(pixels);
  for (size_t i = 0; i < pixels; ++i) alpha[i] = samples[4 * i + 3];
  return alpha;
}

absl::StatusOr<std::string> EncodeWebp(const RgbImage& image, int quality) {
  if (image.width > WEBP_MAX_DIMENSION || image.height > WEBP_MAX_DIMENSION) {
    return absl::InvalidArgumentError(absl::StrCat("image is ", image.width, "x", image.height, " pixels; WebP can say at most ",
                                                   WEBP_MAX_DIMENSION, " a side"));
  }
  uint8_t* buffer = nullptr;
  const size_t size =
      WebPEncodeRGB(image.pixels.data(), image.width, image.height, 3 * image.width, static_cast<float>(quality), &buffer);
  std::unique_ptr<void, decltype(&WebPFree)> owner(buffer, &WebPFree);
  if (size == 0) return absl::InternalError("cannot encode a WebP");
  return std::string(reinterpret_cast<const char*>(buffer), size);
}

}  // namespace unclip
