// Which tensors a component of a checkpoint must hold, according to its config.
#ifndef UNCLIP_TOOLS_COMPONENT_SPECS_H_
#define UNCLIP_TOOLS_COMPONENT_SPECS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/weights/checkpoint.h"
#include "model/weights/tensor_entry.h"

namespace unclip {

// Builds the network of `component` ("prior", "decoder", ...) from its config, without weights, and lists the parameters it asks
// for. Empty for a component without weights (tokenizer, feature_extractor, the schedulers), whose config is checked all the
// same. NOT_FOUND when the checkpoint does not have it; UNIMPLEMENTED for a class that no code here implements; INVALID_ARGUMENT
// naming file and option when the config is not acceptable.
absl::StatusOr<std::vector<model::TensorSpec>> ComponentSpecs(const model::Checkpoint& checkpoint, absl::string_view component);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_COMPONENT_SPECS_H_
