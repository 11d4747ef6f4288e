#include "model/nn/attention.h"

#include <ATen/ops/full.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <c10/core/GradMode.h>

#include <optional>

namespace unclip::model {
namespace {

// LibTorch's backward pass then makes a oneDNN primitive for each product of each head, which takes 1.6 (256 tokens) to 4 times
// (24) as long as all of it does in float32.
bool TrainsInBFloat16OnCpu(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  return q.scalar_type() == at::kBFloat16 && q.device().is_cpu() && c10::GradMode::is_enabled() &&
         (q.requires_grad() || k.requires_grad() || v.requires_grad());
}

}  // namespace

at::Tensor SplitHeads(const at::Tensor& x, int64_t head_count) {
  return x.view({x.size(0), x.size(1), head_count, x.size(2) / head_count}).transpose(1, 2);  // [N, heads, T, d]
}

at::Tensor MergeHeads(const at::Tensor& x) {
  return x.transpose(1, 2).reshape({x.size(0), x.size(2), x.size(1) * x.size(3)});  // [N, T, heads × d]
}

at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask) {
  if (TrainsInBFloat16OnCpu(q, k, v)) {
    const at::Tensor wide_mask = mask.defined() ? mask.to(at::kFloat) : mask;
    return Attend(q.to(at::kFloat), k.to(at::kFloat), v.to(at::kFloat), wide_mask).to(at::kBFloat16);
  }
  return at::scaled_dot_product_attention(q, k, v, mask.defined() ? std::optional<at::Tensor>(mask) : std::nullopt);
}

at::Tensor CausalMask(int64_t token_count, double masked_score, const at::TensorOptions& options) {
  return at::full({token_count, token_count}, masked_score, options).triu(1);  // [T, T]
}

}  // namespace unclip::model
