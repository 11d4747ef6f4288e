#include "train/data/shapes_judge.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <vector>

#include "train/data/shape_finder.h"

namespace unclip::train {
namespace {

// What is larger is large, of the picture's side.
constexpr double kLargeAlone = .52;
constexpr double kLargeOfTwo = .35;
// How far apart, of the picture's side, things that stand in a relation must be.
constexpr double kLeastDistance = .15;

bool SizeIsRight(const FoundShape& found, const SceneObject& wanted, size_t count) {
  return (found.extent > (count == 1 ? kLargeAlone : kLargeOfTwo)) == wanted.large;
}

bool RelationIsRight(const FoundShape& first, const FoundShape& second, Relation relation) {
  switch (relation) {
    case Relation::kLeftOf:
      return first.x < second.x - kLeastDistance;
    case Relation::kRightOf:
      return first.x > second.x + kLeastDistance;
    case Relation::kAbove:
      return first.y < second.y - kLeastDistance;
    case Relation::kBelow:
      return first.y > second.y + kLeastDistance;
  }
  return false;
}

// Holds each of `found` to that of the scene's objects in the same place of the order.
ShapesVerdict Compare(const std::vector<FoundShape>& found, const Scene& scene) {
  ShapesVerdict verdict{.count = true, .background = false, .color = true, .shape = true, .size = true, .relation = true};
  for (size_t i = 0; i < found.size(); ++i) {
    verdict.color &= found[i].color == scene.objects[i].color;
    verdict.shape &= found[i].shape == scene.objects[i].shape;
    verdict.size &= SizeIsRight(found[i], scene.objects[i], found.size());
  }
  if (found.size() == 2) verdict.relation = RelationIsRight(found[0], found[1], scene.relation);
  return verdict;
}

// The more of it is right the larger, and among equals first the colour counts, then the shape, the size and the relation.
auto Rank(const ShapesVerdict& verdict) {
  const int right = verdict.relation + verdict.color + verdict.shape + verdict.size;
  return std::make_tuple(right, verdict.color, verdict.shape, verdict.size, verdict.relation);
}

}  // namespace

ShapesVerdict JudgeShapes(const RgbImage& image, const Scene& scene) {
  const size_t side = image.width < 1 ? 0 : image.width;
  if (side == 0 || image.height != image.width || image.pixels.size() != side * side * 3) return {};
  FoundShapes found = FindShapes(image);
  ShapesVerdict verdict;
  if (found.shapes.size() == scene.objects.size()) {
    // Which is which: the order in which more is right.
    verdict = Compare(found.shapes, scene);
    std::reverse(found.shapes.begin(), found.shapes.end());
    const ShapesVerdict reversed = Compare(found.shapes, scene);
    if (Rank(reversed) > Rank(verdict)) verdict = reversed;
  } else {
    verdict.relation = scene.objects.size() == 1;
  }
  verdict.background = found.background == scene.background;
  return verdict;
}

}  // namespace unclip::train
