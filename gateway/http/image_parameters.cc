#include "gateway/http/image_parameters.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "gateway/http/http_error.h"
#include "unclip/common/v1/image.pb.h"

namespace unclip::gateway {
namespace {

// Of the hosted DALL·E 2, in characters.
constexpr int kDallE2PromptLength = 1000;
constexpr int kMaxPartialImages = 3;
constexpr int kMaxCompression = 100;
constexpr double kMaxGuidanceScale = 100;
constexpr int64_t kMaxSteps = 1000;
constexpr int64_t kMaxResampleCount = 20;
constexpr size_t kShownBytes = 60;

struct SpeedName {
  const char* name;
  v1::Speed speed;
};

struct FormatName {
  const char* name;
  common::v1::ImageFormat format;
};

constexpr FormatName kFormats[] = {
    {"png", common::v1::IMAGE_FORMAT_PNG}, {"jpeg", common::v1::IMAGE_FORMAT_JPEG}, {"webp", common::v1::IMAGE_FORMAT_WEBP}};
constexpr SpeedName kPresets[] = {{"quality", v1::SPEED_QUALITY}, {"balanced", v1::SPEED_BALANCED}, {"fast", v1::SPEED_FAST}};
constexpr SpeedName kQualities[] = {{"standard", v1::SPEED_UNSPECIFIED}, {"auto", v1::SPEED_UNSPECIFIED},
                                    {"hd", v1::SPEED_QUALITY},           {"high", v1::SPEED_QUALITY},
                                    {"medium", v1::SPEED_BALANCED},      {"low", v1::SPEED_FAST}};

absl::Status NotOneOf(absl::string_view name, absl::string_view value, absl::Span<const std::string> allowed) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is \"", value.substr(0, kShownBytes), "\"; it must be one of ", absl::StrJoin(allowed, ", ")));
}

// Characters, not bytes, of valid UTF-8.
int64_t CountCharacters(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string ToText(const PictureSize& size) { return absl::StrCat(size.width, "x", size.height); }

// One body; each method reads the fields of one subject.
class Reader {
 public:
  Reader(ImageTask task, BodyUse use, const Capabilities& capabilities, BodyFields& fields)
      : is_variation_(task == ImageTask::kVariation), use_(use), capabilities_(capabilities), fields_(fields) {
    parameters_.task = task;
  }

  absl::StatusOr<ImageParameters> Read() {
    RETURN_IF_ERROR(ReadModel());
    RETURN_IF_ERROR(ReadPrompts());
    RETURN_IF_ERROR(ReadCounts());
    RETURN_IF_ERROR(ReadSize());
    RETURN_IF_ERROR(ReadSpeed());
    RETURN_IF_ERROR(ReadSteps());
    RETURN_IF_ERROR(ReadGuidance());
    if (parameters_.task == ImageTask::kEdit) RETURN_IF_ERROR(ReadEdit());
    RETURN_IF_ERROR(ReadOutput());
    RETURN_IF_ERROR(ReadStream());
    RETURN_IF_ERROR(ReadUnused());
    if (const std::optional<std::string> name = fields_.UnknownName(); name.has_value()) {
      return HttpError(400, "unknown_parameter",
                       absl::StrCat(*name, " is no parameter of this call; GET /openapi.json lists those there are"));
    }
    return std::move(parameters_);
  }

 private:
  v1::GenerateImageRequest& request() { return parameters_.request; }

  // Which of `allowed` a text field is; nothing when absent.
  absl::StatusOr<std::optional<size_t>> Choice(absl::string_view name, absl::Span<const std::string> allowed) {
    ASSIGN_OR_RETURN(const std::optional<std::string> value, fields_.GetString(name));
    if (!value.has_value()) return std::nullopt;
    const auto found = std::find(allowed.begin(), allowed.end(), *value);
    if (found == allowed.end()) return NotOneOf(name, *value, allowed);
    return found - allowed.begin();
  }

  absl::Status ReadModel() {
    std::vector<std::string> names(std::begin(kModelNames), std::end(kModelNames));
    names.push_back(LoadedModelName(capabilities_));
    ASSIGN_OR_RETURN(const std::optional<size_t> model, Choice("model", names));
    is_dall_e_2_ = model.value_or(0) == 0;
    return absl::OkStatus();
  }

  absl::Status ReadPrompts() {
    if (!is_variation_) {
      ASSIGN_OR_RETURN(std::optional<std::string> prompt, fields_.GetString("prompt"));
      if (!prompt.has_value()) return absl::InvalidArgumentError("prompt is missing; it must say what to draw");
      if (is_dall_e_2_ && CountCharacters(*prompt) > kDallE2PromptLength) {
        return absl::InvalidArgumentError(absl::StrCat("prompt is ", CountCharacters(*prompt),
                                                       " characters long; it must be at most ", kDallE2PromptLength,
                                                       " for model dall-e-2, or ", kMaxPromptBytes, " bytes for model unclip"));
      }
      request().set_prompt(*std::move(prompt));
    }
    ASSIGN_OR_RETURN(std::optional<std::string> negative, fields_.GetString("negative_prompt"));
    if (negative.has_value()) request().set_negative_prompt(*std::move(negative));
    return absl::OkStatus();
  }

  absl::Status ReadCounts() {
    ASSIGN_OR_RETURN(const std::optional<int64_t> count, fields_.GetInt("n", 1, kMaxImageCount));
    request().set_image_count(static_cast<int32_t>(count.value_or(1)));
    if (!is_variation_) {
      ASSIGN_OR_RETURN(const std::optional<int64_t> candidates, fields_.GetInt("candidate_count", 1, kMaxCandidateCount));
      if (candidates.has_value()) request().set_candidate_count(static_cast<int32_t>(*candidates));
    }
    ASSIGN_OR_RETURN(const std::optional<uint64_t> seed, fields_.GetUint64("seed"));
    if (seed.has_value()) request().set_seed(*seed);
    return absl::OkStatus();
  }

  absl::Status ReadSize() {
    std::vector<std::string> allowed = {"auto"};
    for (const PictureSize& size : capabilities_.sizes) allowed.push_back(ToText(size));
    ASSIGN_OR_RETURN(const std::optional<size_t> choice, Choice("size", allowed));
    const size_t place = choice.value_or(0);
    const PictureSize& size = place == 0 ? capabilities_.native_size : capabilities_.sizes[place - 1];
    request().mutable_size()->set_width_px(size.width);
    request().mutable_size()->set_height_px(size.height);
    parameters_.size = ToText(size);
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<SpeedName>> SpeedChoice(absl::string_view name, absl::Span<const SpeedName> speeds) {
    ASSIGN_OR_RETURN(const std::optional<std::string> value, fields_.GetString(name));
    if (!value.has_value()) return std::nullopt;
    std::vector<std::string> allowed;
    for (const SpeedName& speed : speeds) {
      if (*value == speed.name) return speed;
      allowed.emplace_back(speed.name);
    }
    return NotOneOf(name, *value, allowed);
  }

  // `preset` is ours; `quality` is what other models of the API call nearly the same.
  absl::Status ReadSpeed() {
    ASSIGN_OR_RETURN(const std::optional<SpeedName> preset, SpeedChoice("preset", kPresets));
    ASSIGN_OR_RETURN(const std::optional<SpeedName> quality, SpeedChoice("quality", kQualities));
    if (quality.has_value()) {
      parameters_.quality = quality->name;
      request().set_speed(quality->speed);
    }
    if (!preset.has_value()) return absl::OkStatus();
    parameters_.preset = preset->name;
    request().set_speed(preset->speed);
    return absl::OkStatus();
  }

  // The value of `name`, or of `alias`, by which other servers know it.
  absl::StatusOr<std::optional<int64_t>> Steps(absl::string_view name, absl::string_view alias = "") {
    ASSIGN_OR_RETURN(std::optional<int64_t> steps, fields_.GetInt(name, 2, kMaxSteps));
    if (alias.empty()) return steps;
    ASSIGN_OR_RETURN(const std::optional<int64_t> aliased, fields_.GetInt(alias, 2, kMaxSteps));
    if (steps.has_value() && aliased.has_value()) return SaidTwice(name, alias);
    return steps.has_value() ? steps : aliased;
  }

  static absl::Status SaidTwice(absl::string_view name, absl::string_view alias) {
    return absl::InvalidArgumentError(
        absl::StrCat(alias, " is another name of ", name, "; it must be absent when that is given"));
  }

  absl::Status ReadSteps() {
    if (!is_variation_) {
      ASSIGN_OR_RETURN(const std::optional<int64_t> prior, Steps("prior_step_count"));
      if (prior.has_value()) request().set_prior_step_count(static_cast<int32_t>(*prior));
    }
    ASSIGN_OR_RETURN(const std::optional<int64_t> decoder, Steps("decoder_step_count", "num_inference_steps"));
    if (decoder.has_value()) request().set_decoder_step_count(static_cast<int32_t>(*decoder));
    ASSIGN_OR_RETURN(const std::optional<int64_t> super_res, Steps("super_res_step_count"));
    for (int i = 0; super_res.has_value() && i < capabilities_.super_res_count; ++i) {
      request().add_super_res_step_counts(static_cast<int32_t>(*super_res));
    }
    return absl::OkStatus();
  }

  absl::Status ReadGuidance() {
    if (!is_variation_) {
      ASSIGN_OR_RETURN(const std::optional<double> prior, fields_.GetDouble("prior_guidance_scale", 0, kMaxGuidanceScale));
      if (prior.has_value()) request().set_prior_guidance_scale(*prior);
    }
    ASSIGN_OR_RETURN(std::optional<double> decoder, fields_.GetDouble("decoder_guidance_scale", 0, kMaxGuidanceScale));
    ASSIGN_OR_RETURN(const std::optional<double> alias, fields_.GetDouble("guidance_scale", 0, kMaxGuidanceScale));
    if (decoder.has_value() && alias.has_value()) return SaidTwice("decoder_guidance_scale", "guidance_scale");
    if (!decoder.has_value()) decoder = alias;
    if (decoder.has_value()) request().set_decoder_guidance_scale(*decoder);
    return absl::OkStatus();
  }

  absl::Status ReadEdit() {
    ASSIGN_OR_RETURN(const std::optional<int64_t> resample_count, fields_.GetInt("resample_count", 1, kMaxResampleCount));
    ASSIGN_OR_RETURN(const std::optional<int64_t> jump_length, fields_.GetInt("jump_length", 1, kMaxSteps - 1));
    if (resample_count.has_value()) request().mutable_edit()->set_resample_count(static_cast<int32_t>(*resample_count));
    if (jump_length.has_value()) request().mutable_edit()->set_jump_length(static_cast<int32_t>(*jump_length));
    return absl::OkStatus();
  }

  absl::Status ReadOutput() {
    ASSIGN_OR_RETURN(const std::optional<size_t> choice, Choice("output_format", {"png", "jpeg", "webp"}));
    const auto& [name, format] = kFormats[choice.value_or(0)];
    parameters_.output_format = name;
    request().set_output_format(format);
    // 0 is the smallest file that there is, which the encoders call quality 1.
    ASSIGN_OR_RETURN(const std::optional<int64_t> compression, fields_.GetInt("output_compression", 0, kMaxCompression));
    request().set_quality(static_cast<int32_t>(std::max<int64_t>(compression.value_or(kMaxCompression), 1)));
    // Streams carry the pictures themselves.
    ASSIGN_OR_RETURN(const std::optional<size_t> answer, Choice("response_format", {"url", "b64_json"}));
    // A job's answer is fetched when it is wanted, perhaps after an address would have expired.
    parameters_.as_url = answer.value_or(use_ == BodyUse::kJob ? 1 : 0) == 0;
    return absl::OkStatus();
  }

  absl::Status ReadStream() {
    if (is_variation_ || use_ == BodyUse::kJob) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::optional<bool> stream, fields_.GetBool("stream"));
    ASSIGN_OR_RETURN(const std::optional<int64_t> partial, fields_.GetInt("partial_images", 0, kMaxPartialImages));
    parameters_.stream = stream.value_or(false);
    parameters_.partial_image_count = static_cast<int>(partial.value_or(0));
    if (parameters_.partial_image_count == 0 || parameters_.stream) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("partial_images is ", parameters_.partial_image_count, "; it must be absent or 0 unless stream is true"));
  }

  // What callers may send and nothing here depends on.
  absl::Status ReadUnused() {
    RETURN_IF_ERROR(fields_.GetString("user").status());
    if (is_variation_) return absl::OkStatus();
    RETURN_IF_ERROR(Choice("background", {"auto", "opaque"}).status());
    if (parameters_.task == ImageTask::kEdit) return absl::OkStatus();
    RETURN_IF_ERROR(Choice("moderation", {"auto", "low"}).status());
    ASSIGN_OR_RETURN(const std::optional<std::string> style, fields_.GetString("style"));
    if (!style.has_value()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("style is \"", style->substr(0, kShownBytes), "\"; it must be absent or null, as dall-e-2 has none"));
  }

  const bool is_variation_;
  const BodyUse use_;
  const Capabilities& capabilities_;
  BodyFields& fields_;
  bool is_dall_e_2_ = false;
  ImageParameters parameters_;
};

}  // namespace

const std::string& LoadedModelName(const Capabilities& capabilities) { return capabilities.decoder_model.checkpoint_name(); }

absl::StatusOr<ImageParameters> ReadImageParameters(ImageTask task, BodyUse use, const Capabilities& capabilities,
                                                    BodyFields& fields) {
  return Reader(task, use, capabilities, fields).Read();
}

}  // namespace unclip::gateway
