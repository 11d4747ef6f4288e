#include "services/decoder/unet_batch.h"

#include <ATen/ops/cat.h>

#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/types/span.h"

namespace unclip::decoder {
namespace {

using Parts = model::StepGraphs::Parts;

// In the order in which UnpackContext() reads them: the scores, then the layers.
void AppendContexts(const std::vector<const Unet::ProjectedContext*>& contexts, std::vector<Parts>& inputs) {
  Parts& scores = inputs.emplace_back();
  for (const Unet::ProjectedContext* context : contexts) scores.push_back(context->scores);
  for (size_t layer = 0; layer < contexts.front()->layers.size(); ++layer) {
    Parts& parts = inputs.emplace_back();
    for (const Unet::ProjectedContext* context : contexts) parts.push_back(context->layers[layer]);
  }
}

Unet::ProjectedContext UnpackContext(absl::Span<const at::Tensor> inputs) {
  return {.layers = {inputs.begin() + 1, inputs.end()}, .scores = inputs.front()};
}

}  // namespace

at::Tensor ForwardSpread(const Unet& unet, const UnetBatch& batch, model::RowLanes* lanes) {
  Unet::ProjectedContext context;
  if (!batch.contexts.empty()) context = Unet::JoinContexts(batch.contexts);
  const at::Tensor x = batch.x.size() == 1 ? batch.x.front() : at::cat(batch.x);  // [R, C, H, W]
  const bool spreads = lanes != nullptr && x.size(0) >= lanes->count();           // else some would idle
  return ForwardCached(unet, x, at::cat(batch.time), batch.contexts.empty() ? nullptr : &context, batch.reuses_features,
                       batch.rows, spreads ? lanes : nullptr);
}

at::Tensor ForwardRecorded(const Unet& unet, const UnetBatch& batch, model::StepGraphs& graphs) {
  const bool reuses = batch.reuses_features, keeps = !reuses && AnyKeeps(batch.rows), has_context = !batch.contexts.empty();
  std::vector<Parts> inputs = {batch.x, batch.time};
  if (reuses) {
    Parts& features = inputs.emplace_back();
    for (const CachedRows& run : batch.rows) features.push_back(run.cache->Last(run.count));  // [R_i, C, H, W]
  }
  if (has_context) AppendContexts(batch.contexts, inputs);
  const auto forward = [&unet, reuses, keeps, has_context](absl::Span<const at::Tensor> in) -> std::vector<at::Tensor> {
    Unet::DeepFeatures deep = {.reuse = reuses, .features = reuses ? in[2] : at::Tensor()};
    Unet::ProjectedContext context;
    if (has_context) context = UnpackContext(in.subspan(reuses ? 3 : 2));
    at::Tensor output =
        unet.Forward(in[0], in[1], has_context ? &context : nullptr, reuses || keeps ? &deep : nullptr);  // [bucket, C', H, W]
    if (!keeps) return {std::move(output)};
    return {std::move(output), std::move(deep.features)};
  };
  const std::string name = absl::StrFormat("forward of %p%s%s", &unet, reuses ? ", reusing" : "", keeps ? ", keeping" : "");
  const std::vector<at::Tensor> results = graphs.Run(name, inputs, forward);
  if (keeps) KeepFeatures(results[1], batch.rows);
  return results[0];
}

}  // namespace unclip::decoder
