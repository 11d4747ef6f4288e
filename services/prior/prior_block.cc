#include "services/prior/prior_block.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>

#include "model/nn/attention.h"

namespace unclip::prior {

PriorBlock::PriorBlock(int64_t width, int64_t head_count, model::ParameterSource& source, const std::string& prefix)
    : width_(width),
      head_count_(head_count),
      norm1_(source, prefix + ".norm1", width),
      to_qkv_(source, {prefix + ".attn1.to_q", prefix + ".attn1.to_k", prefix + ".attn1.to_v"}, width, width),
      to_out_(source, prefix + ".attn1.to_out.0", width, width),
      norm3_(source, prefix + ".norm3", width),
      ff_in_(source, prefix + ".ff.net.0.proj", width, 4 * width),
      ff_out_(source, prefix + ".ff.net.2", 4 * width, width) {}

at::Tensor PriorBlock::AttendTo(const at::Tensor& queries, const at::Tensor& keys_and_values, const at::Tensor& mask) const {
  const at::Tensor keys = model::SplitHeads(keys_and_values.narrow(2, 0, width_), head_count_);          // [N, heads, S, d]
  const at::Tensor values = model::SplitHeads(keys_and_values.narrow(2, width_, width_), head_count_);   // [N, heads, S, d]
  return model::MergeHeads(model::Attend(model::SplitHeads(queries, head_count_), keys, values, mask));  // [N, S', W]
}

at::Tensor PriorBlock::Finish(const at::Tensor& x, const at::Tensor& attended) const {
  const at::Tensor h = to_out_(attended) + x;       // [N, S', W]
  return ff_out_(at::gelu(ff_in_(norm3_(h)))) + h;  // [N, S', W]
}

at::Tensor PriorBlock::Read(const at::Tensor& x, const at::Tensor& mask, at::Tensor* keys_and_values) const {
  const at::Tensor qkv = to_qkv_(norm1_(x));                 // [N, S', 3 W]
  const at::Tensor own = qkv.narrow(2, width_, 2 * width_);  // [N, S', 2 W]
  if (keys_and_values != nullptr) keys_and_values->narrow(1, 0, x.size(1)).copy_(own);
  return Finish(x, AttendTo(qkv.narrow(2, 0, width_), own, mask));
}

at::Tensor PriorBlock::Step(const at::Tensor& x, const std::vector<Rows>& runs) const {
  const int64_t tokens = x.size(1);
  const at::Tensor qkv = to_qkv_(norm1_(x));  // [N, S', 3 W]
  std::vector<at::Tensor> attended;
  attended.reserve(runs.size());
  int64_t first = 0;
  for (const Rows& run : runs) {
    const at::Tensor& seen = run.keys_and_values;               // [R, S, 2 W]
    const at::Tensor own = qkv.narrow(0, first, seen.size(0));  // [R, S', 3 W]
    seen.narrow(1, seen.size(1) - tokens, tokens).copy_(own.narrow(2, width_, 2 * width_));
    attended.push_back(AttendTo(own.narrow(2, 0, width_), seen, run.mask));  // [R, S', W]
    first += seen.size(0);
  }
  return Finish(x, attended.size() == 1 ? attended.front() : at::cat(attended));
}

}  // namespace unclip::prior
