#include "model/nn/added_kv_attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "model/nn/attention.h"

namespace unclip::model {
namespace {

// The reference leaves this layer's norm at its default whatever the config's norm_eps says.
constexpr double kGroupNormEpsilon = 1e-5;

}  // namespace

AddedKvAttention::AddedKvAttention(ParameterSource& source, const std::string& prefix, const Options& options)
    : head_count_(options.channels / options.head_dim),
      group_norm_(source, prefix + ".group_norm", options.group_count, options.channels, kGroupNormEpsilon),
      to_qkv_(source, {prefix + ".to_q", prefix + ".to_k", prefix + ".to_v"}, options.channels, options.channels),
      add_kv_proj_(source, {prefix + ".add_k_proj", prefix + ".add_v_proj"}, options.context_dim, options.channels),
      to_out_(source, prefix + ".to_out.0", options.channels, options.channels) {}

at::Tensor AddedKvAttention::ProjectContext(const at::Tensor& context) const { return add_kv_proj_(context); }

at::Tensor AddedKvAttention::operator()(const at::Tensor& x, const at::Tensor& context, const at::Tensor& mask) const {
  const int64_t n = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const at::Tensor h =
      group_norm_(x).permute({0, 2, 3, 1}).reshape({n, height * width, channels});     // [N, HW, C], a view if channels-last
  const at::Tensor qkv = to_qkv_(h);                                                   // [N, HW, 3 C]
  const at::Tensor kv = at::cat({context, qkv.narrow(2, channels, 2 * channels)}, 1);  // [N, S + HW, 2 C]
  const at::Tensor attended =
      Attend(SplitHeads(qkv.narrow(2, 0, channels), head_count_),  // [N, heads, HW, d]
             SplitHeads(kv.narrow(2, 0, channels), head_count_), SplitHeads(kv.narrow(2, channels, channels), head_count_), mask);
  const at::Tensor out = to_out_(MergeHeads(attended));                        // [N, HW, C]
  return out.reshape({n, height, width, channels}).permute({0, 3, 1, 2}) + x;  // [N, C, H, W]
}

}  // namespace unclip::model
