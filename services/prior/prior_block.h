// A block of the priors' transformers.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_BLOCK_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_BLOCK_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "model/nn/layers.h"
#include "model/nn/parameter_source.h"

namespace unclip::prior {

// Pre-norm self-attention and MLP (reference models/attention.py, BasicTransformerBlock). Letters: N batch, R rows of one run, W
// width. Const and thread-safe, as long as no two write the same keys and values.
class PriorBlock {
 public:
  PriorBlock(int64_t width, int64_t head_count, model::ParameterSource& source, const std::string& prefix);

  // Rows of a batch that belong to one run, and what their S' tokens look at.
  struct Rows {
    at::Tensor keys_and_values;  // [R, S, 2 W], of all tokens up to these, which are the last; theirs are written
    at::Tensor mask;             // broadcasts to [R, heads, S', S]; added to the scores
  };

  // Tokens that look at one another as `mask` [N, 1, S', S'] says: [N, S', W] -> the same. Their keys and values [N, S', 2 W] go
  // to the beginning of `keys_and_values` [N, S, 2 W], unless that is null.
  at::Tensor Read(const at::Tensor& x, const at::Tensor& mask, at::Tensor* keys_and_values) const;

  // The next S' tokens of each row [N, S', W] -> the same. Attention is computed run by run, so that what a row gets does not
  // depend on other runs.
  at::Tensor Step(const at::Tensor& x, const std::vector<Rows>& runs) const;

 private:
  at::Tensor AttendTo(const at::Tensor& queries, const at::Tensor& keys_and_values, const at::Tensor& mask) const;
  at::Tensor Finish(const at::Tensor& x, const at::Tensor& attended) const;

  int64_t width_;
  int64_t head_count_;
  model::LayerNorm norm1_;
  model::Linear to_qkv_;
  model::Linear to_out_;
  model::LayerNorm norm3_;
  model::Linear ff_in_;
  model::Linear ff_out_;
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_BLOCK_H_
