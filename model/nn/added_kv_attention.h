// The attention of unCLIP's decoder: a picture's positions look at one another and at the context in one softmax.
#ifndef UNCLIP_MODEL_NN_ADDED_KV_ATTENTION_H_
#define UNCLIP_MODEL_NN_ADDED_KV_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "model/nn/group_norm.h"
#include "model/nn/layers.h"
#include "model/nn/parameter_source.h"

namespace unclip::model {

// Source: reference models/attention_processor.py, AttnAddedKVProcessor2_0; keys are [context, positions], context first.
class AddedKvAttention {
 public:
  struct Options {
    int64_t channels = 0;
    int64_t head_dim = 0;     // divides `channels`
    int64_t context_dim = 0;  // width of a context token
    int64_t group_count = 32;
  };

  // Parameters PREFIX.{group_norm,to_q,to_k,to_v,add_k_proj,add_v_proj,to_out.0}.
  AddedKvAttention(ParameterSource& source, const std::string& prefix, const Options& options);

  // Keys and values of the context, which are the same at every step: [N, S, context_dim] -> [N, S, 2 C].
  at::Tensor ProjectContext(const at::Tensor& context) const;

  // x [N, C, H, W] channels-last; `context` of ProjectContext(); `mask` [N, 1, 1, S + H W], added to the scores. Returns [N, C,
  // H, W], x included.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& context, const at::Tensor& mask) const;

 private:
  int64_t head_count_;
  GroupNorm group_norm_;
  Linear to_qkv_;
  Linear add_kv_proj_;
  Linear to_out_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_ADDED_KV_ATTENTION_H_
