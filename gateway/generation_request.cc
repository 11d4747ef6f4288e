#include "gateway/generation_request.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "common/sampling/sampling_check.h"
#include "common/validation/field_check.h"
#include "common/validation/utf8.h"
#include "gateway/speed_preset.h"

namespace unclip::gateway {
namespace {

// White_Space of Unicode (PropList.txt), which has been the same set since Unicode 6.3.
bool IsWhiteSpace(uint32_t code_point) {
  return (code_point >= 0x09 && code_point <= 0x0d) || code_point == 0x20 || code_point == 0x85 || code_point == 0xa0 ||
         code_point == 0x1680 || (code_point >= 0x2000 && code_point <= 0x200a) || code_point == 0x2028 || code_point == 0x2029 ||
         code_point == 0x202f || code_point == 0x205f || code_point == 0x3000;
}

// `text` is valid UTF-8.
bool IsBlank(absl::string_view text) {
  while (!text.empty()) {
    uint32_t code_point = 0;
    const size_t length = Utf8SequenceLength(text, &code_point);
    if (length == 0 || !IsWhiteSpace(code_point)) return false;
    text.remove_prefix(length);
  }
  return true;
}

// Reads the fields of one message; each method checks one field and names it in its error.
class FieldReader {
 public:
  FieldReader(absl::string_view path, const v1::GenerateImageRequest& proto, const Capabilities& capabilities)
      : path_(path), proto_(proto), capabilities_(capabilities) {}

  absl::Status ReadPrompts(GenerationRequest* request) const {
    RETURN_IF_ERROR(CheckText(Name("prompt"), proto_.prompt(), kMaxPromptBytes));
    if (proto_.has_variation() && !proto_.prompt().empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(Name("prompt"), " is ", proto_.prompt().size(), " bytes long; with a variation it must be empty"));
    }
    if (!proto_.has_variation() && IsBlank(proto_.prompt())) {
      return absl::InvalidArgumentError(absl::StrCat(Name("prompt"), " is ",
                                                     proto_.prompt().empty() ? "empty" : "only white space",
                                                     "; it must have at least one other character"));
    }
    RETURN_IF_ERROR(CheckText(Name("negative_prompt"), proto_.negative_prompt(), kMaxPromptBytes));
    request->prompt = proto_.prompt();
    request->negative_prompt = proto_.negative_prompt();
    return absl::OkStatus();
  }

  absl::StatusOr<int> ReadInt(absl::string_view field, bool present, int32_t value, const SettingRange<int32_t>& range) const {
    if (!present) return range.default_value;
    RETURN_IF_ERROR(CheckIntRange(Name(field), value, range.minimum, range.maximum));
    return value;
  }

  absl::StatusOr<double> ReadDouble(absl::string_view field, bool present, double value,
                                    const SettingRange<double>& range) const {
    if (!present) return range.default_value;
    RETURN_IF_ERROR(CheckDoubleRange(Name(field), value, range.minimum, range.maximum));
    return value;
  }

  absl::StatusOr<int> ReadSteps(absl::string_view field, bool present, int32_t value, const SettingRange<int32_t>& range,
                                const StagePreset& preset) const {
    return ReadInt(field, present, value, {range.minimum, range.maximum, preset.step_count});
  }

  absl::StatusOr<PictureSize> ReadSize() const {
    if (!proto_.has_size()) return capabilities_.native_size;
    const PictureSize size{proto_.size().width_px(), proto_.size().height_px()};
    const std::vector<PictureSize>& allowed = capabilities_.sizes;
    if (std::find(allowed.begin(), allowed.end(), size) != allowed.end()) return size;
    const auto format = [](std::string* out, const PictureSize& s) { absl::StrAppend(out, s.width, "x", s.height); };
    return absl::InvalidArgumentError(absl::StrCat(Name("size"), " is ", size.width, "x", size.height, "; it must be one of ",
                                                   absl::StrJoin(allowed, ", ", format)));
  }

  absl::StatusOr<SpeedPreset> ReadSpeed() const {
    if (v1::Speed_IsValid(proto_.speed())) return PresetOf(proto_.speed(), capabilities_);
    return absl::InvalidArgumentError(absl::StrCat(Name("speed"), " is ", static_cast<int>(proto_.speed()),
                                                   "; it must be SPEED_QUALITY (1), SPEED_BALANCED (2) or SPEED_FAST (3)"));
  }

  absl::StatusOr<common::v1::SamplingOptions> ReadSampling(absl::string_view field, const common::v1::SamplingOptions& given,
                                                           common::v1::Sampler preset, const SamplingTraits& traits) const {
    common::v1::SamplingOptions options = given;
    if (options.sampler() == common::v1::SAMPLER_UNSPECIFIED) options.set_sampler(preset);
    RETURN_IF_ERROR(CheckSamplingOptions(Name(field), options, traits));
    return options;
  }

  absl::Status ReadSamplings(const SpeedPreset& preset, GenerationRequest* request) const {
    ASSIGN_OR_RETURN(request->prior_sampling, ReadSampling("prior_sampling", proto_.prior_sampling(), preset.prior.sampler,
                                                           {.has_guidance = true, .has_deep_features = false}));
    ASSIGN_OR_RETURN(request->decoder_sampling,
                     ReadSampling("decoder_sampling", proto_.decoder_sampling(), preset.decoder.sampler,
                                  {.has_guidance = true, .has_deep_features = true}));
    ASSIGN_OR_RETURN(request->super_res_sampling,
                     ReadSampling("super_res_sampling", proto_.super_res_sampling(), preset.super_res.sampler,
                                  {.has_guidance = false, .has_deep_features = true}));
    return absl::OkStatus();
  }

  // What a request that starts from a picture does otherwise. After the rest.
  absl::Status ReadSource(GenerationRequest* request) const {
    if (proto_.has_edit()) {
      ASSIGN_OR_RETURN(request->edit, ReadEditRequest(path_, proto_.edit(), capabilities_, request->decoder_step_count));
    }
    if (!proto_.has_variation()) return absl::OkStatus();
    ASSIGN_OR_RETURN(request->variation, ReadVariationRequest(path_, proto_.variation(), capabilities_));
    if (proto_.has_candidate_count()) {
      RETURN_IF_ERROR(CheckIntRange(Name("candidate_count"), proto_.candidate_count(), 1, 1));
    }
    request->candidate_count = 1;
    request->prior_step_count = 0;
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<int>> ReadSuperResSteps(int default_count) const {
    const SettingRange<int32_t>& range = capabilities_.super_res_step_count;
    const int count = capabilities_.super_res_count;
    if (proto_.super_res_step_counts().empty()) return std::vector<int>(count, default_count);
    if (proto_.super_res_step_counts_size() != count) {
      return absl::InvalidArgumentError(absl::StrCat(Name("super_res_step_counts"), " has ", proto_.super_res_step_counts_size(),
                                                     " values; it must have none, or one for each of the model's ", count,
                                                     " upsamplers"));
    }
    for (int i = 0; i < count; ++i) {
      RETURN_IF_ERROR(CheckIntRange(Name(absl::StrCat("super_res_step_counts[", i, "]")), proto_.super_res_step_counts(i),
                                    range.minimum, range.maximum));
    }
    return std::vector<int>(proto_.super_res_step_counts().begin(), proto_.super_res_step_counts().end());
  }

  absl::StatusOr<ImageEncoding> ReadFormat() const {
    switch (proto_.output_format()) {
      case common::v1::IMAGE_FORMAT_UNSPECIFIED:
      case common::v1::IMAGE_FORMAT_PNG:
        return ImageEncoding::kPng;
      case common::v1::IMAGE_FORMAT_JPEG:
        return ImageEncoding::kJpeg;
      case common::v1::IMAGE_FORMAT_WEBP:
        return ImageEncoding::kWebp;
      default:
        return absl::InvalidArgumentError(absl::StrCat(Name("output_format"), " is ", static_cast<int>(proto_.output_format()),
                                                       "; it must be IMAGE_FORMAT_PNG (1), IMAGE_FORMAT_JPEG (2) or "
                                                       "IMAGE_FORMAT_WEBP (3)"));
    }
  }

 private:
  std::string Name(absl::string_view field) const { return absl::StrCat(path_, field); }

  const absl::string_view path_;
  const v1::GenerateImageRequest& proto_;
  const Capabilities& capabilities_;
};

}  // namespace

int GenerationRequest::StepsPerImage() const {
  return std::accumulate(super_res_step_counts.begin(), super_res_step_counts.end(), prior_step_count + DecoderSteps());
}

absl::StatusOr<GenerationRequest> ParseGenerationRequest(absl::string_view path, const v1::GenerateImageRequest& proto,
                                                         const Capabilities& capabilities, uint64_t drawn_seed) {
  const FieldReader reader(path, proto, capabilities);
  GenerationRequest request;
  RETURN_IF_ERROR(reader.ReadPrompts(&request));
  ASSIGN_OR_RETURN(request.image_count,
                   reader.ReadInt("image_count", proto.has_image_count(), proto.image_count(), {1, kMaxImageCount, 1}));
  ASSIGN_OR_RETURN(request.candidate_count, reader.ReadInt("candidate_count", proto.has_candidate_count(),
                                                           proto.candidate_count(), capabilities.candidate_count));
  request.seed = proto.has_seed() ? proto.seed() : drawn_seed;
  ASSIGN_OR_RETURN(request.size, reader.ReadSize());
  ASSIGN_OR_RETURN(const SpeedPreset preset, reader.ReadSpeed());
  ASSIGN_OR_RETURN(request.prior_step_count,
                   reader.ReadSteps("prior_step_count", proto.has_prior_step_count(), proto.prior_step_count(),
                                    capabilities.prior_step_count, preset.prior));
  ASSIGN_OR_RETURN(request.decoder_step_count,
                   reader.ReadSteps("decoder_step_count", proto.has_decoder_step_count(), proto.decoder_step_count(),
                                    capabilities.decoder_step_count, preset.decoder));
  ASSIGN_OR_RETURN(request.super_res_step_counts, reader.ReadSuperResSteps(preset.super_res.step_count));
  RETURN_IF_ERROR(reader.ReadSamplings(preset, &request));
  ASSIGN_OR_RETURN(request.prior_guidance_scale,
                   reader.ReadDouble("prior_guidance_scale", proto.has_prior_guidance_scale(), proto.prior_guidance_scale(),
                                     capabilities.prior_guidance_scale));
  ASSIGN_OR_RETURN(request.decoder_guidance_scale,
                   reader.ReadDouble("decoder_guidance_scale", proto.has_decoder_guidance_scale(), proto.decoder_guidance_scale(),
                                     capabilities.decoder_guidance_scale));
  ASSIGN_OR_RETURN(request.encoding, reader.ReadFormat());
  ASSIGN_OR_RETURN(request.quality,
                   reader.ReadInt("quality", proto.has_quality(), proto.quality(), {1, 100, kDefaultImageQuality}));
  RETURN_IF_ERROR(reader.ReadSource(&request));
  return request;
}

absl::StatusOr<GenerationRequest> ParseGenerationRequest(const v1::StreamGenerateImageRequest& proto,
                                                         const Capabilities& capabilities, uint64_t drawn_seed) {
  ASSIGN_OR_RETURN(GenerationRequest request, ParseGenerationRequest("request.", proto.request(), capabilities, drawn_seed));
  if (proto.has_preview_step_interval()) {
    RETURN_IF_ERROR(CheckIntRange("preview_step_interval", proto.preview_step_interval(), 1, kMaxPreviewStepInterval));
    request.preview_step_interval = proto.preview_step_interval();
  }
  return request;
}

uint64_t DrawSeed() {
  thread_local std::random_device device;
  return device();
}

}  // namespace unclip::gateway
