// What is trained: one of unCLIP's networks, or two that learn together.
#ifndef UNCLIP_TRAIN_TRAINING_STAGE_H_
#define UNCLIP_TRAIN_TRAINING_STAGE_H_

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "train/data/example_loader.h"
#include "train/held_out.h"
#include "train/trainable_parameters.h"

namespace unclip::train {

// A batch as tensors.
struct TrainingBatch {
  at::Tensor pictures;                // [N, 3, side, side] float32 in -1..1, channels-last
  std::vector<std::string> captions;  // [N]
};

// One stage. The trainer drives it; it owns its parameters. Not thread-safe.
class TrainingStage {
 public:
  virtual ~TrainingStage() = default;

  // The parameters to train, of each component.
  virtual std::vector<TrainableParameters*> parameters() = 0;

  // Once, before the first step of a run that is not taken up again: whatever must be known of the data.
  virtual absl::Status Prepare(const Dataset& /*data*/) { return absl::OkStatus(); }

  // The loss of `batch`, to go back from; all that is random is drawn from `random`. Adds what else there is to know to
  // `figures`. With gradients, in `compute_type`.
  virtual at::Tensor Loss(const TrainingBatch& batch, at::ScalarType compute_type, at::Generator& random, Figures& figures) = 0;

  // How good the averaged parameters are, on pictures that are not trained on; draws a grid of samples to `grid_path` where there
  // is something to see.
  virtual absl::StatusOr<Figures> Validate(const HeldOut& held_out, const std::string& grid_path) = 0;
};

// `batch` as tensors.
TrainingBatch ToTrainingBatch(ExampleBatch batch);

// The first `count` held-out examples, whole, `size` pixels a side.
absl::StatusOr<TrainingBatch> ReadHeldOut(const HeldOut& held_out, int count, int size);

// What the held-out data's judge says of `pictures` [N, 3, S, S] in -1..1, the first N; and writes them to `grid_path` (PNG),
// side by side.
absl::StatusOr<Figures> ScorePictures(const HeldOut& held_out, const at::Tensor& pictures, const std::string& grid_path);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TRAINING_STAGE_H_
