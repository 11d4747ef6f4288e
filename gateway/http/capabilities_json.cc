#include "gateway/http/capabilities_json.h"

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/http/image_parameters.h"
#include "gateway/speed_preset.h"
#include "unclip/common/v1/model_info.pb.h"
#include "unclip/common/v1/sampling.pb.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {
namespace {

using Json = nlohmann::ordered_json;

Json ModelJson(const common::v1::ModelInfo& model) {
  return {{"name", model.checkpoint_name()},
          {"fingerprint", model.fingerprint()},
          {"dtype", model.dtype()},
          {"parameter_count", model.parameter_count()}};
}

// Int32Range and DoubleRange.
template <typename Range>
Json RangeJson(const Range& range) {
  return {{"minimum", range.minimum()}, {"maximum", range.maximum()}, {"default", range.default_value()}};
}

std::string SizeText(const common::v1::ImageSize& size) { return absl::StrCat(size.width_px(), "x", size.height_px()); }

// "ancestral" of SAMPLER_ANCESTRAL.
std::string SamplerName(common::v1::Sampler sampler) {
  return absl::AsciiStrToLower(absl::StripPrefix(common::v1::Sampler_Name(sampler), "SAMPLER_"));
}

Json PresetJson(const v1::SpeedPreset& preset) {
  return {{"name", absl::AsciiStrToLower(absl::StripPrefix(v1::Speed_Name(preset.speed()), "SPEED_"))},
          {"prior_step_count", preset.prior_step_count()},
          {"decoder_step_count", preset.decoder_step_count()},
          {"super_res_step_count", preset.super_res_step_count()},
          {"prior_sampler", SamplerName(preset.prior_sampler())},
          {"decoder_sampler", SamplerName(preset.decoder_sampler())},
          {"super_res_sampler", SamplerName(preset.super_res_sampler())}};
}

}  // namespace

std::string CapabilitiesJson(const Capabilities& capabilities, const std::vector<std::string>& examples,
                             const std::string& services_json) {
  v1::GetCapabilitiesResponse proto = CapabilitiesToProto(capabilities);
  AddSpeeds(capabilities, &proto);
  Json sizes = Json::array();
  for (const common::v1::ImageSize& size : proto.sizes()) sizes.push_back(SizeText(size));
  Json presets = Json::array();
  for (const v1::SpeedPreset& preset : proto.speeds()) presets.push_back(PresetJson(preset));
  Json json = {{"model",
                {{"id", LoadedModelName(capabilities)},
                 {"clip", ModelJson(proto.clip_model())},
                 {"prior", ModelJson(proto.prior_model())},
                 {"decoder", ModelJson(proto.decoder_model())}}},
               {"native_size", SizeText(proto.native_size())},
               {"sizes", sizes},
               {"output_formats", {"png", "jpeg", "webp"}},
               {"n", RangeJson(proto.image_count())},
               {"candidate_count", RangeJson(proto.candidate_count())},
               {"prior_step_count", RangeJson(proto.prior_step_count())},
               {"decoder_step_count", RangeJson(proto.decoder_step_count())},
               {"super_res_step_count", RangeJson(proto.super_res_step_count())},
               {"super_res_count", proto.super_res_count()},
               {"prior_guidance_scale", RangeJson(proto.prior_guidance_scale())},
               {"decoder_guidance_scale", RangeJson(proto.decoder_guidance_scale())},
               {"max_prompt_bytes", proto.max_prompt_bytes()},
               {"presets", presets},
               {"variations", proto.variations()},
               {"edits", proto.edits()}};
  if (proto.edits()) {
    json["resample_count"] = RangeJson(proto.resample_count());
    json["jump_length"] = RangeJson(proto.jump_length());
  }
  json["examples"] = examples;
  json["services"] = Json::parse(services_json);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace unclip::gateway
