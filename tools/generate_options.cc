#include "tools/generate_options.h"

#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "common/validation/field_check.h"
#include "tools/output_path.h"

namespace unclip {
namespace {

// The gateway knows the models' limits and names them in its answer; here only what a field can carry is checked.
constexpr IntLimits kAnyInt = {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
constexpr DoubleLimits kAnyDouble = {std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()};
constexpr double kLongestTimeoutSeconds = 7 * 24 * 3600;

// Prompts longer than a command line can carry do not come here; the gateway's own limit is lower.
constexpr size_t kMaxPromptBytes = size_t{1} << 30;

absl::StatusOr<common::v1::ImageSize> ReadSize(const std::string& text) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits('x', 1));
  int width = 0;
  int height = 0;
  const bool square = text.find('x') == std::string::npos;
  if (!absl::SimpleAtoi(parts.first, &width) || !absl::SimpleAtoi(square ? parts.first : parts.second, &height)) {
    return UsageError(absl::StrCat("--size is \"", text, "\", but must be such as 256 or 256x256"));
  }
  common::v1::ImageSize size;
  size.set_width_px(width);
  size.set_height_px(height);
  return size;
}

absl::StatusOr<common::v1::ImageFormat> ReadFormat(const GenerateOptions& options) {
  if (options.format.empty()) return FormatOfPath(options.out);
  return FormatOfPath(absl::StrCat("x.", options.format));
}

}  // namespace

void AddGenerateFlags(CommandLine& command_line, GenerateOptions& options) {
  command_line.AddString("out", "FILE", "Where the picture goes; several get -0, -1, ... before the suffix.", &options.out);
  command_line.AddUint64("seed", "Seed of the first picture; the next take seed + 1, ... (default random)", &options.seed);
  command_line.AddInt("count", kAnyInt, "Pictures to draw. (default 1)", &options.image_count);
  command_line.AddInt("candidates", kAnyInt, "Image embeddings to choose from for each picture. (default 2)",
                      &options.candidate_count);
  command_line.AddString("size", "N|WxH", "Size in pixels; resampled when it is not the model's own.", &options.size);
  command_line.AddString("negative-prompt", "TEXT", "What to steer away from.", &options.negative_prompt);
  command_line.AddInt("prior-steps", kAnyInt, "Denoising steps of the prior.", &options.prior_steps);
  command_line.AddInt("decoder-steps", kAnyInt, "Denoising steps of the decoder.", &options.decoder_steps);
  command_line.AddIntList("super-res-steps", kAnyInt, "Denoising steps of each upsampler.", &options.super_res_steps);
  command_line.AddDouble("prior-guidance", kAnyDouble, "Guidance scale of the prior.", &options.prior_guidance);
  command_line.AddDouble("decoder-guidance", kAnyDouble, "Guidance scale of the decoder.", &options.decoder_guidance);
  AddSamplingFlags(command_line, options.sampling);
  command_line.AddChoice("format", {"png", "jpeg", "webp"}, "File format. (default by the suffix of --out)", &options.format);
  command_line.AddInt("quality", kAnyInt, "Quality of JPEG and WebP.", &options.quality);
  command_line.AddInt("previews", kAnyInt, "Save the running estimate every so many steps.", &options.preview_interval);
  command_line.AddString("preview-dir", "DIR", "Where previews go. (needed with --previews)", &options.preview_dir);
  command_line.AddDouble("timeout", {0.001, kLongestTimeoutSeconds}, "Seconds to wait for the pictures.",
                         &options.timeout_seconds);
  command_line.AddSwitch("json", "Prints one JSON object instead of text.", &options.json);
  command_line.AddSwitch("quiet", "Shows no progress.", &options.quiet);
}

absl::StatusOr<gateway::v1::StreamGenerateImageRequest> MakeRequest(const GenerateOptions& options) {
  // Protobuf would complain on stderr in words of its own before it sends text that is not UTF-8.
  RETURN_IF_ERROR(CheckText("PROMPT", options.prompt, kMaxPromptBytes));
  RETURN_IF_ERROR(CheckText("--negative-prompt", options.negative_prompt, kMaxPromptBytes));
  if (options.preview_interval.has_value() != !options.preview_dir.empty()) {
    return UsageError("--previews and --preview-dir need each other");
  }
  gateway::v1::StreamGenerateImageRequest stream_request;
  if (options.preview_interval) stream_request.set_preview_step_interval(*options.preview_interval);
  gateway::v1::GenerateImageRequest& request = *stream_request.mutable_request();
  request.set_prompt(options.prompt);
  request.set_negative_prompt(options.negative_prompt);
  RETURN_IF_ERROR(SetSource(options.source, &request));
  if (options.image_count) request.set_image_count(*options.image_count);
  if (options.candidate_count) request.set_candidate_count(*options.candidate_count);
  if (options.seed) request.set_seed(*options.seed);
  if (!options.size.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_size(), ReadSize(options.size));
  }
  if (options.prior_steps) request.set_prior_step_count(*options.prior_steps);
  if (options.decoder_steps) request.set_decoder_step_count(*options.decoder_steps);
  request.mutable_super_res_step_counts()->Add(options.super_res_steps.begin(), options.super_res_steps.end());
  if (options.prior_guidance) request.set_prior_guidance_scale(*options.prior_guidance);
  if (options.decoder_guidance) request.set_decoder_guidance_scale(*options.decoder_guidance);
  RETURN_IF_ERROR(SetSampling(options.sampling, &request));
  ASSIGN_OR_RETURN(const common::v1::ImageFormat format, ReadFormat(options));
  request.set_output_format(format);
  if (options.quality) request.set_quality(*options.quality);
  return stream_request;
}

}  // namespace unclip
