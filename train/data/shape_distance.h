// How far points lie from the outlines of the shapes world's shapes.
#ifndef UNCLIP_TRAIN_DATA_SHAPE_DISTANCE_H_
#define UNCLIP_TRAIN_DATA_SHAPE_DISTANCE_H_

#include "absl/types/span.h"
#include "train/data/scene.h"

namespace unclip::train {

// Writes to distances[i] how far the point (x[i], y) is outside of the shape of size `radius` around (0, 0), y pointing down;
// less than 0 inside. Both spans have the same length. Source: _sd() in tests/world/world.py, to rounding.
void ShapeDistances(Shape shape, absl::Span<const double> x, double y, double radius, absl::Span<double> distances);

// All points that are less than `margin` outside of a shape of size `radius` have |x| and |y| below this.
double ShapeReach(double radius, double margin);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SHAPE_DISTANCE_H_
