#include "model/nn/time_projections.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>

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
    const at::Tensor bias = at::cat(biases_);
    at::Tensor weight = at::empty({width_, weights_.front().size(1)}, weights_.front().options());
    int64_t row = 0;
    for (at::Tensor& part : weights_) {
      weight.narrow(0, row, part.size(0)).copy_(part);
      row += part.size(0);
      part.reset();  // so that there are never two copies of all
    }
    projection_ = Linear(std::move(weight), bias);
  }
  weights_.clear();
  biases_.clear();
}

at::Tensor TimeProjections::operator()(const at::Tensor& activated_time) const {
  return projection_(activated_time).to(at::kFloat);  // [M, width]
}

}  // namespace unclip::model
