// Writes a checkpoint with random weights.
#ifndef UNCLIP_TOOLS_RANDOM_CHECKPOINT_H_
#define UNCLIP_TOOLS_RANDOM_CHECKPOINT_H_

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "model/weights/checkpoint.h"
#include "model/weights/tensor_entry.h"
#include "tools/checkpoint_inspection.h"
#include "tools/checkpoint_template.h"

namespace unclip {

struct RandomCheckpointOptions {
  std::string out;                          // the folder to write; absent or empty so far
  model::Dtype dtype = model::Dtype::kF16;  // F32, F16 or BF16
  uint64_t seed = 0;
  // Components that this checkpoint lists too, with the same class, become links to its own.
  std::optional<model::Checkpoint> shared;
  std::ostream* progress = nullptr;  // gets a line for each component that has weights; null: silent
};

// Writes the files of `checkpoint_template` and, for each component that `specs` gives tensors for, a weight file, tensor by
// tensor, so that little memory is needed for any size. Returns the new checkpoint. ALREADY_EXISTS when the folder is not empty;
// RESOURCE_EXHAUSTED when the disk has not enough room, before any weight is written; the errors of `specs`.
absl::StatusOr<model::Checkpoint> WriteRandomCheckpoint(const RandomCheckpointOptions& options,
                                                        const CheckpointTemplate& checkpoint_template,
                                                        const SpecsFunction& specs);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_RANDOM_CHECKPOINT_H_
