#include "train/data/shapes_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/status_matchers.h"
#include "train/data/test_scenes.h"

namespace unclip::train {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

TEST(CaptionTest, AreTheReferencesWords) {
  const nlohmann::json cases = ReadCases("train/data/testdata/shapes_cases.json");
  ASSERT_EQ(cases.size(), 21);
  for (const nlohmann::json& test_case : cases) {
    const Scene scene = SceneFromJson(test_case["scene"]);
    EXPECT_EQ(FullCaption(scene), test_case["full_caption"].get<std::string>());
    std::set<std::string> said;
    Random random(5);
    for (int i = 0; i < 600; ++i) said.insert(RandomCaption(scene, random));
    EXPECT_EQ(said, test_case["captions"].get<std::set<std::string>>());
  }
}

TEST(CaptionTest, SaysSizesAndBackgroundMoreOftenThanNot) {
  const Scene scene{.background = Background::kPink, .objects = {{.color = ShapeColor::kOrange, .large = true}}};
  Random random(6);
  std::map<std::string, int> counts;
  for (int i = 0; i < 10'000; ++i) ++counts[RandomCaption(scene, random)];
  EXPECT_NEAR(counts["a large orange circle on a pink background"], 4900, 200);
  EXPECT_NEAR(counts["an orange circle on a pink background"], 2100, 200);
  EXPECT_NEAR(counts["a large orange circle"], 2100, 200);
  EXPECT_NEAR(counts["an orange circle"], 900, 200);
}

TEST(SampleSceneTest, ReachesEveryChoice) {
  Random random(7);
  std::set<Shape> shapes;
  std::set<ShapeColor> colors;
  std::set<Background> backgrounds;
  std::set<Relation> relations;
  int singles = 0, large = 0, objects = 0;
  for (int i = 0; i < 4000; ++i) {
    const Scene scene = SampleScene(random);
    backgrounds.insert(scene.background);
    singles += scene.objects.size() == 1;
    if (scene.objects.size() == 2) relations.insert(scene.relation);
    for (const SceneObject& object : scene.objects) {
      shapes.insert(object.shape);
      colors.insert(object.color);
      ++objects;
      large += object.large;
    }
  }
  EXPECT_EQ(shapes.size(), kShapeCount);
  EXPECT_EQ(colors.size(), kShapeColorCount);
  EXPECT_EQ(backgrounds.size(), kBackgroundCount);
  EXPECT_EQ(relations.size(), kRelationCount);
  EXPECT_NEAR(singles, 2000, 200);
  EXPECT_NEAR(large, objects * 0.5, 250);
}

TEST(SampleSceneTest, KeepsTheReferencesRanges) {
  Random random(8);
  for (int i = 0; i < 4000; ++i) {
    const Scene scene = SampleScene(random);
    const bool single = scene.objects.size() == 1;
    ASSERT_THAT(scene.objects.size(), AnyOf(1, 2));
    for (const SceneObject& object : scene.objects) {
      EXPECT_NE(NameOf(object.color), NameOf(scene.background));
      if (single) {
        EXPECT_NEAR(object.radius, object.large ? 0.36 : 0.17, 0.015);
        EXPECT_NEAR(object.x, 0.5, 0.06);
        EXPECT_NEAR(object.y, 0.5, 0.06);
      } else {
        EXPECT_NEAR(object.radius, object.large ? 0.22 : 0.13, 0.01);
      }
    }
    if (single) continue;
    const SceneObject &first = scene.objects[0], &second = scene.objects[1];
    const bool across = scene.relation == Relation::kLeftOf || scene.relation == Relation::kRightOf;
    const bool first_is_low = scene.relation == Relation::kLeftOf || scene.relation == Relation::kAbove;
    EXPECT_NEAR(across ? first.x : first.y, first_is_low ? 0.26 : 0.74, 0.02) << FullCaption(scene);
    EXPECT_NEAR(across ? second.x : second.y, first_is_low ? 0.74 : 0.26, 0.02) << FullCaption(scene);
    EXPECT_NEAR(across ? first.y : first.x, 0.5, 0.08);
    EXPECT_NEAR(across ? second.y : second.x, 0.5, 0.08);
  }
}

// A run that is taken up again, on another machine even, sees the scenes that it would have seen.
TEST(ShapesWorldTest, ScenesAreTheSameInEveryProcess) {
  const ShapesWorld world(42);
  EXPECT_EQ(world.Name(0), "a large yellow square on a pink background");
  EXPECT_EQ(world.Name(1), "a small orange ring on a gray background");
  EXPECT_EQ(world.Name(1'000'000'007), "a large black circle on a pink background");
  EXPECT_EQ(ShapesWorld(43).Name(0), "a large blue triangle below a large purple cross on a gray background");
}

TEST(ShapesWorldTest, ReadsTheSceneAtThePlace) {
  const ShapesWorld world(1);
  EXPECT_EQ(world.size(), 0);
  const Window window{.size = 64, .side = 32, .x = 16, .y = 8};
  ASSERT_OK_AND_ASSIGN(const Example example, world.Read(77, 3, window));
  EXPECT_EQ(example.image.pixels, DrawScene(world.SceneAt(77), window).pixels);
  ASSERT_OK_AND_ASSIGN(const Example again, world.Read(77, 3, window));
  EXPECT_EQ(again.image.pixels, example.image.pixels);
  EXPECT_EQ(again.caption, example.caption);
}

TEST(ShapesWorldTest, TheVariantChangesTheCaptionOnly) {
  const ShapesWorld world(1);
  const Window window{.size = 16, .side = 16};
  std::set<std::string> captions;
  std::set<std::vector<uint8_t>> pictures;
  for (uint64_t variant = 0; variant < 50; ++variant) {
    ASSERT_OK_AND_ASSIGN(const Example example, world.Read(5, variant, window));
    captions.insert(example.caption);
    pictures.insert(example.image.pixels);
  }
  EXPECT_GE(captions.size(), 4);
  EXPECT_TRUE(captions.contains(world.Name(5)));
  EXPECT_EQ(pictures.size(), 1);
}

TEST(ShapesWorldTest, RefusesAWindowOutsideOfThePicture) {
  EXPECT_THAT(ShapesWorld(1).Read(0, 0, {.size = 64, .side = 32, .x = 33}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("(33, 0)")));
}

}  // namespace
}  // namespace unclip::train
