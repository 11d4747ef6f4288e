#include "gateway/source_request.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace unclip::gateway {
namespace {

absl::Status CheckSize(absl::string_view field, absl::string_view file) {
  if (file.size() <= kSourceLimits.max_bytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, " is ", file.size(), " bytes long; at most ", kSourceLimits.max_bytes, " bytes are accepted"));
}

absl::Status CheckFile(absl::string_view field, absl::string_view file) {
  if (file.empty()) return absl::InvalidArgumentError(absl::StrCat(field, " is empty; it must be a picture's file"));
  return CheckSize(field, file);
}

RepaintLimits LimitsOf(const Capabilities& capabilities) {
  return {.max_resample_count = capabilities.resample_count.maximum,
          .max_jump_length = capabilities.jump_length.maximum,
          .defaults = {.resample_count = capabilities.resample_count.default_value,
                       .jump_length = capabilities.jump_length.default_value}};
}

}  // namespace

absl::StatusOr<VariationRequest> ReadVariationRequest(absl::string_view path, const v1::VariationSource& proto,
                                                      const Capabilities& capabilities) {
  if (!capabilities.variations) {
    return absl::UnimplementedError(absl::StrCat(path, "variation cannot be: the clip service's checkpoint (",
                                                 capabilities.clip_model.checkpoint_name(), ") has no image encoder"));
  }
  VariationRequest variation = {.image_field = absl::StrCat(path, "variation.image"), .image = proto.image()};
  RETURN_IF_ERROR(CheckFile(variation.image_field, variation.image));
  return variation;
}

absl::StatusOr<EditRequest> ReadEditRequest(absl::string_view path, const v1::EditSource& proto, const Capabilities& capabilities,
                                            int decoder_step_count) {
  if (!capabilities.edits) {
    return absl::UnimplementedError(absl::StrCat(path, "edit cannot be: the decoder service with its checkpoint (",
                                                 capabilities.decoder_model.checkpoint_name(),
                                                 ") cannot keep a part of a square picture"));
  }
  EditRequest edit = {.image_field = absl::StrCat(path, "edit.image"),
                      .mask_field = absl::StrCat(path, "edit.mask"),
                      .image = proto.image(),
                      .mask = proto.mask()};
  RETURN_IF_ERROR(CheckFile(edit.image_field, edit.image));
  RETURN_IF_ERROR(CheckSize(edit.mask_field, edit.mask));
  const auto resample_count = proto.has_resample_count() ? std::optional(proto.resample_count()) : std::nullopt;
  const auto jump_length = proto.has_jump_length() ? std::optional(proto.jump_length()) : std::nullopt;
  ASSIGN_OR_RETURN(edit.steps, ReadRepaintSteps(absl::StrCat(path, "edit"), resample_count, jump_length, LimitsOf(capabilities),
                                                decoder_step_count));
  return edit;
}

}  // namespace unclip::gateway
