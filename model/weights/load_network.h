// Loads one network of a checkpoint.
#ifndef UNCLIP_MODEL_WEIGHTS_LOAD_NETWORK_H_
#define UNCLIP_MODEL_WEIGHTS_LOAD_NETWORK_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "model/weights/checkpoint_parameter_source.h"
#include "model/weights/device_parameter_source.h"
#include "model/weights/weight_store.h"

namespace unclip::model {

// Builds a Network, which is made as Network(config, ParameterSource&), from the weights in `component_dir`, held in the type
// and on the device of `options`; adds their number to `parameter_count`. Errors are one line that names file and tensor.
template <typename Network, typename Config>
absl::StatusOr<Network> LoadNetwork(const Config& config, const std::string& component_dir, const at::TensorOptions& options,
                                    int64_t& parameter_count) {
  return TorchGuard([&]() -> absl::StatusOr<Network> {
    ASSIGN_OR_RETURN(std::shared_ptr<const WeightStore> store, WeightStore::Open(component_dir));
    const LoadingWeights loading;
    CheckpointParameterSource source(store, c10::typeMetaToScalarType(options.dtype()));
    DeviceParameterSource on_device(source, options.device());
    Network network(config, options.device().is_cpu() ? static_cast<ParameterSource&>(source) : on_device);
    RETURN_IF_ERROR(source.Finish());
    parameter_count += static_cast<int64_t>(store->parameter_count());
    return network;
  });
}

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_LOAD_NETWORK_H_
