#include "services/decoder/deep_feature_cache.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <vector>

namespace unclip::decoder {

bool AnyKeeps(absl::Span<const CachedRows> runs) {
  return std::any_of(runs.begin(), runs.end(), [](const CachedRows& run) { return run.cache->keeps(); });
}

void KeepFeatures(const at::Tensor& features, absl::Span<const CachedRows> runs) {
  int64_t first = 0;
  for (const CachedRows& run : runs) {
    // Its own memory, as its batch-mates' may end long before.
    if (run.cache->keeps()) run.cache->Keep(features.narrow(0, first, run.count).clone(at::MemoryFormat::ChannelsLast));
    first += run.count;
  }
}

at::Tensor ForwardCached(const Unet& unet, const at::Tensor& x, const at::Tensor& time, const Unet::ProjectedContext* context,
                         bool reuse, absl::Span<const CachedRows> runs, model::RowLanes* lanes) {
  Unet::DeepFeatures deep = {.reuse = reuse, .features = {}};
  if (reuse) {
    std::vector<at::Tensor> features;
    features.reserve(runs.size());
    for (const CachedRows& run : runs) features.push_back(run.cache->Last(run.count));
    deep.features = features.size() == 1 ? features.front() : at::cat(features);  // [N, C, H, W]
  }
  const bool keeps = AnyKeeps(runs);
  Unet::DeepFeatures* const used = reuse || keeps ? &deep : nullptr;
  at::Tensor output =
      lanes == nullptr ? unet.Forward(x, time, context, used) : unet.Forward(x, time, context, used, *lanes);  // [N, C', H, W]
  if (!reuse && keeps) KeepFeatures(deep.features, runs);
  return output;
}

}  // namespace unclip::decoder
