// Finds the shapes in a picture of the shapes world, without any learned model.
#ifndef UNCLIP_TRAIN_DATA_SHAPE_FINDER_H_
#define UNCLIP_TRAIN_DATA_SHAPE_FINDER_H_

#include <cstddef>
#include <vector>

#include "common/image/rgb_image.h"
#include "train/data/scene.h"

namespace unclip::train {

// The kind that each thing looks most like, however little it does.
struct FoundShape {
  Shape shape = Shape::kCircle;
  ShapeColor color = ShapeColor::kRed;
  // Of its bounding box, of the picture's side: the longer side, and the middle, from the top left.
  double extent = 0;
  double x = 0;
  double y = 0;
  size_t pixel_count = 0;
};

struct FoundShapes {
  Background background = Background::kWhite;
  std::vector<FoundShape> shapes;  // largest first
};

// `image` is square, and holds at least one pixel. Source: objects() in tests/world/judge.py.
FoundShapes FindShapes(const RgbImage& image);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SHAPE_FINDER_H_
