// What GroupNorm does beside its normalization.
#ifndef UNCLIP_MODEL_NN_NORM_MODULATION_H_
#define UNCLIP_MODEL_NN_NORM_MODULATION_H_

#include <ATen/core/Tensor.h>

namespace unclip::model {

// What is done beside the normalization, in the same passes over memory. Rows of the tensors may be strided.
struct NormModulation {
  at::Tensor add;     // [N, C] float32: added to x before it is normalized; may be undefined
  at::Tensor scale;   // [N, C] float32: the result is multiplied by 1 + scale, and then
  at::Tensor shift;   // [N, C] float32: shift is added; defined if `scale` is
  bool silu = false;  // SiLU at the end
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_NORM_MODULATION_H_
