// The convolution that the UNets are made of.
#ifndef UNCLIP_MODEL_NN_CONV2D_H_
#define UNCLIP_MODEL_NN_CONV2D_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "model/nn/parameter_source.h"

namespace unclip::model {

// A convolution of stride 1 that keeps height and width, kernel 1 or 3 with padding to match. Parameters PREFIX.weight [out, in,
// k, k] and PREFIX.bias [out]. A plain value: copying it shares the weights. Const and thread-safe.
//
// Input and output are channels-last, which on the CPU is faster and needs no copies around attention; weights are packed where
// model/nn/packed_ops can.
class Conv2d {
 public:
  struct Options {
    int64_t in_channels = 0;
    int64_t out_channels = 0;
    int64_t kernel_size = 3;
    int64_t size = 0;  // height and width that it will mostly see; others work as well
  };

  Conv2d() = default;
  Conv2d(ParameterSource& source, const std::string& prefix, const Options& options);

  at::Tensor operator()(const at::Tensor& x) const;  // [N, in, H, W] -> [N, out, H, W]

  // The convolution of `x` plus `other` [N, out, H, W].
  at::Tensor AddTo(const at::Tensor& other, const at::Tensor& x) const;

  // Type and device of the weights; the defaults where the source gave none.
  at::TensorOptions options() const { return bias_.defined() ? bias_.options() : at::TensorOptions(); }

 private:
  at::Tensor weight_;  // packed if is_packed_
  at::Tensor bias_;
  int64_t padding_ = 0;
  bool is_packed_ = false;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_CONV2D_H_
