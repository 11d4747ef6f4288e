// Records which parameters a network asks for.
#ifndef UNCLIP_MODEL_WEIGHTS_SPEC_RECORDER_H_
#define UNCLIP_MODEL_WEIGHTS_SPEC_RECORDER_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "model/nn/parameter_source.h"
#include "model/weights/tensor_entry.h"

namespace unclip::model {

// A ParameterSource that has every parameter a config decides about, as an undefined tensor: a network built from it cannot be
// run, but its walk leaves the list of what a checkpoint must hold. Not thread-safe.
class SpecRecorder : public ParameterSource {
 public:
  // An undefined tensor. The error, INVALID_ARGUMENT, is a name asked for with two shapes, a negative size, or more than
  // kMaxElements elements.
  at::Tensor Get(const std::string& name, const std::vector<int64_t>& shape) override;
  // False: what the config does not decide about is left out.
  bool Has(const std::string& name) const override;
  absl::Status status() const override { return status_; }

  // In the order asked for, each name once.
  const std::vector<TensorSpec>& specs() const { return specs_; }

  static constexpr int64_t kMaxElements = int64_t{1} << 40;

 private:
  std::vector<TensorSpec> specs_;
  absl::flat_hash_map<std::string, size_t> index_;  // name -> place in specs_
  absl::Status status_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_SPEC_RECORDER_H_
