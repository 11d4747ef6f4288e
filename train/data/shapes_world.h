// The shapes world: captioned pictures of one or two shapes on a plain background, drawn as they are asked for.
#ifndef UNCLIP_TRAIN_DATA_SHAPES_WORLD_H_
#define UNCLIP_TRAIN_DATA_SHAPES_WORLD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/strings/string_view.h"
#include "common/image/rgb_image.h"
#include "train/data/dataset.h"

namespace unclip::train {

// Source: tests/world/world.py, which this draws like, to the pixel (the random choices differ).
enum class Shape { kCircle, kSquare, kTriangle, kDiamond, kRing, kCross, kStar, kHeart };
enum class ShapeColor { kRed, kOrange, kYellow, kGreen, kBlue, kPurple, kBlack, kWhite };
enum class Background { kWhite, kBlack, kGray, kPink, kCyan };
enum class Relation { kLeftOf, kRightOf, kAbove, kBelow };

struct SceneObject {
  Shape shape = Shape::kCircle;
  ShapeColor color = ShapeColor::kRed;
  bool large = false;
  // Of the picture's side, from the top left.
  double x = 0.5;
  double y = 0.5;
  double radius = 0.2;
};

struct Scene {
  Background background = Background::kWhite;
  std::vector<SceneObject> objects;  // one or two
  Relation relation = Relation::kLeftOf;  // of the first to the second, where there are two
};

// A random scene, with the choices and ranges of sample_scene() in world.py.
Scene SampleScene(absl::BitGenRef random);

// What the scene shows: everything, or with sizes and background left out at random.
std::string FullCaption(const Scene& scene);
std::string RandomCaption(const Scene& scene, absl::BitGenRef random);

// The window of the scene's picture.
RgbImage DrawScene(const Scene& scene, const Window& window);

// Scenes without end: the one at `index` is a function of seed and index. `variant` chooses what its caption leaves out.
class ShapesWorld : public Dataset {
 public:
  explicit ShapesWorld(uint64_t seed) : seed_(seed) {}

  Scene SceneAt(int64_t index) const;

  int64_t size() const override { return 0; }
  absl::StatusOr<Example> Read(int64_t index, uint64_t variant, const Window& window) const override;
  std::string Name(int64_t index) const override;

 private:
  const uint64_t seed_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SHAPES_WORLD_H_
