#include "train/data/shapes_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/data/scene_drawing.h"
#include "train/data/shape_distance.h"
#include "train/data/shapes_world.h"
#include "train/data/test_scenes.h"

namespace unclip::train {
namespace {

std::vector<std::string> WhatIsRight(const ShapesVerdict& verdict) {
  std::vector<std::string> right;
  if (verdict.count) right.push_back("count");
  if (verdict.background) right.push_back("background");
  if (verdict.color) right.push_back("color");
  if (verdict.shape) right.push_back("shape");
  if (verdict.size) right.push_back("size");
  if (verdict.relation) right.push_back("relation");
  return right;
}

TEST(JudgeShapesTest, EqualsTheReferenceOnWrongAndDamagedPictures) {
  const nlohmann::json cases = ReadCases("train/data/testdata/judge_cases.json");
  ASSERT_EQ(cases.size(), 41);
  for (size_t i = 0; i < cases.size(); ++i) {
    const RgbImage image = ImageFromJson(cases[i]["png"]);
    for (const nlohmann::json& verdict : cases[i]["verdicts"]) {
      const Scene scene = SceneFromJson(verdict["scene"]);
      EXPECT_EQ(WhatIsRight(JudgeShapes(image, scene)), verdict["right"].get<std::vector<std::string>>())
          << cases[i]["name"] << " in case " << i << " as " << FullCaption(scene);
    }
  }
}

// Large shapes may touch, and are one thing then, to the reference as well.
bool ShapesTouch(const Scene& scene, int size) {
  if (scene.objects.size() < 2) return false;
  const SceneObject &first = scene.objects[0], &second = scene.objects[1];
  const double distance = std::max(std::abs(first.x - second.x), std::abs(first.y - second.y));
  return distance < ShapeReach(first.radius, 0) + ShapeReach(second.radius, 0) + 1.0 / size;
}

TEST(JudgeShapesTest, AllIsRightWithWhatIsDrawn) {
  const ShapesWorld world(17);
  for (const int size : {64, 128}) {
    int judged = 0;
    for (int64_t index = 0; index < 1500; ++index) {
      const Scene scene = world.SceneAt(index);
      if (ShapesTouch(scene, size)) continue;
      EXPECT_TRUE(JudgeShapes(DrawScene(scene, {.size = size, .side = size}), scene).all())
          << FullCaption(scene) << " at " << size << ", scene " << index;
      ++judged;
    }
    EXPECT_GT(judged, 1300);
  }
}

TEST(JudgeShapesTest, NothingIsRightWithWhatIsNoSquarePicture) {
  const Scene scene = ShapesWorld(1).SceneAt(0);
  const RgbImage bad[] = {{},
                          {.width = 4, .height = 5, .pixels = std::vector<uint8_t>(60)},
                          {.width = 4, .height = 4, .pixels = std::vector<uint8_t>(47)},
                          {.width = -4, .height = -4, .pixels = std::vector<uint8_t>(48)}};
  for (const RgbImage& image : bad) EXPECT_THAT(WhatIsRight(JudgeShapes(image, scene)), testing::IsEmpty());
}

TEST(JudgeShapesTest, APictureOfOnePixelHasABackgroundOnly) {
  const RgbImage pixel{.width = 1, .height = 1, .pixels = {20, 20, 20}};
  const Scene scene{.background = Background::kBlack, .objects = {{}}};
  EXPECT_THAT(WhatIsRight(JudgeShapes(pixel, scene)), testing::ElementsAre("background", "relation"));
}

}  // namespace
}  // namespace unclip::train
