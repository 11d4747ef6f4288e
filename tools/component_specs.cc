#include "tools/component_specs.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/diffusion/scheduler_config.h"
#include "model/torch_guard.h"
#include "model/weights/spec_recorder.h"
#include "services/clip/bpe_tokenizer.h"
#include "services/clip/clip_config.h"
#include "services/clip/clip_text_model.h"
#include "services/clip/clip_vision_model.h"
#include "services/clip/image_preprocessor.h"
#include "services/decoder/text_projection.h"
#include "services/decoder/unet.h"
#include "services/prior/autoregressive_config.h"
#include "services/prior/autoregressive_transformer.h"
#include "services/prior/prior_config.h"
#include "services/prior/prior_transformer.h"

namespace unclip {
namespace {

using Specs = absl::StatusOr<std::vector<model::TensorSpec>>;

// What Network asks for when it is built from `config`.
template <typename Network, typename Config>
Specs SpecsOf(const absl::StatusOr<Config>& config) {
  RETURN_IF_ERROR(config.status());
  return model::TorchGuard([&]() -> Specs {
    model::SpecRecorder recorder;
    Network network(*config, recorder);
    RETURN_IF_ERROR(recorder.status());
    return recorder.specs();
  });
}

Specs NoSpecs(const absl::Status& config_status) {
  RETURN_IF_ERROR(config_status);
  return std::vector<model::TensorSpec>();
}

}  // namespace

absl::StatusOr<std::vector<model::TensorSpec>> ComponentSpecs(const model::Checkpoint& checkpoint, absl::string_view component) {
  ASSIGN_OR_RETURN(const std::string dir, checkpoint.ComponentDir(component));
  const std::string& type = checkpoint.Find(component)->class_name;
  if (type == "CLIPTextModelWithProjection") return SpecsOf<clip::ClipTextModel>(clip::ReadClipTextConfig(dir));
  if (type == "CLIPVisionModelWithProjection") return SpecsOf<clip::ClipVisionModel>(clip::ReadClipVisionConfig(dir));
  if (type == "PriorTransformer") return SpecsOf<prior::PriorTransformer>(prior::ReadPriorConfig(dir));
  if (type == prior::AutoregressiveConfig::kClassName) {
    return SpecsOf<prior::AutoregressiveTransformer>(prior::ReadAutoregressiveConfig(dir));
  }
  if (type == "UnCLIPTextProjModel") return SpecsOf<decoder::TextProjection>(decoder::ReadTextProjectionConfig(dir));
  if (type == "UNet2DConditionModel") return SpecsOf<decoder::Unet>(decoder::ReadBaseUnetConfig(dir));
  if (type == "UNet2DModel") return SpecsOf<decoder::Unet>(decoder::ReadUpsamplerUnetConfig(dir));
  if (type == "UnCLIPScheduler") return NoSpecs(model::ReadSchedulerConfig(dir).status());
  if (type == "CLIPTokenizer" || type == "CLIPTokenizerFast") return NoSpecs(clip::BpeTokenizer::Load(dir).status());
  if (type == "CLIPImageProcessor" || type == "CLIPFeatureExtractor") return NoSpecs(clip::ImagePreprocessor::Load(dir).status());
  return absl::UnimplementedError(absl::StrCat(dir, ": component class \"", type, "\" is not implemented"));
}

}  // namespace unclip
