#include "model/nn/timestep_embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sin.h>

#include <cmath>

namespace unclip::model {

at::Tensor TimestepSinusoid(const at::Tensor& timesteps, const SinusoidOptions& options) {
  const int64_t half = options.dim / 2;
  // The reference multiplies before it divides, in float32; the other order rounds differently.
  at::Tensor exponent = at::arange(half, timesteps.options().dtype(at::kFloat)) * -std::log(10000.0);
  exponent = exponent / (static_cast<double>(half) - options.frequency_shift);                      // [half]
  const at::Tensor angle = timesteps.to(at::kFloat).unsqueeze(1) * at::exp(exponent).unsqueeze(0);  // [N, half]
  return options.cosine_first ? at::cat({at::cos(angle), at::sin(angle)}, 1) : at::cat({at::sin(angle), at::cos(angle)}, 1);
}

TimestepEmbedding::TimestepEmbedding(ParameterSource& source, const std::string& prefix, const SinusoidOptions& sinusoid,
                                     int64_t embedding_dim)
    : sinusoid_(sinusoid),
      linear_1_(source, prefix + ".linear_1", sinusoid.dim, embedding_dim),
      linear_2_(source, prefix + ".linear_2", embedding_dim, embedding_dim) {}

at::Tensor TimestepEmbedding::operator()(const at::Tensor& timesteps, const at::TensorOptions& options) const {
  const at::Tensor sinusoid = TimestepSinusoid(timesteps, sinusoid_).to(options);  // [N, sinusoid dim]
  return linear_2_(at::silu(linear_1_(sinusoid)));                                 // [N, embedding_dim]
}

}  // namespace unclip::model
