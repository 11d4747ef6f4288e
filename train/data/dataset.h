// Where training pictures and their captions come from.
#ifndef UNCLIP_TRAIN_DATA_DATASET_H_
#define UNCLIP_TRAIN_DATA_DATASET_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/image/rgb_image.h"

namespace unclip::train {

// A picture and what is said of it.
struct Example {
  RgbImage image;
  std::string caption;  // UTF-8; may be empty
};

// What of a picture is wanted: it is made square (its middle is kept) and `size` pixels a side, and of that the window of `side`
// pixels with its top left corner at (x, y). The whole picture: side = size, x = y = 0.
struct Window {
  int size = 0;
  int side = 0;
  int x = 0;  // 0 .. size - side
  int y = 0;
};

// OK when `window` lies in its picture, whose side is 1 to kMaxPictureSize; else INVALID_ARGUMENT.
inline constexpr int kMaxPictureSize = 8192;
absl::Status CheckWindow(const Window& window);

// A collection that can be read at any place. What is at a place depends on nothing but the place (and the seed that the dataset
// was made with), so that a run that is taken up again sees what an unbroken one would have seen. Thread-safe.
class Dataset {
 public:
  virtual ~Dataset() = default;

  // How many examples there are; 0: without end, each place once.
  virtual int64_t size() const = 0;

  // The example at `index`, which is below size() unless that is 0. `variant` chooses between what is said of one picture, where
  // there are several captions or ways of saying it. An error says which file is bad, and why; INVALID_ARGUMENT also for a window
  // that CheckWindow() refuses.
  virtual absl::StatusOr<Example> Read(int64_t index, uint64_t variant, const Window& window) const = 0;

  // What people call the example: the file's name, or the caption. For error messages.
  virtual std::string Name(int64_t index) const = 0;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_DATASET_H_
