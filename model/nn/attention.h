// Multi-head scaled-dot-product attention, without the projections around it.
#ifndef UNCLIP_MODEL_NN_ATTENTION_H_
#define UNCLIP_MODEL_NN_ATTENTION_H_

#include <ATen/core/Tensor.h>

namespace unclip::model {

// What is added to attention scores where a query must not look, as the reference does: large, but finite in float16.
inline constexpr double kMaskedScore = -10000.0;

// [N, T, heads × head_dim] -> [N, heads, T, head_dim]
at::Tensor SplitHeads(const at::Tensor& x, int64_t head_count);

// [N, heads, T, head_dim] -> [N, T, heads × head_dim]
at::Tensor MergeHeads(const at::Tensor& x);

// softmax(q kᵀ / sqrt(head_dim) + mask) v. q [N, heads, Tq, d], k and v [N, heads, Tk, d]; `mask` is undefined or broadcasts to
// [N, heads, Tq, Tk] and is added to the scores. Returns [N, heads, Tq, d].
at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask);

// A [tokens, tokens] mask with `masked_score` where a column lies after the row, 0 elsewhere, of the type and on the device of
// `options`.
at::Tensor CausalMask(int64_t token_count, double masked_score, const at::TensorOptions& options);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_ATTENTION_H_
