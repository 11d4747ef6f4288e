#include "model/nn/time_projections.h"

namespace unclip::model {

TimeProjections::Slice TimeProjections::Add(const std::string& prefix, int64_t width) {
  parts_.push_back({.prefix = prefix, .out_features = width});
  const Slice slice = {.offset = width_, .width = width};
  width_ += width;
  return slice;
}

void TimeProjections::Finish(ParameterSource& source, int64_t in_features) {
  if (!parts_.empty()) projection_ = Linear(source, parts_, in_features);
  parts_.clear();
}

at::Tensor TimeProjections::operator()(const at::Tensor& activated_time) const {
  return projection_(activated_time).to(at::kFloat);  // [M, width]
}

}  // namespace unclip::model
