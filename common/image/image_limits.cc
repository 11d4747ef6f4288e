#include "common/image/image_limits.h"

#include "absl/strings/str_cat.h"

namespace unclip {

absl::Status CheckImageSize(int64_t width, int64_t height, const ImageLimits& limits) {
  if (width < 1 || height < 1) {
    return absl::InvalidArgumentError(absl::StrCat("image is ", width, "x", height, " pixels; each side must be at least 1"));
  }
  // Divided rather than multiplied, as a file may declare sides whose product overflows.
  if (width > limits.max_pixels / height) {
    return absl::InvalidArgumentError(
        absl::StrCat("image is ", width, "x", height, " pixels; at most ", limits.max_pixels, " pixels are accepted"));
  }
  return absl::OkStatus();
}

absl::Status CheckImage(const RgbImage& image) {
  if (image.width < 1 || image.height < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("image is ", image.width, "x", image.height, " pixels; each side must be at least 1"));
  }
  const size_t row_size = 3 * static_cast<size_t>(image.width);
  if (image.pixels.size() / row_size != static_cast<size_t>(image.height) || image.pixels.size() % row_size != 0) {
    return absl::InvalidArgumentError(absl::StrCat("image of ", image.width, "x", image.height, " pixels holds ",
                                                   image.pixels.size(), " samples; it must hold width x height x 3"));
  }
  return absl::OkStatus();
}

}  // namespace unclip
