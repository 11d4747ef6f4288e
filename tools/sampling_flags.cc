#include "tools/sampling_flags.h"

#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace unclip {
namespace {

using common::v1::SamplingOptions;

// The gateway knows the limits and names them in its answer.
constexpr IntLimits kAnyInt = {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
constexpr DoubleLimits kAnyDouble = {std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()};

gateway::v1::Speed ToSpeed(const std::string& name) {
  if (name == "quality") return gateway::v1::SPEED_QUALITY;
  if (name == "balanced") return gateway::v1::SPEED_BALANCED;
  return name == "fast" ? gateway::v1::SPEED_FAST : gateway::v1::SPEED_UNSPECIFIED;
}

common::v1::Sampler ToSampler(const std::string& name) {
  if (name == "ancestral") return common::v1::SAMPLER_ANCESTRAL;
  if (name == "ddim") return common::v1::SAMPLER_DDIM;
  return name == "dpm-solver" ? common::v1::SAMPLER_DPM_SOLVER : common::v1::SAMPLER_UNSPECIFIED;
}

absl::Status SetInterval(absl::string_view flag, const std::string& text, SamplingOptions* options) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits(',', 1));
  double start = 0;
  double end = 0;
  if (!absl::SimpleAtod(parts.first, &start) || !absl::SimpleAtod(parts.second, &end)) {
    return UsageError(absl::StrCat("--", flag, " is \"", text, "\", but must be two shares of the steps such as 0.1,0.8"));
  }
  options->set_guidance_start(start);
  options->set_guidance_end(end);
  return absl::OkStatus();
}

absl::Status SetStage(absl::string_view name, const SamplingFlags::Stage& stage, const std::optional<double>& eta,
                      SamplingOptions* options) {
  options->set_sampler(ToSampler(stage.sampler));
  if (eta && options->sampler() == common::v1::SAMPLER_DDIM) options->set_eta(*eta);
  if (stage.deep_feature_interval) options->set_deep_feature_interval(*stage.deep_feature_interval);
  if (stage.guidance_interval.empty()) return absl::OkStatus();
  return SetInterval(absl::StrCat(name, "-guidance-interval"), stage.guidance_interval, options);
}

}  // namespace

void AddSamplingFlags(CommandLine& command_line, SamplingFlags& flags) {
  const std::vector<std::string> samplers = {"ancestral", "ddim", "dpm-solver"};
  command_line.AddChoice("speed", {"quality", "balanced", "fast"},
                         "Samplers and steps of all stages; single ones can be given beside it. (default quality)", &flags.speed);
  command_line.AddChoice("prior-sampler", samplers, "Sampler of the prior.", &flags.prior.sampler);
  command_line.AddChoice("decoder-sampler", samplers, "Sampler of the decoder.", &flags.decoder.sampler);
  command_line.AddChoice("super-res-sampler", samplers, "Sampler of the upsamplers.", &flags.super_res.sampler);
  command_line.AddDouble("eta", kAnyDouble, "Noise that ddim adds at each step, 0 to 1. (default 0)", &flags.eta);
  command_line.AddString("prior-guidance-interval", "START,END", "Share of the prior's steps that are guided. (default 0,1)",
                         &flags.prior.guidance_interval);
  command_line.AddString("decoder-guidance-interval", "START,END", "Share of the decoder's steps that are guided. (default 0,1)",
                         &flags.decoder.guidance_interval);
  command_line.AddInt("decoder-deep-interval", kAnyInt, "Compute the decoder's deep features every so many steps. (default 1)",
                      &flags.decoder.deep_feature_interval);
  command_line.AddInt("super-res-deep-interval", kAnyInt, "The same of the upsamplers.", &flags.super_res.deep_feature_interval);
}

absl::Status SetSampling(const SamplingFlags& flags, gateway::v1::GenerateImageRequest* request) {
  request->set_speed(ToSpeed(flags.speed));
  RETURN_IF_ERROR(SetStage("prior", flags.prior, flags.eta, request->mutable_prior_sampling()));
  RETURN_IF_ERROR(SetStage("decoder", flags.decoder, flags.eta, request->mutable_decoder_sampling()));
  RETURN_IF_ERROR(SetStage("super-res", flags.super_res, flags.eta, request->mutable_super_res_sampling()));
  const bool has_ddim = request->prior_sampling().sampler() == common::v1::SAMPLER_DDIM ||
                        request->decoder_sampling().sampler() == common::v1::SAMPLER_DDIM ||
                        request->super_res_sampling().sampler() == common::v1::SAMPLER_DDIM;
  if (flags.eta && !has_ddim) return UsageError("--eta needs a sampler that is ddim, such as --decoder-sampler=ddim");
  return absl::OkStatus();
}

}  // namespace unclip
