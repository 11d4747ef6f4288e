// The data of a training run: what is trained on, and what is held out.
#ifndef UNCLIP_TRAIN_DATA_SOURCE_H_
#define UNCLIP_TRAIN_DATA_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "train/data/dataset.h"
#include "train/held_out.h"

namespace unclip::train {

struct DataSourceOptions {
  enum class Kind { kShapes, kFolder, kTar };
  Kind kind = Kind::kShapes;
  std::string path;        // of a folder or of tar files
  uint64_t seed = 1;       // of the shapes world
  int siblings = 1;        // as ShapesWorld has them, 1 or more
  double forward = 0;      // likewise, 0 to 1
  int64_t held_out = 100;  // how many examples of a folder or of tar files are not trained on
};

// Immutable and thread-safe.
class DataSource {
 public:
  // The errors of opening the data; INVALID_ARGUMENT when there is not more than what is held out.
  static absl::StatusOr<std::unique_ptr<const DataSource>> Open(const DataSourceOptions& options);

  const Dataset& training() const { return *training_; }
  HeldOut held_out() const { return {.data = *held_out_, .judge = judge_}; }

 private:
  DataSource() = default;

  std::unique_ptr<const Dataset> all_;  // of a finite source; the two below are parts of it
  std::unique_ptr<const Dataset> training_;
  std::unique_ptr<const Dataset> held_out_;
  std::function<Figures(const std::vector<RgbImage>& pictures)> judge_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SOURCE_H_
