#include "services/decoder/unet.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>

#include "absl/strings/str_cat.h"
#include "model/nn/attention.h"

namespace unclip::decoder {

Unet::Unet(const UnetConfig& config, model::ParameterSource& source)
    : config_(config),
      time_embedding_(
          source, "time_embedding",
          {.dim = config.block_out_channels[0], .cosine_first = config.flip_sin_to_cos, .frequency_shift = config.freq_shift},
          config.time_embedding_dim),
      conv_in_(source, "conv_in",
               {.in_channels = config.in_channels, .out_channels = config.block_out_channels[0], .size = config.sample_size}) {
  UnetParts parts = {.config = config_, .source = source, .time_projections = time_projections_, .attentions = attentions_};
  for (int level = 0; level < config.level_count(); ++level) {
    down_blocks_.emplace_back(parts, level, absl::StrCat("down_blocks.", level));
  }
  mid_block_.emplace(parts, "mid_block");
  for (int index = 0; index < config.level_count(); ++index) {
    up_blocks_.emplace_back(parts, index, absl::StrCat("up_blocks.", index));
  }
  conv_norm_out_ =
      model::GroupNorm(source, "conv_norm_out", config.norm_num_groups, config.block_out_channels[0], config.norm_eps);
  conv_out_ = model::Conv2d(
      source, "conv_out",
      {.in_channels = config.block_out_channels[0], .out_channels = config.out_channels, .size = config.sample_size});
  time_projections_.Finish(source, config.time_embedding_dim);
  if (source.status().ok()) options_ = conv_out_.options();
}

at::Tensor Unet::ProjectTime(const at::Tensor& timesteps, const at::Tensor& class_labels) const {
  TORCH_CHECK(class_labels.defined() == config_.has_class_labels, "only the base decoder has class labels");
  at::Tensor time = time_embedding_(timesteps, options_);  // [M, E]
  if (class_labels.defined()) time = time + class_labels.to(options_);
  return time_projections_(at::silu(time));  // [M, P]
}

Unet::ProjectedContext Unet::ProjectContext(const Context& context) const {
  ProjectedContext projected;
  const at::Tensor tokens = context.tokens.to(options_);  // [R, S, X]
  projected.layers.reserve(attentions_.size());
  for (const model::AddedKvAttention& attention : attentions_) projected.layers.push_back(attention.ProjectContext(tokens));
  projected.scores = (1 - context.mask.to(options_)) * model::kMaskedScore;  // [R, S]
  return projected;
}

Unet::ProjectedContext Unet::LastRows(const ProjectedContext& context, int64_t count) {
  const int64_t first = context.scores.size(0) - count;
  ProjectedContext last = {.layers = {}, .scores = context.scores.narrow(0, first, count)};             // [count, S]
  for (const at::Tensor& layer : context.layers) last.layers.push_back(layer.narrow(0, first, count));  // [count, S, 2 C]
  return last;
}

Unet::ProjectedContext Unet::JoinContexts(const std::vector<const ProjectedContext*>& contexts) {
  if (contexts.size() == 1) return *contexts.front();
  const auto join = [&contexts](const auto& part) {
    std::vector<at::Tensor> parts;
    parts.reserve(contexts.size());
    for (const ProjectedContext* context : contexts) parts.push_back(part(*context));
    return at::cat(parts);
  };
  ProjectedContext joined = {.layers = {}, .scores = join([](const ProjectedContext& context) { return context.scores; })};
  for (size_t i = 0; i < contexts.front()->layers.size(); ++i) {
    joined.layers.push_back(join([i](const ProjectedContext& context) { return context.layers[i]; }));
  }
  return joined;
}

UnetConditioning Unet::Condition(const at::Tensor& time, const ProjectedContext* context, int64_t height, int64_t width) const {
  UnetConditioning conditioning = {.time = time, .contexts = {}, .masks = {}};
  if (context == nullptr) return conditioning;
  conditioning.contexts = context->layers;
  for (int level = 0; level < config_.level_count(); ++level) {
    const int64_t positions = (height >> level) * (width >> level);
    const at::Tensor seen = at::zeros({context->scores.size(0), positions}, context->scores.options());
    conditioning.masks.push_back(at::cat({context->scores, seen}, 1).unsqueeze(1).unsqueeze(1));  // [N, 1, 1, S + HW]
  }
  return conditioning;
}

int64_t Unet::DeepFeatureBytes() const {
  return deep_channels() * config_.sample_size * config_.sample_size * static_cast<int64_t>(options_.dtype().itemsize());
}

at::Tensor Unet::GoDeep(const at::Tensor& x, const UnetConditioning& conditioning, std::vector<at::Tensor>& skips) const {
  at::Tensor h = down_blocks_.front().Downsample(x, conditioning, skips);
  for (size_t i = 1; i < down_blocks_.size(); ++i) h = down_blocks_[i](h, conditioning, skips);
  h = (*mid_block_)(h, conditioning);
  for (size_t i = 0; i + 1 < up_blocks_.size(); ++i) h = up_blocks_[i](h, conditioning, skips);
  return h;
}

at::Tensor Unet::Run(const at::Tensor& x, const at::Tensor& time, const ProjectedContext* context, DeepFeatures* deep) const {
  TORCH_CHECK((context != nullptr) == !attentions_.empty(), "a context is for networks with attention");
  TORCH_CHECK(x.dim() == 4 && x.size(1) == config_.in_channels, "the UNet reads ", config_.in_channels, " channels");
  const UnetConditioning conditioning = Condition(time, context, x.size(2), x.size(3));
  const at::Tensor input = x.to(options_, /*non_blocking=*/false, /*copy=*/false, at::MemoryFormat::ChannelsLast);  // one copy
  at::Tensor h = conv_in_(input.contiguous(at::MemoryFormat::ChannelsLast));  // [N, C0, H, W]
  std::vector<at::Tensor> skips = {h};
  h = down_blocks_.front().KeepResolution(h, conditioning, skips);
  if (deep != nullptr && deep->reuse) {
    h = deep->features;
  } else {
    h = GoDeep(h, conditioning, skips);
    if (deep != nullptr) deep->features = h;
  }
  h = up_blocks_.back()(h, conditioning, skips);  // [N, C0, H, W]
  h = conv_norm_out_(h, {.add = {}, .scale = {}, .shift = {}, .silu = true});
  return conv_out_(h);  // [N, out_channels, H, W]
}

at::Tensor Unet::Forward(const at::Tensor& x, const at::Tensor& time, const ProjectedContext* context, DeepFeatures* deep) const {
  const at::Tensor output = Run(x, time, context, deep);  // [N, out_channels, H, W]
  return output.to(at::kFloat, /*non_blocking=*/false, /*copy=*/false, at::MemoryFormat::Contiguous).contiguous();
}

at::Tensor Unet::Forward(const at::Tensor& x, const at::Tensor& time, const ProjectedContext* context, DeepFeatures* deep,
                         model::RowLanes& lanes) const {
  at::Tensor output = at::empty({x.size(0), config_.out_channels, x.size(2), x.size(3)}, x.options());
  if (deep != nullptr && !deep->reuse) {
    deep->features = at::empty({x.size(0), deep_channels(), x.size(2), x.size(3)}, options_,
                               at::MemoryFormat::ChannelsLast);  // [N, C, H, W]
  }
  lanes.Run(x.size(0), [&](int64_t begin, int64_t end) {
    const int64_t rows = end - begin;
    ProjectedContext own_context;
    if (context != nullptr) {
      for (const at::Tensor& layer : context->layers) own_context.layers.push_back(layer.narrow(0, begin, rows));
      own_context.scores = context->scores.narrow(0, begin, rows);
    }
    DeepFeatures own_deep;
    if (deep != nullptr && deep->reuse) own_deep = {.reuse = true, .features = deep->features.narrow(0, begin, rows)};
    output.narrow(0, begin, rows)
        .copy_(Run(x.narrow(0, begin, rows), time.narrow(0, begin, rows), context == nullptr ? nullptr : &own_context,
                   deep == nullptr ? nullptr : &own_deep));
    if (deep != nullptr && !deep->reuse) deep->features.narrow(0, begin, rows).copy_(own_deep.features);
  });
  return output;
}

at::Tensor Unet::PredictOnce(const at::Tensor& x, const at::Tensor& timesteps, const Context* context) const {
  if (context == nullptr) return Forward(x, ProjectTime(timesteps, {}), nullptr);
  const ProjectedContext projected = ProjectContext(*context);
  return Forward(x, ProjectTime(timesteps, context->class_labels), &projected);
}

}  // namespace unclip::decoder
