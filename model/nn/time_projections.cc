#include "model/nn/time_projections.h"

#include <ATen/ops/cat.h>

#include <algorithm>

namespace unclip::model {

TimeProjections::Slice TimeProjections::Add(ParameterSource& source, const std::string& prefix, int64_t in_features,
                                            int64_t width) {
  weights_.push_back(source.Get(prefix + ".weight", {width, in_features}));
  biases_.push_back(source.Get(prefix + ".bias", {width}));
  const Slice slice = {.offset = width_, .width = width};
  width_ += width;
  return slice;
}

void TimeProjections::Finish() {
  const auto defined = [](const at::Tensor& tensor) { return tensor.defined(); };
  if (!weights_.empty() && std::all_of(weights_.begin(), weights_.end(), defined) &&
      std::all_of(biases_.begin(), biases_.end(), defined)) {
    projection_ = Linear(at::cat(weights_), at::cat(biases_));
  }
  weights_.clear();
  biases_.clear();
}

at::Tensor TimeProjections::operator()(const at::Tensor& activated_time) const {
  return projection_(activated_time).to(at::kFloat);  // [M, width]
}

}  // namespace unclip::model
