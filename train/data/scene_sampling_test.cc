#include "train/data/scene_sampling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "absl/strings/str_join.h"
#include "train/data/shapes_world.h"

namespace unclip::train {
namespace {

using testing::AnyOf;
using testing::Key;
using testing::UnorderedElementsAre;

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

void ExpectInRanges(const Scene& scene) {
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
  if (single) return;
  const SceneObject &first = scene.objects[0], &second = scene.objects[1];
  const bool across = scene.relation == Relation::kLeftOf || scene.relation == Relation::kRightOf;
  const bool first_is_low = scene.relation == Relation::kLeftOf || scene.relation == Relation::kAbove;
  EXPECT_NEAR(across ? first.x : first.y, first_is_low ? 0.26 : 0.74, 0.02) << FullCaption(scene);
  EXPECT_NEAR(across ? second.x : second.y, first_is_low ? 0.74 : 0.26, 0.02) << FullCaption(scene);
  EXPECT_NEAR(across ? first.y : first.x, 0.5, 0.08);
  EXPECT_NEAR(across ? second.y : second.x, 0.5, 0.08);
}

TEST(SampleSceneTest, KeepsTheReferencesRanges) {
  Random random(8);
  for (int i = 0; i < 4000; ++i) ExpectInRanges(SampleScene(random));
}

// What of `b` is not as in `a`; a swap is named as one.
std::string Difference(const Scene& a, const Scene& b) {
  std::set<std::string> found;
  if (a.background != b.background) found.insert("background");
  if (a.objects.size() == 2 && a.relation != b.relation) found.insert("relation");
  const auto compare = [&](const std::string& name, auto member) {
    const bool first = a.objects[0].*member != b.objects[0].*member;
    const bool second = a.objects.size() == 2 && a.objects[1].*member != b.objects[1].*member;
    if (first && second && a.objects[0].*member == b.objects[1].*member && a.objects[1].*member == b.objects[0].*member) {
      found.insert(name + " swapped");
    } else {
      if (first) found.insert("first " + name);
      if (second) found.insert("second " + name);
    }
  };
  compare("shape", &SceneObject::shape);
  compare("color", &SceneObject::color);
  compare("size", &SceneObject::large);
  return absl::StrJoin(found, ", ");
}

TEST(SiblingOfTest, ChangesOneThingAndReachesEach) {
  Random random(10);
  std::map<std::string, int> one, two;
  for (int i = 0; i < 6000; ++i) {
    const Scene scene = SampleScene(random);
    const Scene sibling = SiblingOf(scene, random);
    ASSERT_EQ(sibling.objects.size(), scene.objects.size());
    for (const SceneObject& object : sibling.objects) ASSERT_NE(NameOf(object.color), NameOf(sibling.background));
    ++(scene.objects.size() == 1 ? one : two)[Difference(scene, sibling)];
  }
  EXPECT_THAT(one, UnorderedElementsAre(Key("background"), Key("first shape"), Key("first color"), Key("first size")));
  // Where the objects are alike in what is swapped, nothing changes.
  EXPECT_THAT(two, UnorderedElementsAre(Key(""), Key("background"), Key("relation"), Key("first shape"), Key("first color"),
                                        Key("first size"), Key("second shape"), Key("second color"), Key("second size"),
                                        Key("shape swapped"), Key("color swapped"), Key("size swapped")));
  EXPECT_LT(two[""], 600);
  for (const auto& [what, count] : two) EXPECT_GT(count, 60) << what;
}

TEST(SiblingOfTest, KeepsTheReferencesRanges) {
  Random random(11);
  for (int i = 0; i < 2000; ++i) ExpectInRanges(SiblingOf(SampleScene(random), random));
}

}  // namespace
}  // namespace unclip::train
