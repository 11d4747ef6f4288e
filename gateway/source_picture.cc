#include "gateway/source_picture.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "common/image/image_codec.h"
#include "common/image/resample.h"

namespace unclip::gateway {
namespace {

constexpr uint8_t kDraw = 0;
constexpr uint8_t kKeep = 255;

// What is wrong with a file, with the field's name before it.
absl::Status InField(absl::string_view field, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(field, ": ", status.message()));
}

absl::StatusOr<RgbImageWithAlpha> Decode(absl::string_view field, absl::string_view file) {
  absl::StatusOr<RgbImageWithAlpha> decoded = DecodeImageWithAlpha(file, kSourceLimits);
  if (!decoded.ok()) return InField(field, decoded.status());
  return decoded;
}

std::string SizeText(const RgbImage& image) { return absl::StrCat(image.width, "x", image.height, " pixels"); }

// The alpha plane that says what of `image` is kept. `image` gives its own up.
absl::StatusOr<std::vector<uint8_t>> ReadAlpha(const EditRequest& edit, RgbImageWithAlpha& image) {
  if (edit.mask.empty()) {
    if (!image.alpha.empty()) return std::move(image.alpha);
    return absl::InvalidArgumentError(
        absl::StrCat(edit.mask_field, " is empty, and ", edit.image_field,
                     " has no alpha channel; one of them must say by alpha 0 what is to be repainted"));
  }
  ASSIGN_OR_RETURN(RgbImageWithAlpha mask, Decode(edit.mask_field, edit.mask));
  if (mask.image.width != image.image.width || mask.image.height != image.image.height) {
    return absl::InvalidArgumentError(absl::StrCat(edit.mask_field, " is ", SizeText(mask.image), "; it must be as large as ",
                                                   edit.image_field, ", ", SizeText(image.image)));
  }
  if (mask.alpha.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        edit.mask_field, " has no alpha channel; it must have one, with alpha 0 where the picture is to be repainted"));
  }
  return std::move(mask.alpha);
}

// The mask of `alpha`, made of a square of `side` pixels a side to one of `native_side`.
std::vector<uint8_t> ToMask(const std::vector<uint8_t>& alpha, int64_t side, int64_t native_side) {
  std::vector<uint8_t> mask(native_side * native_side, kKeep);
  for (int64_t y = 0; y < native_side; ++y) {
    for (int64_t x = 0; x < native_side; ++x) {
      const int64_t right = ((x + 1) * side + native_side - 1) / native_side;
      const int64_t bottom = ((y + 1) * side + native_side - 1) / native_side;
      for (int64_t row = y * side / native_side; row < bottom; ++row) {
        const auto begin = alpha.begin() + row * side;
        if (std::find(begin + x * side / native_side, begin + right, 0) != begin + right) mask[y * native_side + x] = kDraw;
      }
    }
  }
  return mask;
}

// Sets to kDraw what lies within `radius` of such in a line of `count` pixels, each `stride` from the next.
void SpreadLine(uint8_t* line, ptrdiff_t count, ptrdiff_t stride, int radius) {
  std::vector<uint8_t> spread(count, kKeep);
  for (const bool forward : {true, false}) {
    int since = radius + 1;
    for (ptrdiff_t i = 0; i < count; ++i) {
      const ptrdiff_t at = forward ? i : count - 1 - i;
      since = line[at * stride] == kDraw ? 0 : since + 1;
      if (since <= radius) spread[at] = kDraw;
    }
  }
  for (ptrdiff_t i = 0; i < count; ++i) line[i * stride] = spread[i];
}

// Sets to kDraw what lies within `radius` of such along both sides.
std::vector<uint8_t> Spread(std::vector<uint8_t> mask, int side, int radius) {
  for (int y = 0; y < side; ++y) SpreadLine(&mask[static_cast<size_t>(y) * side], side, 1, radius);
  for (int x = 0; x < side; ++x) SpreadLine(&mask[x], side, side, radius);
  return mask;
}

// The mean colour of the pixels of `image`, a square, that pixel (x, y) of one of `native_side` a side covers.
std::array<uint8_t, 3> MeanColor(const RgbImage& image, int64_t native_side, int64_t x, int64_t y) {
  const int64_t side = image.width;
  const int64_t right = ((x + 1) * side + native_side - 1) / native_side;
  const int64_t bottom = ((y + 1) * side + native_side - 1) / native_side;
  std::array<int64_t, 3> sums = {};
  int64_t count = 0;
  for (int64_t row = y * side / native_side; row < bottom; ++row) {
    for (int64_t column = x * side / native_side; column < right; ++column, ++count) {
      for (int channel = 0; channel < 3; ++channel) sums[channel] += image.pixels[3 * (row * side + column) + channel];
    }
  }
  std::array<uint8_t, 3> mean = {};
  for (int channel = 0; channel < 3; ++channel) mean[channel] = static_cast<uint8_t>((sums[channel] + count / 2) / count);
  return mean;
}

// `image`, a square, at the size of `mask`. Where the filter would look at what is not kept, a kept pixel is the mean of what it
// covers: else what is under the mask would shine through.
absl::StatusOr<RgbImage> ResizeKept(const RgbImage& image, const std::vector<uint8_t>& mask, int native_side) {
  constexpr int kSupport = 3;  // of the filter, in pixels of the smaller picture
  ASSIGN_OR_RETURN(RgbImage resized, ResizeImage(image, native_side, native_side, ResampleFilter::kLanczos));
  const int radius = kSupport * std::max(1, (native_side + image.width - 1) / image.width);
  const std::vector<uint8_t> near_mask = Spread(mask, native_side, radius);
  for (size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == kDraw || near_mask[i] == kKeep) continue;
    const std::array<uint8_t, 3> mean =
        MeanColor(image, native_side, static_cast<int64_t>(i) % native_side, static_cast<int64_t>(i) / native_side);
    std::copy(mean.begin(), mean.end(), &resized.pixels[3 * i]);
  }
  return resized;
}

}  // namespace

absl::Status CheckVariation(const VariationRequest& variation) {
  const absl::StatusOr<RgbImage> image = DecodeImage(variation.image, kSourceLimits);
  return image.ok() ? absl::OkStatus() : InField(variation.image_field, image.status());
}

absl::StatusOr<KeptPicture> ReadEdit(const EditRequest& edit, const PictureSize& native_size) {
  ASSIGN_OR_RETURN(RgbImageWithAlpha source, Decode(edit.image_field, edit.image));
  if (source.image.width != source.image.height) {
    return absl::InvalidArgumentError(
        absl::StrCat(edit.image_field, " is ", SizeText(source.image), "; it must be as wide as high"));
  }
  ASSIGN_OR_RETURN(const std::vector<uint8_t> alpha, ReadAlpha(edit, source));
  if (!absl::c_linear_search(alpha, 0)) {
    return absl::InvalidArgumentError(absl::StrCat(edit.mask.empty() ? edit.image_field : edit.mask_field,
                                                   " has no fully transparent pixel (alpha 0); there is nothing to repaint"));
  }
  KeptPicture kept = {.image = {}, .mask = ToMask(alpha, source.image.width, native_size.width)};
  if (PictureSize{source.image.width, source.image.height} == native_size) {
    kept.image = std::move(source.image);
  } else {
    ASSIGN_OR_RETURN(kept.image, ResizeKept(source.image, kept.mask, native_size.width));
  }
  return kept;
}

}  // namespace unclip::gateway
