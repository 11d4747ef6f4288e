#include "model/nn/parameter_source.h"

#include <ATen/ops/cat.h>

#include <algorithm>

namespace unclip::model {

at::Tensor ParameterSource::Borrow(const std::vector<Parameter>& parts) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(parts.size());
  for (const Parameter& part : parts) tensors.push_back(Get(part.name, part.shape));
  if (!std::all_of(tensors.begin(), tensors.end(), [](const at::Tensor& tensor) { return tensor.defined(); })) return {};
  const at::Tensor all = tensors.size() == 1 ? tensors.front() : at::cat(tensors);  // [the sum of the first sizes, ...]
  return all.dim() == 4 ? all.contiguous(at::MemoryFormat::ChannelsLast) : all;
}

}  // namespace unclip::model
