#include "train/data/scene_drawing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "train/data/shape_distance.h"
#include "train/data/test_scenes.h"

namespace unclip::train {
namespace {

Scene TwoShapes(Shape first, Shape second) {
  return {.background = Background::kGray,
          .objects = {{.shape = first, .color = ShapeColor::kRed, .large = true, .x = 0.31, .y = 0.46, .radius = 0.37},
                      {.shape = second, .color = ShapeColor::kYellow, .large = false, .x = 0.66, .y = 0.58, .radius = 0.21}},
          .relation = Relation::kLeftOf};
}

TEST(DrawSceneTest, EqualsTheReferenceToRounding) {
  const nlohmann::json cases = ReadCases("train/data/testdata/shapes_cases.json");
  ASSERT_EQ(cases.size(), 21);
  size_t different = 0, all = 0;
  for (const nlohmann::json& test_case : cases) {
    SCOPED_TRACE(test_case["full_caption"]);
    const RgbImage expected = ImageFromJson(test_case["png"]);
    const int size = test_case["size"];
    const RgbImage image = DrawScene(SceneFromJson(test_case["scene"]), {.size = size, .side = size});
    ASSERT_EQ(image.width, expected.width);
    ASSERT_EQ(image.height, expected.height);
    ASSERT_EQ(image.pixels.size(), expected.pixels.size());
    for (size_t i = 0; i < image.pixels.size(); ++i) {
      ASSERT_LE(std::abs(image.pixels[i] - expected.pixels[i]), 1) << "sample " << i;
      different += image.pixels[i] != expected.pixels[i];
    }
    all += image.pixels.size();
  }
  EXPECT_LE(different, all / 10'000);
}

TEST(DrawSceneTest, AWindowIsThatPartOfThePicture) {
  for (int shape = 0; shape < kShapeCount; ++shape) {
    const Scene scene = TwoShapes(static_cast<Shape>(shape), static_cast<Shape>((shape + 3) % kShapeCount));
    const RgbImage whole = DrawScene(scene, {.size = 90, .side = 90});
    for (const Window& window : {Window{.size = 90, .side = 32, .x = 0, .y = 0}, Window{.size = 90, .side = 32, .x = 58, .y = 17},
                                 Window{.size = 90, .side = 1, .x = 30, .y = 40}}) {
      SCOPED_TRACE(absl::StrCat(shape, " at ", window.x, ", ", window.y));
      const RgbImage part = DrawScene(scene, window);
      ASSERT_EQ(part.width, window.side);
      ASSERT_EQ(part.height, window.side);
      for (int y = 0; y < window.side; ++y) {
        const auto row = whole.pixels.begin() + ptrdiff_t{3} * ((window.y + y) * 90 + window.x);
        ASSERT_TRUE(std::equal(row, row + ptrdiff_t{3} * window.side, part.pixels.begin() + ptrdiff_t{3} * y * window.side));
      }
    }
  }
}

TEST(DrawSceneTest, ShapesOutsideOfThePictureLeaveItsBackground) {
  Scene scene = TwoShapes(Shape::kStar, Shape::kHeart);
  scene.objects[0].x = 1e12;
  scene.objects[1].y = -5;
  const RgbImage image = DrawScene(scene, {.size = 16, .side = 16});
  EXPECT_EQ(image.pixels, std::vector<uint8_t>(size_t{16} * 16 * 3, 150));
}

TEST(ShapeReachTest, NoShapeLeavesAMarkBeyondIt) {
  std::vector<double> x;
  for (double at = -2; at < 2; at += 0.01) x.push_back(at);
  std::vector<double> distances(x.size());
  for (int shape = 0; shape < kShapeCount; ++shape) {
    for (const double margin : {0.002, 0.05, 0.2}) {
      const double reach = ShapeReach(0.7, margin);
      for (const double y : x) {
        ShapeDistances(static_cast<Shape>(shape), x, y, 0.7, absl::MakeSpan(distances));
        for (size_t i = 0; i < x.size(); ++i) {
          const bool far = std::max(std::abs(x[i]), std::abs(y)) >= reach;
          ASSERT_FALSE(far && distances[i] < margin) << shape << " margin " << margin << " at " << x[i] << ", " << y;
        }
      }
    }
  }
}

}  // namespace
}  // namespace unclip::train
