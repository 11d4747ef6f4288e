// The codes of image embeddings that suit the data.
#ifndef UNCLIP_TRAIN_FITTED_CODES_H_
#define UNCLIP_TRAIN_FITTED_CODES_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "services/prior/autoregressive_config.h"

namespace unclip::train {

// The parameters of prior::EmbeddingCodes, by name, for `images` [n, D] and `texts` [n, D], the embeddings of n ≥ 2 pictures and
// of their captions. The components are the eigenvectors of the images' covariance with the largest eigenvalues, falling; an
// eigenvector's largest entry is positive, as its sign says nothing. A bucket that nothing falls into, as where values are equal
// or n is small, has its centre at its edge.
std::vector<std::pair<std::string, at::Tensor>> FitEmbeddingCodes(const at::Tensor& images, const at::Tensor& texts,
                                                                  const prior::AutoregressiveConfig& config);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_FITTED_CODES_H_
