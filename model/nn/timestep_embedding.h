// How a network is told the timestep: a sinusoid of it, through two linear layers.
#ifndef UNCLIP_MODEL_NN_TIMESTEP_EMBEDDING_H_
#define UNCLIP_MODEL_NN_TIMESTEP_EMBEDDING_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "model/nn/layers.h"

namespace unclip::model {

// How the sinusoid is laid out. Source: reference models/embeddings.py, get_timestep_embedding.
struct SinusoidOptions {
  int64_t dim = 0;             // even
  bool cosine_first = true;    // "flip_sin_to_cos"
  double frequency_shift = 0;  // "freq_shift"
};

// [N] integer timesteps -> [N, dim] float32: cos and sin of t × 10000^(-i / (dim/2 - frequency_shift)), i = 0 .. dim/2 - 1.
at::Tensor TimestepSinusoid(const at::Tensor& timesteps, const SinusoidOptions& options);

// Linear, SiLU, Linear over the sinusoid. Parameters PREFIX.linear_1 and PREFIX.linear_2.
class TimestepEmbedding {
 public:
  TimestepEmbedding() = default;
  TimestepEmbedding(ParameterSource& source, const std::string& prefix, const SinusoidOptions& sinusoid, int64_t embedding_dim);

  // [N] integer timesteps, best on the CPU, where the sinusoid is the same for every device -> [N, embedding_dim] of the type and
  // on the device of `options`.
  at::Tensor operator()(const at::Tensor& timesteps, const at::TensorOptions& options) const;

 private:
  SinusoidOptions sinusoid_;
  Linear linear_1_;
  Linear linear_2_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_TIMESTEP_EMBEDDING_H_
