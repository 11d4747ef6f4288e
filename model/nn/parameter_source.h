// Where a network gets its parameters from.
#ifndef UNCLIP_MODEL_NN_PARAMETER_SOURCE_H_
#define UNCLIP_MODEL_NN_PARAMETER_SOURCE_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace unclip::model {

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

  // Whether the checkpoint has `name`; for parameters that a config does not decide about.
  virtual bool Has(const std::string& name) const = 0;

  // OK, or the first error.
  virtual absl::Status status() const = 0;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_PARAMETER_SOURCE_H_
