// Reads, decodes and crops the batches of a training run ahead of it, on threads of its own.
#ifndef UNCLIP_TRAIN_DATA_EXAMPLE_LOADER_H_
#define UNCLIP_TRAIN_DATA_EXAMPLE_LOADER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "train/data/dataset.h"

namespace unclip::train {

// One batch, in memory as a channels-last tensor has it.
struct ExampleBatch {
  int64_t step = 0;
  int side = 0;                       // pixels a side of each picture
  std::vector<uint8_t> pixels;        // [N, side, side, 3]
  std::vector<std::string> captions;  // [N]
};

// What bad files there were. They are skipped: the next example in the order stands in.
struct SkippedExamples {
  int64_t count = 0;               // how often one was met
  std::vector<std::string> names;  // the first kMaxNames different ones, each with its error
  static constexpr size_t kMaxNames = 20;
};

struct ExampleLoaderOptions {
  int batch_size = 32;
  int picture_size = 64;   // pictures are made this many pixels a side,
  int window_side = 64;    // of which a random window of this many is read
  int window_align = 1;    // whose corner is at multiples of this
  bool flip = false;       // half of the pictures mirrored, left to right
  uint64_t seed = 0;       // of the order, the windows and the flips
  int64_t first_step = 0;  // the step of the first batch
  int rank = 0;            // of `world_size` processes, each of which gets batches of its own
  int world_size = 1;
  int thread_count = 1;
  int batches_ahead = 4;  // kept ready
};

// Batches depend on the dataset, the seed, step, rank and world size only, not on threads and time. A finite dataset is gone
// through in an order shuffled anew each time round.
class ExampleLoader {
 public:
  // INVALID_ARGUMENT for options that cannot be, naming the option, the value and the allowed range. `dataset` must outlive it.
  static absl::StatusOr<std::unique_ptr<ExampleLoader>> Start(const Dataset& dataset, const ExampleLoaderOptions& options);

  virtual ~ExampleLoader() = default;  // stops the threads

  // The next batch; waits for it. DATA_LOSS when of kMaxSkipsInARow examples in a row none could be read, naming the last.
  virtual absl::StatusOr<ExampleBatch> Next() = 0;

  virtual SkippedExamples skipped() const = 0;

  // Seconds that Next() has waited so far: whether the data is the bottleneck.
  virtual double seconds_waited() const = 0;

  static constexpr int kMaxSkipsInARow = 100;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_EXAMPLE_LOADER_H_
