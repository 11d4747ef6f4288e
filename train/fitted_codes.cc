#include "train/fitted_codes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <tuple>

#include "services/prior/embedding_codes.h"

namespace unclip::train {
namespace {

using prior::EmbeddingCodes;

// Of centered values [n, D]: [count, D] float32, computed in double.
at::Tensor PrincipalComponents(const at::Tensor& centered, int64_t count) {
  const at::Tensor values = centered.to(at::kDouble);
  const at::Tensor covariance = at::matmul(values.t(), values) / static_cast<double>(values.size(0) - 1);  // [D, D]
  const at::Tensor vectors = std::get<1>(at::linalg_eigh(covariance));                      // [D, D], columns, eigenvalues rising
  const at::Tensor leading = vectors.flip({1}).t().narrow(0, 0, count);                     // [count, D]
  const at::Tensor largest = leading.gather(1, leading.abs().argmax(1, /*keepdim=*/true));  // [count, 1]
  return (leading * largest.sign()).to(at::kFloat).contiguous();
}

// What lies between `count` equal shares of each row of `values` [K, n]: [K, count - 1].
at::Tensor QuantileEdges(const at::Tensor& values, int64_t count) {
  const at::Tensor sorted = std::get<0>(at::sort(values, 1));
  const int64_t n = values.size(1);
  std::vector<at::Tensor> edges;
  edges.reserve(count - 1);
  for (int64_t bucket = 1; bucket < count; ++bucket) {
    const int64_t above = std::clamp<int64_t>(bucket * n / count, 1, n - 1);
    edges.push_back((sorted.select(1, above - 1) + sorted.select(1, above)) / 2);  // [K]
  }
  return at::stack(edges, 1).contiguous();
}

// The mean of what falls into each bucket: values [K, n], edges [K, B - 1] -> [K, B].
at::Tensor BucketCenters(const at::Tensor& values, const at::Tensor& edges) {
  const at::Tensor buckets = at::searchsorted(edges, values, /*out_int32=*/false, /*right=*/true);  // [K, n]
  const at::Tensor wide = values.to(at::kDouble);
  const at::Tensor zeros = at::zeros({values.size(0), edges.size(1) + 1}, at::kDouble);  // [K, B]
  const at::Tensor sums = zeros.scatter_add(1, buckets, wide);
  const at::Tensor counts = zeros.scatter_add(1, buckets, at::ones_like(wide));
  const at::Tensor edge_of = at::cat({edges.narrow(1, 0, 1), edges}, 1);  // [K, B], the lower one but for the first
  return at::where(counts > 0, sums / counts.clamp_min(1), edge_of.to(at::kDouble)).to(at::kFloat);
}

}  // namespace

std::vector<std::pair<std::string, at::Tensor>> FitEmbeddingCodes(const at::Tensor& images, const at::Tensor& texts,
                                                                  const prior::AutoregressiveConfig& config) {
  const at::Tensor mean = images.to(at::kDouble).mean(0).to(at::kFloat);                       // [D]
  const at::Tensor components = PrincipalComponents(images - mean, config.num_components);     // [K, D]
  const at::Tensor coefficients = at::matmul(images - mean, components.t()).t().contiguous();  // [K, n]
  const at::Tensor edges = QuantileEdges(coefficients, config.num_buckets);                    // [K, B - 1]
  const at::Tensor dot_products = (texts * images).sum(1).unsqueeze(0);                        // [1, n]
  return {{EmbeddingCodes::kMean, mean},
          {EmbeddingCodes::kComponents, components},
          {EmbeddingCodes::kBucketEdges, edges},
          {EmbeddingCodes::kBucketCenters, BucketCenters(coefficients, edges)},
          {EmbeddingCodes::kDotProductEdges, QuantileEdges(dot_products, config.num_dot_product_buckets).squeeze(0)}};
}

}  // namespace unclip::train
