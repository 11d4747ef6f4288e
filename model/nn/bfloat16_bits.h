// A bfloat16 value as kernels free of LibTorch see it.
#ifndef UNCLIP_MODEL_NN_BFLOAT16_BITS_H_
#define UNCLIP_MODEL_NN_BFLOAT16_BITS_H_

#include <cstdint>

namespace unclip::model {

// A bfloat16 value's bits: those of the upper half of a float.
enum class Bfloat16Bits : uint16_t {};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_BFLOAT16_BITS_H_
