// The loop of a training run.
#ifndef UNCLIP_TRAIN_TRAINER_H_
#define UNCLIP_TRAIN_TRAINER_H_

#include <c10/core/ScalarType.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "train/data/example_loader.h"
#include "train/gradient_exchange.h"
#include "train/held_out.h"
#include "train/learning_rate.h"
#include "train/optimizer.h"
#include "train/training_folder.h"
#include "train/training_log.h"
#include "train/training_stage.h"

namespace unclip::train {

struct TrainerOptions {
  std::string name;      // of the run, in the training folder
  int64_t steps = 1000;  // of the optimizer, in the whole run
  int accumulate = 1;    // batches a step
  at::ScalarType compute_type = at::kFloat;
  at::ScalarType saved_type = at::kHalf;  // of the components' weights
  LearningRate learning_rate;             // `steps` of it is set by the trainer
  OptimizerOptions optimizer;
  ExampleLoaderOptions data;     // `first_step` of it is set by the trainer
  uint64_t seed = 0;             // of all that is drawn
  int64_t validate_every = 500;  // steps; 0: at the end only
  int64_t save_every = 500;      // steps
};

// Runs `stage` on `data` to the end, or until `stop` is set: then saves and returns CANCELLED. Takes up the run of the same name
// in `folder` where it was left, exactly: each step's examples and random numbers are functions of the seed and the step. Else
// begins with the components' weights, where the folder has them, or anew.
//
// Where `exchange` has several processes, each trains on batches of its own, all with the mean gradients; process 0 saves and
// validates, and all must see the same folder, of which they begin.
//
// INTERNAL when a loss or a gradient is not finite: parameters and batch are then in the run's folder. The errors of the stage,
// of the data and of writing.
absl::Status Train(TrainingStage& stage, const Dataset& data, const HeldOut& held_out, const TrainingFolder& folder,
                   const TrainerOptions& options, GradientExchange& exchange, TrainingLog& log, const std::atomic<bool>& stop);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TRAINER_H_
