// Judges a picture of the shapes world against the scene that its prompt names, without any learned model.
#ifndef UNCLIP_TRAIN_DATA_SHAPES_JUDGE_H_
#define UNCLIP_TRAIN_DATA_SHAPES_JUDGE_H_

#include "common/image/rgb_image.h"
#include "train/data/shapes_world.h"

namespace unclip::train {

// What of a picture is right.
struct ShapesVerdict {
  bool count = false;
  bool background = false;
  bool color = false;
  bool shape = false;
  bool size = false;
  bool relation = false;  // true for a single object

  bool all() const { return count && background && color && shape && size && relation; }
};

// Source: tests/world/judge.py, whose verdicts these are. `image` is square.
ShapesVerdict JudgeShapes(const RgbImage& image, const Scene& scene);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SHAPES_JUDGE_H_
