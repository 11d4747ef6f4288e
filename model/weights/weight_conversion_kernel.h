// The loops of model/weights/weight_conversion, compiled for each width of vectors.
#ifndef UNCLIP_MODEL_WEIGHTS_WEIGHT_CONVERSION_KERNEL_H_
#define UNCLIP_MODEL_WEIGHTS_WEIGHT_CONVERSION_KERNEL_H_

#include <cstdint>

namespace unclip::model {

// Values as their bits, which may lie at any address: a file aligns nothing.
struct __attribute__((packed)) SingleBits {
  uint32_t bits;
};
struct __attribute__((packed)) HalfBits {
  uint16_t bits;
};
struct __attribute__((packed)) BfloatBits {
  uint16_t bits;
};

// Converts `count` values; see ConvertWeights(). False when one is not finite.
template <typename From, typename To>
bool ConvertValues(const From* from, int64_t count, To* to);

template <typename T>
bool AreFinite(const T* from, int64_t count);

// [inputs, positions] -> [positions, inputs].
template <typename T>
void Transpose(const T* from, int64_t inputs, int64_t positions, T* to);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_WEIGHT_CONVERSION_KERNEL_H_
