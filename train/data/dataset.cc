#include "train/data/dataset.h"

#include "absl/strings/str_cat.h"

namespace unclip::train {

absl::Status CheckWindow(const Window& window) {
  if (window.size < 1 || window.size > kMaxPictureSize) {
    return absl::InvalidArgumentError(absl::StrCat("window.size is ", window.size, "; it must be 1 to ", kMaxPictureSize));
  }
  if (window.side < 1 || window.side > window.size) {
    return absl::InvalidArgumentError(absl::StrCat("window.side is ", window.side, "; it must be 1 to ", window.size));
  }
  const int last = window.size - window.side;
  if (window.x < 0 || window.x > last || window.y < 0 || window.y > last) {
    return absl::InvalidArgumentError(absl::StrCat("window is at (", window.x, ", ", window.y, "); x and y must be 0 to ", last));
  }
  return absl::OkStatus();
}

}  // namespace unclip::train
