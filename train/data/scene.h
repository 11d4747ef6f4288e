// What a picture of the shapes world shows.
#ifndef UNCLIP_TRAIN_DATA_SCENE_H_
#define UNCLIP_TRAIN_DATA_SCENE_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace unclip::train {

// Source: tests/world/world.py, whose names, colours and order these are.
enum class Shape { kCircle, kSquare, kTriangle, kDiamond, kRing, kCross, kStar, kHeart };
enum class ShapeColor { kRed, kOrange, kYellow, kGreen, kBlue, kPurple, kBlack, kWhite };
enum class Background { kWhite, kBlack, kGray, kPink, kCyan };
enum class Relation { kLeftOf, kRightOf, kAbove, kBelow };

inline constexpr int kShapeCount = 8;
inline constexpr int kShapeColorCount = 8;
inline constexpr int kBackgroundCount = 5;
inline constexpr int kRelationCount = 4;

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
  std::vector<SceneObject> objects;       // one or two
  Relation relation = Relation::kLeftOf;  // of the first to the second, where there are two
};

// As captions have them: "circle", "red", "white", "left of".
absl::string_view NameOf(Shape shape);
absl::string_view NameOf(ShapeColor color);
absl::string_view NameOf(Background background);
absl::string_view NameOf(Relation relation);

// Red, green, blue.
using Rgb = std::array<uint8_t, 3>;
Rgb RgbOf(ShapeColor color);
Rgb RgbOf(Background background);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SCENE_H_
