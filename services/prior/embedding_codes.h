// CLIP image embeddings as short sequences of whole numbers, and back.
#ifndef UNCLIP_SERVICES_PRIOR_EMBEDDING_CODES_H_
#define UNCLIP_SERVICES_PRIOR_EMBEDDING_CODES_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "model/nn/parameter_source.h"
#include "services/prior/autoregressive_config.h"

namespace unclip::prior {

// Source: unCLIP (2204.06125) §2.2. An embedding's coefficients of the K leading principal components of the training data, the
// widest first, each as the number of the bucket that it falls into. Buckets lie between quantiles of the training data: none is
// empty and each is trained equally often; and as bucket b holds the same share of the data in every component, one table of
// embeddings and one output layer serve all. Dot products of text and image are put into buckets likewise, so that their upper
// half is the top half of what was seen in training.
//
// Letters: N batch, D embedding width, K components, B buckets. Immutable and thread-safe; a plain value. All float32.
class EmbeddingCodes {
 public:
  // Parameters, none of which is trained.
  static constexpr char kMean[] = "pca_mean";                      // [D]
  static constexpr char kComponents[] = "pca_components";          // [K, D], orthonormal rows
  static constexpr char kBucketEdges[] = "bucket_edges";           // [K, B - 1], rising
  static constexpr char kBucketCenters[] = "bucket_centers";       // [K, B], the mean of the data in each
  static constexpr char kDotProductEdges[] = "dot_product_edges";  // [dot product buckets - 1], rising
  static std::vector<std::string> ParameterNames();

  EmbeddingCodes(const AutoregressiveConfig& config, model::ParameterSource& source);

  // [N, D] -> [N, K] int64 in 0..B-1.
  at::Tensor Quantize(const at::Tensor& embeddings) const;

  // [N, K] -> [N, D]: the embeddings in the middle of their buckets.
  at::Tensor Dequantize(const at::Tensor& codes) const;

  // Coefficients without buckets: [N, D] -> [N, K], and [N, K] -> [N, D].
  at::Tensor Project(const at::Tensor& embeddings) const;
  at::Tensor Reconstruct(const at::Tensor& coefficients) const;

  // The buckets of the dot products of texts and images [N, D] each: [N] int64.
  at::Tensor QuantizeDotProducts(const at::Tensor& texts, const at::Tensor& images) const;

 private:
  at::Tensor mean_;
  at::Tensor components_;
  at::Tensor bucket_edges_;
  at::Tensor bucket_centers_;
  at::Tensor dot_product_edges_;
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_EMBEDDING_CODES_H_
