// Where a training run keeps what it makes.
#ifndef UNCLIP_TRAIN_TRAINING_FOLDER_H_
#define UNCLIP_TRAIN_TRAINING_FOLDER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::train {

// A folder with a checkpoint in two halves, as the services load it, which the stages of training fill one by one, and beside it
// what the runs themselves keep:
//
//   text-to-image/    model_index.json, tokenizer/, text_encoder/, prior/, decoder/, ...
//   image-variation/  model_index.json, image_encoder/, feature_extractor/
//   training/NAME/    state.safetensors, log.csv, samples-STEP.png
class TrainingFolder {
 public:
  // Makes `dir` and copies what it lacks of the configs and tokenizer files (everything but weights) in `template_dir`, which has
  // the same two halves. NOT_FOUND when there is no such template; FAILED_PRECONDITION when a network's config.json is there and
  // another than the template's.
  static absl::StatusOr<TrainingFolder> Open(const std::string& dir, const std::string& template_dir);

  std::string text_to_image_dir() const { return dir_ + "/text-to-image"; }
  std::string image_variation_dir() const { return dir_ + "/image-variation"; }

  // The folder of a component's weights.
  std::string ComponentDir(absl::string_view component) const;

  // What the run `name` keeps; made if there is none.
  absl::StatusOr<std::string> RunDir(absl::string_view name) const;

 private:
  explicit TrainingFolder(std::string dir) : dir_(std::move(dir)) {}

  std::string dir_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TRAINING_FOLDER_H_
