// What a run must keep so that it can be taken up again as if it had not been broken off.
#ifndef UNCLIP_TRAIN_TRAINING_STATE_H_
#define UNCLIP_TRAIN_TRAINING_STATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "train/trainable_parameters.h"
#include "train/training_folder.h"

namespace unclip::train {

// Writes parameters, averages and Adam's moments, and how many steps were done.
absl::Status SaveTrainingState(const std::string& path, const std::vector<TrainableParameters*>& parameters, int64_t steps);

// Reads them back; returns the steps. NOT_FOUND when there is no such file; INVALID_ARGUMENT when it is of another network.
absl::StatusOr<int64_t> LoadTrainingState(const std::string& path, const std::vector<TrainableParameters*>& parameters);

// Writes the averages as the weights of their components, in `dtype` (at::kFloat, at::kHalf or at::kBFloat16), under the names
// that the reference's loaders look for. FAILED_PRECONDITION, naming the tensor, when a value is not finite in that type.
absl::Status SaveComponents(const TrainingFolder& folder, const std::vector<TrainableParameters*>& parameters,
                            at::ScalarType dtype);

// Takes parameters and averages from the weights of the components in `folder`, where it has them; tells how many it has. What a
// run starts from when there is no state to take up.
absl::StatusOr<int> LoadComponents(const TrainingFolder& folder, const std::vector<TrainableParameters*>& parameters);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TRAINING_STATE_H_
