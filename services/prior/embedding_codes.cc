#include "services/prior/embedding_codes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/searchsorted.h>

namespace unclip::prior {
namespace {

at::Tensor GetFloat(model::ParameterSource& source, const char* name, const std::vector<int64_t>& shape) {
  const at::Tensor value = source.Get(name, shape);
  return value.defined() ? value.to(at::kFloat) : value;
}

// A value that is an edge counts to the bucket above.
at::Tensor BucketsOf(const at::Tensor& edges, const at::Tensor& values) {
  return at::searchsorted(edges, values.contiguous(), /*out_int32=*/false, /*right=*/true);
}

}  // namespace

std::vector<std::string> EmbeddingCodes::ParameterNames() {
  return {kMean, kComponents, kBucketEdges, kBucketCenters, kDotProductEdges};
}

EmbeddingCodes::EmbeddingCodes(const AutoregressiveConfig& config, model::ParameterSource& source)
    : mean_(GetFloat(source, kMean, {config.embedding_dim})),
      components_(GetFloat(source, kComponents, {config.num_components, config.embedding_dim})),
      bucket_edges_(GetFloat(source, kBucketEdges, {config.num_components, config.num_buckets - 1})),
      bucket_centers_(GetFloat(source, kBucketCenters, {config.num_components, config.num_buckets})),
      dot_product_edges_(GetFloat(source, kDotProductEdges, {config.num_dot_product_buckets - 1})) {}

at::Tensor EmbeddingCodes::Project(const at::Tensor& embeddings) const {
  return at::matmul(embeddings - mean_, components_.t());  // [N, K]
}

at::Tensor EmbeddingCodes::Reconstruct(const at::Tensor& coefficients) const {
  return at::matmul(coefficients, components_) + mean_;  // [N, D]
}

at::Tensor EmbeddingCodes::Quantize(const at::Tensor& embeddings) const {
  return BucketsOf(bucket_edges_, Project(embeddings).t()).t().contiguous();  // [N, K]
}

at::Tensor EmbeddingCodes::Dequantize(const at::Tensor& codes) const {
  return Reconstruct(bucket_centers_.gather(1, codes.t()).t());  // [N, D]
}

at::Tensor EmbeddingCodes::QuantizeDotProducts(const at::Tensor& texts, const at::Tensor& images) const {
  return BucketsOf(dot_product_edges_, (texts * images).sum(1));  // [N]
}

}  // namespace unclip::prior
