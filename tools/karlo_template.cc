#include "tools/karlo_template.h"

#include <nlohmann/json.hpp>

#include "absl/strings/string_view.h"

namespace unclip {
namespace {

// The sizes are Karlo's (kakaobrain/karlo-v1-alpha and its image-variations twin); the options beside them are those that
// the reference's version 0.35.2 writes.

constexpr absl::string_view kTextToImageIndex = R"json(
{"_class_name": "UnCLIPPipeline", "_diffusers_version": "0.35.2", "decoder": ["diffusers", "UNet2DConditionModel"],
"decoder_scheduler": ["diffusers", "UnCLIPScheduler"], "prior": ["diffusers", "PriorTransformer"], "prior_scheduler":
["diffusers", "UnCLIPScheduler"], "super_res_first": ["diffusers", "UNet2DModel"], "super_res_last": ["diffusers",
"UNet2DModel"], "super_res_scheduler": ["diffusers", "UnCLIPScheduler"], "text_encoder": ["transformers",
"CLIPTextModelWithProjection"], "text_proj": ["unclip", "UnCLIPTextProjModel"], "tokenizer": ["transformers",
"CLIPTokenizer"]}
)json";

constexpr absl::string_view kPrior = R"json(
{"_class_name": "PriorTransformer", "_diffusers_version": "0.35.2", "added_emb_type": "prd", "additional_embeddings":
4, "attention_head_dim": 64, "clip_embed_dim": null, "dropout": 0.0, "embedding_dim": 768, "embedding_proj_dim": null,
"embedding_proj_norm_type": null, "encoder_hid_proj_type": "linear", "norm_in_type": null, "num_attention_heads": 32,
"num_embeddings": 77, "num_layers": 20, "time_embed_act_fn": "silu", "time_embed_dim": null}
)json";

constexpr absl::string_view kTextProjection = R"json(
{"_class_name": "UnCLIPTextProjModel", "_diffusers_version": "0.35.2", "clip_embeddings_dim": 768,
"clip_extra_context_tokens": 4, "cross_attention_dim": 1536, "time_embed_dim": 1280}
)json";

constexpr absl::string_view kDecoder = R"json(
{"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.35.2", "act_fn": "silu", "addition_embed_type": null,
"addition_embed_type_num_heads": 64, "addition_time_embed_dim": null, "attention_head_dim": 64, "attention_type":
"default", "block_out_channels": [320, 640, 960, 1280], "center_input_sample": false, "class_embed_type": "identity",
"class_embeddings_concat": false, "conv_in_kernel": 3, "conv_out_kernel": 3, "cross_attention_dim": 1536,
"cross_attention_norm": null, "down_block_types": ["ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D",
"SimpleCrossAttnDownBlock2D", "SimpleCrossAttnDownBlock2D"], "downsample_padding": 1, "dropout": 0.0,
"dual_cross_attention": false, "encoder_hid_dim": null, "encoder_hid_dim_type": null, "flip_sin_to_cos": true,
"freq_shift": 0, "in_channels": 3, "layers_per_block": 3, "mid_block_only_cross_attention": null,
"mid_block_scale_factor": 1, "mid_block_type": "UNetMidBlock2DSimpleCrossAttn", "norm_eps": 1e-05, "norm_num_groups":
32, "num_attention_heads": null, "num_class_embeds": null, "only_cross_attention": false, "out_channels": 6,
"projection_class_embeddings_input_dim": null, "resnet_out_scale_factor": 1.0, "resnet_skip_time_act": false,
"resnet_time_scale_shift": "scale_shift", "reverse_transformer_layers_per_block": null, "sample_size": 64,
"time_cond_proj_dim": null, "time_embedding_act_fn": null, "time_embedding_dim": null, "time_embedding_type":
"positional", "timestep_post_act": null, "transformer_layers_per_block": 1, "up_block_types":
["SimpleCrossAttnUpBlock2D", "SimpleCrossAttnUpBlock2D", "SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"],
"upcast_attention": false, "use_linear_projection": false}
)json";

constexpr absl::string_view kSuperRes = R"json(
{"_class_name": "UNet2DModel", "_diffusers_version": "0.35.2", "act_fn": "silu", "add_attention": false,
"attention_head_dim": null, "attn_norm_num_groups": null, "block_out_channels": [320, 640, 960, 1280],
"center_input_sample": false, "class_embed_type": null, "down_block_types": ["ResnetDownsampleBlock2D",
"ResnetDownsampleBlock2D", "ResnetDownsampleBlock2D", "ResnetDownsampleBlock2D"], "downsample_padding": 1,
"downsample_type": "conv", "dropout": 0.0, "flip_sin_to_cos": true, "freq_shift": 0, "in_channels": 6,
"layers_per_block": 3, "mid_block_scale_factor": 1, "mid_block_type": "UNetMidBlock2D", "norm_eps": 1e-05,
"norm_num_groups": 32, "num_class_embeds": null, "num_train_timesteps": null, "out_channels": 3,
"resnet_time_scale_shift": "default", "sample_size": 256, "time_embedding_dim": null, "time_embedding_type":
"positional", "up_block_types": ["ResnetUpsampleBlock2D", "ResnetUpsampleBlock2D", "ResnetUpsampleBlock2D",
"ResnetUpsampleBlock2D"], "upsample_type": "conv"}
)json";

constexpr absl::string_view kPriorScheduler = R"json(
{"_class_name": "UnCLIPScheduler", "_diffusers_version": "0.35.2", "beta_schedule": "squaredcos_cap_v2",
"clip_sample": true, "clip_sample_range": 5.0, "num_train_timesteps": 1000, "prediction_type": "sample",
"variance_type": "fixed_small_log"}
)json";

constexpr absl::string_view kDecoderScheduler = R"json(
{"_class_name": "UnCLIPScheduler", "_diffusers_version": "0.35.2", "beta_schedule": "squaredcos_cap_v2",
"clip_sample": true, "clip_sample_range": 1.0, "num_train_timesteps": 1000, "prediction_type": "epsilon",
"variance_type": "learned_range"}
)json";

constexpr absl::string_view kSuperResScheduler = R"json(
{"_class_name": "UnCLIPScheduler", "_diffusers_version": "0.35.2", "beta_schedule": "squaredcos_cap_v2",
"clip_sample": true, "clip_sample_range": 1.0, "num_train_timesteps": 1000, "prediction_type": "epsilon",
"variance_type": "fixed_small_log"}
)json";

// The token ids are those of the published config, which mean nothing: the reference knows eos_token_id 2 as a mark of old files.
constexpr absl::string_view kTextEncoder = R"json(
{"architectures": ["CLIPTextModelWithProjection"], "attention_dropout": 0.0, "bos_token_id": 0, "eos_token_id": 2,
"hidden_act": "quick_gelu", "hidden_size": 768, "initializer_factor": 1.0, "initializer_range": 0.02,
"intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 77, "model_type": "clip_text_model",
"num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1, "projection_dim": 768, "transformers_version":
"4.57.1", "vocab_size": 49408}
)json";

constexpr absl::string_view kVariationIndex = R"json(
{"_class_name": "UnCLIPImageVariationPipeline", "_diffusers_version": "0.35.2", "decoder": ["diffusers",
"UNet2DConditionModel"], "decoder_scheduler": ["diffusers", "UnCLIPScheduler"], "feature_extractor": ["transformers",
"CLIPImageProcessor"], "image_encoder": ["transformers", "CLIPVisionModelWithProjection"], "super_res_first":
["diffusers", "UNet2DModel"], "super_res_last": ["diffusers", "UNet2DModel"], "super_res_scheduler": ["diffusers",
"UnCLIPScheduler"], "text_encoder": ["transformers", "CLIPTextModelWithProjection"], "text_proj": ["unclip",
"UnCLIPTextProjModel"], "tokenizer": ["transformers", "CLIPTokenizer"]}
)json";

constexpr absl::string_view kImageEncoder = R"json(
{"architectures": ["CLIPVisionModelWithProjection"], "attention_dropout": 0.0, "hidden_act": "quick_gelu",
"hidden_size": 1024, "image_size": 224, "initializer_factor": 1.0, "initializer_range": 0.02, "intermediate_size":
4096, "layer_norm_eps": 1e-05, "model_type": "clip_vision_model", "num_attention_heads": 16, "num_channels": 3,
"num_hidden_layers": 24, "patch_size": 14, "projection_dim": 768, "transformers_version": "4.57.1"}
)json";

constexpr absl::string_view kFeatureExtractor = R"json(
{"crop_size": {"height": 224, "width": 224}, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": true,
"do_rescale": true, "do_resize": true, "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_processor_type":
"CLIPImageProcessor", "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "rescale_factor":
0.00392156862745098, "size": {"shortest_edge": 224}}
)json";

std::string Pretty(absl::string_view text) { return nlohmann::ordered_json::parse(text, nullptr, false).dump(2) + "\n"; }

}  // namespace

CheckpointTemplate KarloTextToImageTemplate() {
  return {.files = {{"model_index.json", Pretty(kTextToImageIndex)},
                    {"prior/config.json", Pretty(kPrior)},
                    {"prior_scheduler/scheduler_config.json", Pretty(kPriorScheduler)},
                    {"text_encoder/config.json", Pretty(kTextEncoder)},
                    {"text_proj/config.json", Pretty(kTextProjection)},
                    {"decoder/config.json", Pretty(kDecoder)},
                    {"decoder_scheduler/scheduler_config.json", Pretty(kDecoderScheduler)},
                    {"super_res_first/config.json", Pretty(kSuperRes)},
                    {"super_res_last/config.json", Pretty(kSuperRes)},
                    {"super_res_scheduler/scheduler_config.json", Pretty(kSuperResScheduler)}}};
}

CheckpointTemplate KarloVariationTemplate() {
  return {.files = {{"model_index.json", Pretty(kVariationIndex)},
                    {"image_encoder/config.json", Pretty(kImageEncoder)},
                    {"feature_extractor/preprocessor_config.json", Pretty(kFeatureExtractor)}}};
}

}  // namespace unclip
