#include "common/sampling/sampling_check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/validation/field_check.h"

namespace unclip {
namespace {

using common::v1::SamplingOptions;

absl::Status CheckSampler(absl::string_view field, const SamplingOptions& options) {
  if (!common::v1::Sampler_IsValid(options.sampler())) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ".sampler is ", static_cast<int>(options.sampler()),
                     "; it must be SAMPLER_ANCESTRAL (1), SAMPLER_DDIM (2) or SAMPLER_DPM_SOLVER (3)"));
  }
  if (!options.has_eta()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckDoubleRange(absl::StrCat(field, ".eta"), options.eta(), 0, 1));
  if (options.eta() == 0 || options.sampler() == common::v1::SAMPLER_DDIM) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ".eta is ", options.eta(), "; it must be 0 unless ", field, ".sampler is SAMPLER_DDIM (2)"));
}

absl::Status CheckGuidance(absl::string_view field, const SamplingOptions& options, bool has_guidance) {
  if (!options.has_guidance_start() && !options.has_guidance_end()) return absl::OkStatus();
  const std::string start = absl::StrCat(field, ".guidance_start"), end = absl::StrCat(field, ".guidance_end");
  if (!has_guidance) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.has_guidance_start() ? start : end, " is ",
                     options.has_guidance_start() ? options.guidance_start() : options.guidance_end(),
                     "; it must be absent, as this stage has no guidance"));
  }
  const double start_share = options.has_guidance_start() ? options.guidance_start() : 0;
  RETURN_IF_ERROR(CheckDoubleRange(start, start_share, 0, 1));
  return CheckDoubleRange(end, options.has_guidance_end() ? options.guidance_end() : 1, start_share, 1);
}

}  // namespace

absl::Status CheckSamplingOptions(absl::string_view field, const SamplingOptions& options, const SamplingTraits& traits) {
  RETURN_IF_ERROR(CheckSampler(field, options));
  RETURN_IF_ERROR(CheckGuidance(field, options, traits.has_guidance));
  if (!options.has_deep_feature_interval()) return absl::OkStatus();
  return CheckIntRange(absl::StrCat(field, ".deep_feature_interval"), options.deep_feature_interval(), 1,
                       traits.has_deep_features ? kMaxDeepFeatureInterval : 1);
}

}  // namespace unclip
