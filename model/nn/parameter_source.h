// Where a network gets its parameters from.
#ifndef UNCLIP_MODEL_NN_PARAMETER_SOURCE_H_
#define UNCLIP_MODEL_NN_PARAMETER_SOURCE_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace unclip::model {

// A parameter's name in the checkpoint and its shape.
struct Parameter {
  std::string name;
  std::vector<int64_t> shape;
};

// A network asks, while it is built, for each of its parameters by checkpoint name and shape. That one walk serves to load a
// checkpoint, to list what a checkpoint must hold, and to make a random one, so the three can never disagree.
//
// Errors are kept, not returned: after the first one Get() returns undefined tensors, and whoever built the network reads
// status() before using it. Not thread-safe.
class ParameterSource {
 public:
  virtual ~ParameterSource() = default;

  // The parameter `name` (as in the checkpoint, such as "time_embedding.linear_1.weight"), of exactly this shape, in the source's
  // dtype; undefined after an error.
  virtual at::Tensor Get(const std::string& name, const std::vector<int64_t>& shape) = 0;

  // `parts`, whose shapes differ in the first size at most, one below the other as one tensor, for a caller who only copies it
  // into an order of its own: the next call may overwrite it, and the source's end does. One that requires a gradient stays as
  // it is. [..., in, k, k] is channels-last. Undefined after an error.
  virtual at::Tensor Borrow(const std::vector<Parameter>& parts);

  // Whether the checkpoint has `name`; for parameters that a config does not decide about.
  virtual bool Has(const std::string& name) const = 0;

  // OK, or the first error.
  virtual absl::Status status() const = 0;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_PARAMETER_SOURCE_H_
