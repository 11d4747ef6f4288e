// What a run keeps of a UNet's deep features from one step to the next.
#ifndef UNCLIP_SERVICES_DECODER_DEEP_FEATURE_CACHE_H_
#define UNCLIP_SERVICES_DECODER_DEEP_FEATURE_CACHE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>

#include "absl/types/span.h"
#include "model/row_lanes.h"
#include "services/decoder/unet.h"

namespace unclip::decoder {

// Every so many steps are full ones, from the first on; those between reuse what the last full one found. Not thread-safe.
class DeepFeatureCache {
 public:
  // `interval` ≥ 1; at 1 every step is a full one and nothing is kept.
  explicit DeepFeatureCache(int interval) : interval_(interval) {}

  // Whether step `step` (from 0) of `row_count` rows reuses features: not where more rows are needed than were kept.
  bool Reuses(int step, int64_t row_count) const {
    return step % interval_ != 0 && features_.defined() && features_.size(0) >= row_count;
  }

  bool keeps() const { return interval_ > 1; }

  // Those of the last `row_count` rows (of a guided run, the conditional ones are the last).
  at::Tensor Last(int64_t row_count) const { return features_.narrow(0, features_.size(0) - row_count, row_count); }

  void Keep(at::Tensor features) { features_ = std::move(features); }

  // The next step is a full one.
  void Forget() { features_.reset(); }

 private:
  int interval_;
  at::Tensor features_;  // [rows, C, H, W]
};

// The rows of one run in a batch.
struct CachedRows {
  DeepFeatureCache* cache;
  int64_t count;
};

// Whether one of `runs` keeps features at its full steps.
bool AnyKeeps(absl::Span<const CachedRows> runs);

// Gives each run that keeps features its rows of `features` [all rows, C, H, W].
void KeepFeatures(const at::Tensor& features, absl::Span<const CachedRows> runs);

// Unet::Forward() of the rows of several runs, which in this step all reuse features or all do not; spread over `lanes` unless
// that is null.
at::Tensor ForwardCached(const Unet& unet, const at::Tensor& x, const at::Tensor& time, const Unet::ProjectedContext* context,
                         bool reuse, absl::Span<const CachedRows> runs, model::RowLanes* lanes);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_DEEP_FEATURE_CACHE_H_
