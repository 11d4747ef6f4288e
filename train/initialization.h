// The first values of a network's parameters.
#ifndef UNCLIP_TRAIN_INITIALIZATION_H_
#define UNCLIP_TRAIN_INITIALIZATION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/nn/parameter_source.h"
#include "train/trainable_parameters.h"

namespace unclip::train {

// A value that follows from the parameter's name, its shape and `seed` alone. By name and shape: norms 1 (weights) and 0
// (biases); biases 0; matrices and kernels uniform in ±1/√(inputs of an output), PyTorch's own rule; tables of embeddings
// normal with deviation 0.02, as CLIP has them; single learned vectors 0. What ends a residual branch of a UNet (conv2 and
// to_out.0 of a block) and its last convolution begin at 0, so that every block begins as the identity (ADM, 2105.05233; Goyal et
// al. 2017, 1706.02677, §5.1).
at::Tensor InitialValue(const model::Parameter& parameter, uint64_t seed);

// The same as a function of the parameter.
TrainableParameters::Initializer InitialValues(uint64_t seed);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_INITIALIZATION_H_
