#include "services/clip/clip_vision_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>

namespace unclip::clip {

ClipVisionModel::ClipVisionModel(const ClipVisionConfig& config, model::ParameterSource& source)
    : config_(config),
      class_embedding_(source.Get("vision_model.embeddings.class_embedding", {config.encoder.hidden_size})),
      patch_embedding_(source.Get("vision_model.embeddings.patch_embedding.weight",
                                  {config.encoder.hidden_size, config.num_channels, config.patch_size, config.patch_size})),
      position_embedding_(source.Get("vision_model.embeddings.position_embedding.weight",
                                     {1 + config.patch_count(), config.encoder.hidden_size})),
      pre_layrnorm_(source, "vision_model.pre_layrnorm", config.encoder.hidden_size, config.encoder.layer_norm_eps),
      encoder_(config.encoder, source, "vision_model.encoder"),
      post_layernorm_(source, "vision_model.post_layernorm", config.encoder.hidden_size, config.encoder.layer_norm_eps),
      visual_projection_(source, "visual_projection", config.encoder.hidden_size, config.projection_dim, /*has_bias=*/false) {}

ClipVisionModel::Output ClipVisionModel::Forward(const at::Tensor& pixels) const {
  TORCH_CHECK(pixels.dim() == 4 && pixels.size(2) == config_.image_size && pixels.size(3) == config_.image_size,
              "the image tower reads pictures of ", config_.image_size, " pixels a side");
  const int64_t n = pixels.size(0);
  const at::Tensor patches =
      at::conv2d(pixels.to(class_embedding_.options()), patch_embedding_, /*bias=*/{}, /*stride=*/config_.patch_size)
          .flatten(2)
          .transpose(1, 2);                                                              // [N, P, W]
  const at::Tensor cls = class_embedding_.expand({n, 1, -1});                            // [N, 1, W]
  const at::Tensor x = pre_layrnorm_(at::cat({cls, patches}, 1) + position_embedding_);  // [N, 1 + P, W]
  const at::Tensor hidden = encoder_(x, /*mask=*/{});                                    // [N, 1 + P, W]
  return {.image_embeds = visual_projection_(post_layernorm_(hidden.select(1, 0))),      // [N, D]
          .last_hidden_state = hidden};
}

}  // namespace unclip::clip
