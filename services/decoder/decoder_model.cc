#include "services/decoder/decoder_model.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/diffusion/scheduler_config.h"
#include "model/weights/load_network.h"

namespace unclip::decoder {
namespace {

using model::UnclipScheduler;

absl::StatusOr<UnclipScheduler> LoadScheduler(const model::Checkpoint& checkpoint, const std::string& component) {
  ASSIGN_OR_RETURN(const std::string dir, checkpoint.ComponentDir(component));
  ASSIGN_OR_RETURN(const UnclipScheduler::Options options, model::ReadSchedulerConfig(dir));
  return UnclipScheduler(options);
}

// Whether a network with these channels gives what the scheduler reads.
absl::Status CheckOutputs(const std::string& component, const UnetConfig& config, int picture_channels,
                          const UnclipScheduler& scheduler) {
  const bool is_learned = scheduler.options().variance_type == UnclipScheduler::VarianceType::kLearnedRange;
  const int expected = is_learned ? 2 * picture_channels : picture_channels;
  if (config.out_channels == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(component, "/config.json: out_channels is ", config.out_channels,
                                                 "; with its scheduler's variance_type it must be ", expected));
}

absl::StatusOr<Unet> LoadUpsamplerUnet(const model::Checkpoint& checkpoint, const std::string& component,
                                       const at::TensorOptions& options, const UnclipScheduler& scheduler,
                                       int64_t& parameter_count) {
  ASSIGN_OR_RETURN(const std::string dir, checkpoint.ComponentDir(component));
  ASSIGN_OR_RETURN(const UnetConfig config, ReadUpsamplerUnetConfig(dir));
  if (config.in_channels != 6) {
    return absl::InvalidArgumentError(absl::StrCat(dir, "/config.json: in_channels is ", config.in_channels,
                                                   "; an upsampler reads 6, its sample and the enlarged picture"));
  }
  RETURN_IF_ERROR(CheckOutputs(dir, config, 3, scheduler));
  return model::LoadNetwork<Unet>(config, dir, options, parameter_count);
}

absl::StatusOr<std::unique_ptr<const UpsamplerModel>> LoadUpsampler(const model::Checkpoint& checkpoint,
                                                                    const UpsamplerComponents& components,
                                                                    const at::TensorOptions& options, int64_t& parameter_count) {
  ASSIGN_OR_RETURN(UnclipScheduler scheduler, LoadScheduler(checkpoint, components.scheduler));
  ASSIGN_OR_RETURN(Unet first, LoadUpsamplerUnet(checkpoint, components.first, options, scheduler, parameter_count));
  ASSIGN_OR_RETURN(Unet last, LoadUpsamplerUnet(checkpoint, components.last, options, scheduler, parameter_count));
  if (first.config().sample_size != last.config().sample_size) {
    return absl::InvalidArgumentError(absl::StrCat(components.last, "/config.json: sample_size is ", last.config().sample_size,
                                                   ", but that of ", components.first, " is ", first.config().sample_size));
  }
  return std::make_unique<const UpsamplerModel>(UpsamplerModel{std::move(first), std::move(last), std::move(scheduler)});
}

absl::Status CheckProjection(const TextProjectionConfig& projection, const UnetConfig& unet) {
  if (projection.cross_attention_dim == unet.cross_attention_dim && projection.time_embed_dim == unet.time_embedding_dim) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "text_proj/config.json: cross_attention_dim and time_embed_dim are ", projection.cross_attention_dim, " and ",
      projection.time_embed_dim, ", but the decoder's are ", unet.cross_attention_dim, " and ", unet.time_embedding_dim));
}

}  // namespace

UpsamplerComponents UpsamplerComponentsAt(int index) {
  const std::string prefix = index == 0 ? "super_res_" : absl::StrCat("super_res_", index + 1, "_");
  return {.first = prefix + "first", .last = prefix + "last", .scheduler = prefix + "scheduler"};
}

int UpsamplerCount(const model::Checkpoint& checkpoint) {
  int count = 0;
  while (checkpoint.HasComponent(UpsamplerComponentsAt(count).first)) ++count;
  return count;
}

absl::StatusOr<std::unique_ptr<const DecoderModel>> LoadDecoderModel(const model::Checkpoint& checkpoint,
                                                                     const at::TensorOptions& options) {
  ASSIGN_OR_RETURN(const std::string projection_dir, checkpoint.ComponentDir("text_proj"));
  ASSIGN_OR_RETURN(const TextProjectionConfig projection_config, ReadTextProjectionConfig(projection_dir));
  ASSIGN_OR_RETURN(const std::string unet_dir, checkpoint.ComponentDir("decoder"));
  ASSIGN_OR_RETURN(const UnetConfig unet_config, ReadBaseUnetConfig(unet_dir));
  ASSIGN_OR_RETURN(UnclipScheduler scheduler, LoadScheduler(checkpoint, "decoder_scheduler"));
  RETURN_IF_ERROR(CheckProjection(projection_config, unet_config));
  RETURN_IF_ERROR(CheckOutputs(unet_dir, unet_config, unet_config.in_channels, scheduler));
  if (unet_config.in_channels != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat(unet_dir, "/config.json: in_channels is ", unet_config.in_channels, "; pictures have 3"));
  }
  int64_t parameter_count = 0;
  ASSIGN_OR_RETURN(TextProjection projection,
                   (model::LoadNetwork<TextProjection>(projection_config, projection_dir, options, parameter_count)));
  ASSIGN_OR_RETURN(Unet unet, (model::LoadNetwork<Unet>(unet_config, unet_dir, options, parameter_count)));
  std::vector<std::unique_ptr<const UpsamplerModel>> upsamplers;
  const int upsampler_count = UpsamplerCount(checkpoint);
  if (upsampler_count == 0) return absl::NotFoundError("model_index.json: there is no super_res_first");
  for (int i = 0; i < upsampler_count; ++i) {
    ASSIGN_OR_RETURN(std::unique_ptr<const UpsamplerModel> upsampler,
                     LoadUpsampler(checkpoint, UpsamplerComponentsAt(i), options, parameter_count));
    upsamplers.push_back(std::move(upsampler));
  }
  return std::make_unique<const DecoderModel>(
      DecoderModel{std::move(projection), std::move(unet), std::move(scheduler), std::move(upsamplers), parameter_count});
}

}  // namespace unclip::decoder
