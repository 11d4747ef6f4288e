// Parameters as training has them, for tests.
#ifndef UNCLIP_MODEL_NN_LEAF_SOURCE_H_
#define UNCLIP_MODEL_NN_LEAF_SOURCE_H_

#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>

#include <map>
#include <string>
#include <vector>

#include "model/nn/parameter_source.h"

namespace unclip::model {

// Makes each parameter when it is first asked for, random and of float32, as a leaf that requires a gradient, and gives it as
// `dtype`. What several parameters make together is computed from them by LibTorch's operators.
class LeafSource final : public ParameterSource {
 public:
  explicit LeafSource(at::ScalarType dtype = at::kFloat) : dtype_(dtype) {}

  at::Tensor Get(const std::string& name, const std::vector<int64_t>& shape) override {
    at::Tensor& leaf = leaves_[name];
    if (!leaf.defined()) leaf = (at::randn(shape) * 0.3).requires_grad_();
    return leaf.to(dtype_);
  }
  bool Has(const std::string& /*name*/) const override { return true; }
  absl::Status status() const override { return absl::OkStatus(); }

  // All that were asked for, by name.
  const std::map<std::string, at::Tensor>& leaves() const { return leaves_; }

 private:
  at::ScalarType dtype_;
  std::map<std::string, at::Tensor> leaves_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_LEAF_SOURCE_H_
