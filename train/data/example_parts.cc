#include "train/data/example_parts.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "common/image/image_codec.h"
#include "common/image/resample.h"
#include "common/validation/field_check.h"

namespace unclip::train {
namespace {

constexpr absl::string_view kPictureExtensions[] = {"png", "jpg", "jpeg", "webp"};

// The square of `side` pixels with its top left corner at (left, top).
RgbImage Crop(RgbImage image, int left, int top, int side) {
  if (image.width == side && image.height == side) return image;
  const size_t row_size = static_cast<size_t>(side) * 3;
  RgbImage result{.width = side, .height = side, .pixels = std::vector<uint8_t>(row_size * side)};
  for (int y = 0; y < side; ++y) {
    const uint8_t* const row = &image.pixels[(static_cast<size_t>(top + y) * image.width + left) * 3];
    std::copy(row, row + row_size, &result.pixels[y * row_size]);
  }
  return result;
}

}  // namespace

bool IsPictureExtension(absl::string_view extension) {
  return std::any_of(std::begin(kPictureExtensions), std::end(kPictureExtensions),
                     [extension](absl::string_view known) { return absl::EqualsIgnoreCase(extension, known); });
}

absl::StatusOr<RgbImage> DecodeWindow(absl::string_view bytes, const Window& window) {
  ASSIGN_OR_RETURN(RgbImage image, DecodeImage(bytes));
  const int side = std::min(image.width, image.height);
  const int left = (image.width - side) / 2, top = (image.height - side) / 2;
  RgbImage square = Crop(std::move(image), left, top, side);
  if (side != window.size) {
    ASSIGN_OR_RETURN(square, ResizeImage(square, window.size, window.size, ResampleFilter::kLanczos));
  }
  return Crop(std::move(square), window.x, window.y, window.side);
}

absl::StatusOr<std::string> CaptionLine(absl::string_view text, uint64_t variant) {
  RETURN_IF_ERROR(CheckUtf8("caption", text));
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");  // editors on Windows write it
  std::vector<absl::string_view> lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const absl::string_view stripped = absl::StripAsciiWhitespace(line);
    if (!stripped.empty()) lines.push_back(stripped);
  }
  if (lines.empty()) return "";
  return std::string(lines[variant % lines.size()]);
}

absl::StatusOr<std::string> JsonCaption(absl::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::InvalidArgumentError("is not a JSON object");
  const auto caption = json.find("caption");
  if (caption == json.end() || !caption->is_string()) {
    return absl::InvalidArgumentError("has no \"caption\" that is a string");
  }
  return std::string(absl::StripAsciiWhitespace(caption->get_ref<const std::string&>()));
}

}  // namespace unclip::train
