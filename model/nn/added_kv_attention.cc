#include "model/nn/added_kv_attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>

#include "model/nn/attention.h"

namespace unclip::model {
namespace {

// The reference leaves this layer's norm at its default whatever the config's norm_eps says.
constexpr double kGroupNormEpsilon = 1e-5;

}  // namespace

AddedKvAttention::AddedKvAttention(ParameterSource& source, const std::string& prefix, const Options& options)
    : head_count_(options.channels / options.head_dim),
      group_norm_(source, prefix + ".group_norm", options.group_count, options.channels, kGroupNormEpsilon),
      to_q_(source, prefix + ".to_q", options.channels, options.channels),
      to_k_(source, prefix + ".to_k", options.channels, options.channels),
      to_v_(source, prefix + ".to_v", options.channels, options.channels),
      add_k_proj_(source, prefix + ".add_k_proj", options.context_dim, options.channels),
      add_v_proj_(source, prefix + ".add_v_proj", options.context_dim, options.channels),
      to_out_(source, prefix + ".to_out.0", options.channels, options.channels) {}

at::Tensor AddedKvAttention::operator()(const at::Tensor& x, const at::Tensor& context, const at::Tensor& context_mask) const {
  const int64_t n = x.size(0), channels = x.size(1), positions = x.size(2) * x.size(3);
  // Left transposed in memory as in the reference: the projections round otherwise on a contiguous copy.
  const at::Tensor h = group_norm_(x.reshape({n, channels, positions})).transpose(1, 2);  // [N, HW, C]
  const at::Tensor q = SplitHeads(to_q_(h), head_count_);                                 // [N, heads, HW, d]
  const at::Tensor k = at::cat({SplitHeads(add_k_proj_(context), head_count_), SplitHeads(to_k_(h), head_count_)}, 2);
  const at::Tensor v = at::cat({SplitHeads(add_v_proj_(context), head_count_), SplitHeads(to_v_(h), head_count_)}, 2);
  const at::Tensor mask = at::constant_pad_nd(context_mask, {0, positions});  // [N, 1, 1, S + HW]
  const at::Tensor out = to_out_(MergeHeads(Attend(q, k, v, mask)));          // [N, HW, C]
  return out.transpose(1, 2).reshape(x.sizes()) + x;                          // [N, C, H, W]
}

}  // namespace unclip::model
