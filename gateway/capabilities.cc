#include "gateway/capabilities.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace unclip::gateway {
namespace {

// Offered besides the native size when that is square; the gateway resamples to them.
constexpr int kResampledSides[] = {64, 128, 256, 512, 1024};

absl::Status CheckAgreement(absl::string_view what, int clip, int prior, int decoder) {
  if (clip >= 1 && clip == prior && clip == decoder) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the services do not hold models that fit together: ", what, " is ", clip,
                                                    " in the clip service, ", prior, " in the prior service and ", decoder,
                                                    " in the decoder service; start them with the same checkpoint"));
}

// `Range` is Int32Range or DoubleRange.
template <typename Number, typename Range>
absl::Status ReadRange(absl::string_view what, const Range& range, Number least, SettingRange<Number>* setting) {
  *setting = {range.minimum(), range.maximum(), range.default_value()};
  // Written so that NaN fails.
  if (setting->minimum >= least && setting->minimum <= setting->default_value && setting->default_value <= setting->maximum) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat("the ", what, " that a service says is impossible: ", range.minimum(), " to ",
                                                    range.maximum(), ", default ", range.default_value()));
}

absl::Status ReadSizes(const decoder::v1::GetModelInfoResponse& decoder, Capabilities* capabilities) {
  const common::v1::ImageSize& native =
      decoder.super_res_sizes().empty() ? decoder.base_size() : *decoder.super_res_sizes().rbegin();
  capabilities->native_size = {native.width_px(), native.height_px()};
  if (native.width_px() < 1 || native.height_px() < 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("the decoder service says that its pictures are ", native.width_px(), "x", native.height_px()));
  }
  capabilities->sizes = {capabilities->native_size};
  if (native.width_px() != native.height_px()) return absl::OkStatus();  // a square would distort
  for (const int side : kResampledSides) {
    if (side != native.width_px()) capabilities->sizes.push_back({side, side});
  }
  return absl::OkStatus();
}

// The edits that need the decoder to keep a part of a picture, and the gateway to make a square of it.
absl::Status ReadEdits(const decoder::v1::GetModelInfoResponse& decoder, Capabilities* capabilities) {
  capabilities->edits = decoder.inpaints_images() && capabilities->native_size.width == capabilities->native_size.height;
  if (!capabilities->edits) return absl::OkStatus();
  RETURN_IF_ERROR(ReadRange("resample_count", decoder.resample_count(), 1, &capabilities->resample_count));
  return ReadRange("jump_length", decoder.jump_length(), 1, &capabilities->jump_length);
}

void WriteSize(const PictureSize& size, common::v1::ImageSize* proto) {
  proto->set_width_px(size.width);
  proto->set_height_px(size.height);
}

template <typename Number, typename Range>
void WriteRange(const SettingRange<Number>& setting, Range* range) {
  range->set_minimum(setting.minimum);
  range->set_maximum(setting.maximum);
  range->set_default_value(setting.default_value);
}

}  // namespace

absl::StatusOr<Capabilities> CombineCapabilities(const clip::v1::GetModelInfoResponse& clip,
                                                 const prior::v1::GetModelInfoResponse& prior,
                                                 const decoder::v1::GetModelInfoResponse& decoder) {
  RETURN_IF_ERROR(CheckAgreement("embedding_dim", clip.embedding_dim(), prior.embedding_dim(), decoder.embedding_dim()));
  RETURN_IF_ERROR(CheckAgreement("context_length", clip.context_length(), prior.context_length(), decoder.context_length()));
  RETURN_IF_ERROR(CheckAgreement("hidden_dim", clip.hidden_dim(), prior.hidden_dim(), decoder.hidden_dim()));
  Capabilities capabilities{.clip_model = clip.model(),
                            .prior_model = prior.model(),
                            .decoder_model = decoder.model(),
                            .embedding_dim = clip.embedding_dim(),
                            .context_length = clip.context_length(),
                            .hidden_dim = clip.hidden_dim()};
  RETURN_IF_ERROR(ReadSizes(decoder, &capabilities));
  capabilities.super_res_count = decoder.super_res_sizes_size();

  RETURN_IF_ERROR(ReadRange("candidate_count", prior.candidate_count(), 1, &capabilities.candidate_count));
  SettingRange<int32_t>& candidates = capabilities.candidate_count;
  candidates.maximum = std::min(candidates.maximum, kMaxCandidateCount);
  candidates.minimum = std::min(candidates.minimum, candidates.maximum);
  candidates.default_value = std::clamp(kDefaultCandidateCount, candidates.minimum, candidates.maximum);

  RETURN_IF_ERROR(ReadRange("prior_step_count", prior.step_count(), 1, &capabilities.prior_step_count));
  RETURN_IF_ERROR(ReadRange("decoder_step_count", decoder.decoder_step_count(), 1, &capabilities.decoder_step_count));
  if (capabilities.super_res_count > 0) {
    RETURN_IF_ERROR(ReadRange("super_res_step_count", decoder.super_res_step_count(), 1, &capabilities.super_res_step_count));
  }
  RETURN_IF_ERROR(ReadRange("prior_guidance_scale", prior.guidance_scale(), 0.0, &capabilities.prior_guidance_scale));
  RETURN_IF_ERROR(ReadRange("decoder_guidance_scale", decoder.guidance_scale(), 0.0, &capabilities.decoder_guidance_scale));
  capabilities.variations = clip.embeds_images();
  RETURN_IF_ERROR(ReadEdits(decoder, &capabilities));
  return capabilities;
}

v1::GetCapabilitiesResponse CapabilitiesToProto(const Capabilities& capabilities) {
  v1::GetCapabilitiesResponse proto;
  *proto.mutable_clip_model() = capabilities.clip_model;
  *proto.mutable_prior_model() = capabilities.prior_model;
  *proto.mutable_decoder_model() = capabilities.decoder_model;
  WriteSize(capabilities.native_size, proto.mutable_native_size());
  for (const PictureSize& size : capabilities.sizes) WriteSize(size, proto.add_sizes());
  proto.add_formats(common::v1::IMAGE_FORMAT_PNG);
  proto.add_formats(common::v1::IMAGE_FORMAT_JPEG);
  proto.add_formats(common::v1::IMAGE_FORMAT_WEBP);
  proto.set_context_length(capabilities.context_length);
  proto.set_max_prompt_bytes(kMaxPromptBytes);
  WriteRange(SettingRange<int32_t>{1, kMaxImageCount, 1}, proto.mutable_image_count());
  WriteRange(capabilities.candidate_count, proto.mutable_candidate_count());
  WriteRange(capabilities.prior_step_count, proto.mutable_prior_step_count());
  WriteRange(capabilities.decoder_step_count, proto.mutable_decoder_step_count());
  WriteRange(capabilities.super_res_step_count, proto.mutable_super_res_step_count());
  proto.set_super_res_count(capabilities.super_res_count);
  WriteRange(capabilities.prior_guidance_scale, proto.mutable_prior_guidance_scale());
  WriteRange(capabilities.decoder_guidance_scale, proto.mutable_decoder_guidance_scale());
  proto.set_variations(capabilities.variations);
  proto.set_edits(capabilities.edits);
  if (capabilities.edits) {
    WriteRange(capabilities.resample_count, proto.mutable_resample_count());
    WriteRange(capabilities.jump_length, proto.mutable_jump_length());
  }
  return proto;
}

std::string TextModelOf(const Capabilities& capabilities) { return capabilities.clip_model.SerializeAsString(); }

}  // namespace unclip::gateway
