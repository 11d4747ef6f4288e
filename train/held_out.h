// Examples that are not trained on, to see how good a network is.
#ifndef UNCLIP_TRAIN_HELD_OUT_H_
#define UNCLIP_TRAIN_HELD_OUT_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/image/rgb_image.h"
#include "train/data/dataset.h"

namespace unclip::train {

// Named figures, in the order in which they are to be shown.
using Figures = std::vector<std::pair<std::string, double>>;

struct HeldOut {
  const Dataset& data;
  // What of the pictures drawn for the first examples, in their order, is right; null where nothing can judge that.
  std::function<Figures(const std::vector<RgbImage>& pictures)> judge;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_HELD_OUT_H_
