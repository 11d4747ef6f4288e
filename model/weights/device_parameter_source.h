// Puts a network's parameters on a device.
#ifndef UNCLIP_MODEL_WEIGHTS_DEVICE_PARAMETER_SOURCE_H_
#define UNCLIP_MODEL_WEIGHTS_DEVICE_PARAMETER_SOURCE_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <string>
#include <vector>

#include "model/nn/parameter_source.h"

namespace unclip::model {

// What another source gives, moved to a device tensor by tensor, so that the machine's memory never holds more than one. Not
// thread-safe.
class DeviceParameterSource final : public ParameterSource {
 public:
  // `source` must outlive this.
  DeviceParameterSource(ParameterSource& source, at::Device device) : source_(source), device_(device) {}

  at::Tensor Get(const std::string& name, const std::vector<int64_t>& shape) override {
    const at::Tensor tensor = source_.Get(name, shape);
    return tensor.defined() ? tensor.to(device_) : tensor;
  }
  bool Has(const std::string& name) const override { return source_.Has(name); }
  absl::Status status() const override { return source_.status(); }

 private:
  ParameterSource& source_;
  const at::Device device_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_DEVICE_PARAMETER_SOURCE_H_
