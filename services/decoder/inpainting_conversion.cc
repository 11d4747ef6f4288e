#include "services/decoder/inpainting_conversion.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/image/image_codec.h"
#include "common/validation/field_check.h"

namespace unclip::decoder {
namespace {

constexpr uint8_t kDraw = 0;
constexpr uint8_t kKeep = 255;

absl::StatusOr<RgbImage> ToImage(const common::v1::EncodedImage& proto, int size) {
  if (proto.format() != common::v1::IMAGE_FORMAT_RGB8) {
    return absl::InvalidArgumentError(
        absl::StrCat("inpainting.image.format is ", static_cast<int>(proto.format()), "; it must be IMAGE_FORMAT_RGB8 (4)"));
  }
  if (proto.size().width_px() != size || proto.size().height_px() != size) {
    return absl::InvalidArgumentError(absl::StrCat("inpainting.image.size is ", proto.size().width_px(), "x",
                                                   proto.size().height_px(), "; it must be ", size, "x", size,
                                                   ", that of the finished picture"));
  }
  absl::StatusOr<RgbImage> image = ImageFromRgb8(proto.data(), size, size);
  if (!image.ok()) return absl::InvalidArgumentError(absl::StrCat("inpainting.image.data: ", image.status().message()));
  return image;
}

absl::StatusOr<std::vector<uint8_t>> ToKept(const std::string& mask, int size) {
  RETURN_IF_ERROR(CheckLength("inpainting.mask", mask.size(), static_cast<size_t>(size) * size));
  std::vector<uint8_t> kept;
  kept.reserve(mask.size());
  for (size_t i = 0; i < mask.size(); ++i) {
    const auto value = static_cast<uint8_t>(mask[i]);
    if (value != kDraw && value != kKeep) {
      return absl::InvalidArgumentError(
          absl::StrCat("inpainting.mask[", i, "] is ", value, "; it must be 0, to draw the pixel, or 255, to keep it"));
    }
    kept.push_back(value == kKeep ? 1 : 0);
  }
  return kept;
}

void SetRange(int maximum, int default_value, common::v1::Int32Range* range) {
  range->set_minimum(1);
  range->set_maximum(maximum);
  range->set_default_value(default_value);
}

}  // namespace

absl::StatusOr<InpaintingInput> ToInpaintingInput(const v1::Inpainting& inpainting, const DecoderModelInfo& info,
                                                  int decoder_step_count) {
  InpaintingInput input;
  ASSIGN_OR_RETURN(input.image, ToImage(inpainting.image(), info.finished_size()));
  ASSIGN_OR_RETURN(input.kept, ToKept(inpainting.mask(), info.finished_size()));
  const auto resample_count = inpainting.has_resample_count() ? std::optional(inpainting.resample_count()) : std::nullopt;
  const auto jump_length = inpainting.has_jump_length() ? std::optional(inpainting.jump_length()) : std::nullopt;
  ASSIGN_OR_RETURN(input.steps, ReadRepaintSteps("inpainting", resample_count, jump_length, kRepaintLimits, decoder_step_count));
  return input;
}

void SetInpainting(v1::GetModelInfoResponse* response) {
  response->set_inpaints_images(true);
  SetRange(kRepaintLimits.max_resample_count, kRepaintLimits.defaults.resample_count, response->mutable_resample_count());
  SetRange(kRepaintLimits.max_jump_length, kRepaintLimits.defaults.jump_length, response->mutable_jump_length());
}

}  // namespace unclip::decoder
