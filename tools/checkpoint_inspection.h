// Compares what a checkpoint's weight files hold with what its configs ask for.
#ifndef UNCLIP_TOOLS_CHECKPOINT_INSPECTION_H_
#define UNCLIP_TOOLS_CHECKPOINT_INSPECTION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/weights/checkpoint.h"
#include "model/weights/tensor_entry.h"

namespace unclip {

// Tells which tensors a component must hold; see ComponentSpecs().
using SpecsFunction = std::function<absl::StatusOr<std::vector<model::TensorSpec>>(const model::Checkpoint& checkpoint,
                                                                                   absl::string_view component)>;

struct ComponentInspection {
  // A tensor of another shape than asked for, or of a type that is no weight.
  struct Mismatch {
    std::string name;
    std::string expected;  // "[2, 3]", or types
    std::string found;
  };

  std::string name;
  std::string class_name;
  std::string dir;                        // absolute; empty when it could not be found
  std::vector<std::string> files;         // weight files, names inside `dir`; empty for a component without weights
  std::map<std::string, uint64_t> types;  // type, such as "F16" -> tensors of it
  uint64_t tensor_count = 0;
  uint64_t parameter_count = 0;
  uint64_t byte_count = 0;
  std::vector<model::TensorSpec> missing;  // asked for and not there
  std::vector<std::string> unknown;        // there and not asked for
  std::vector<Mismatch> mismatched;
  std::vector<std::string> errors;  // what kept the component from being read, one line each

  size_t problem_count() const { return missing.size() + unknown.size() + mismatched.size() + errors.size(); }
};

struct CheckpointInspection {
  std::string dir;             // absolute
  std::string pipeline_class;  // may be empty
  std::vector<ComponentInspection> components;

  size_t problem_count() const;
};

// Reads configs and headers of every component, but no weights. Problems are part of the result; one does not keep others from
// being found.
CheckpointInspection InspectCheckpoint(const model::Checkpoint& checkpoint, const SpecsFunction& specs);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_CHECKPOINT_INSPECTION_H_
