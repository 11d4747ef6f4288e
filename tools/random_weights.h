// Random values for a network's parameters.
#ifndef UNCLIP_TOOLS_RANDOM_WEIGHTS_H_
#define UNCLIP_TOOLS_RANDOM_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "model/weights/tensor_entry.h"

namespace unclip {

// A normal distribution, or with a deviation of 0 a constant.
struct WeightDistribution {
  float mean = 0;
  float deviation = 0;
};

// A distribution that keeps signals at their size: matrices and kernels 1/√(inputs of an output), norms 1, biases and clip_mean
// 0, clip_std 1, embeddings and other vectors 1/√width. It goes by the parameter's name and shape.
WeightDistribution DistributionOf(const model::TensorSpec& spec);

// The values of one tensor, in order. They follow from the tensor's name, its distribution and the seed alone, not from what else
// is drawn or in what pieces. About 10⁹ values a second. Not thread-safe.
class RandomWeights {
 public:
  // `dtype` is F32, F16 or BF16.
  RandomWeights(const model::TensorSpec& spec, model::Dtype dtype, uint64_t seed);

  // Fills `bytes`, a whole number of values, with the next ones.
  void Fill(absl::Span<std::byte> bytes);

 private:
  // Equally likely values, as bytes of the type. A power of two of them, so that bits of a random number make an index; few
  // enough to stay in the processor's nearest cache.
  static constexpr size_t kTableSize = 4096;

  template <typename T>
  void FillFromTable(absl::Span<std::byte> bytes);

  std::vector<std::byte> table_;
  const size_t value_size_;  // bytes
  uint64_t state_;
  uint64_t bits_ = 0;  // of the last draw, those not used yet
  int left_ = 0;       // values that they still make
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_RANDOM_WEIGHTS_H_
