#include "train/data/scene_sampling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "absl/strings/str_join.h"
#include "train/data/shapes_world.h"

namespace unclip::train {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Gt;
using testing::Key;
using testing::Lt;
using testing::Pair;
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

// How often siblings of scenes with so many objects differ in what.
std::map<std::string, int> CountDifferences(size_t objects, Likeness likeness) {
  Random random(10);
  std::map<std::string, int> found;
  for (int i = 0; i < 4000;) {
    const Scene scene = SampleScene(random);
    if (scene.objects.size() != objects) continue;
    ++i;
    const Scene sibling = SiblingOf(scene, likeness, random);
    ExpectInRanges(sibling);
    ++found[Difference(scene, sibling)];
  }
  return found;
}

TEST(SiblingOfTest, ChangesShapes) {
  const std::map<std::string, int> one = CountDifferences(1, Likeness::kAllButShapes);
  EXPECT_THAT(one, UnorderedElementsAre(Pair("", AllOf(Gt(400), Lt(600))), Pair("first shape", Gt(3400))));
  const std::map<std::string, int> two = CountDifferences(2, Likeness::kAllButShapes);
  EXPECT_THAT(two, UnorderedElementsAre(Key(""), Key("first shape"), Key("second shape"), Key("first shape, second shape"),
                                        Key("shape swapped")));
}

TEST(SiblingOfTest, ChangesTheArrangementOfTwo) {
  const std::map<std::string, int> found = CountDifferences(2, Likeness::kAllButArrangement);
  // Objects that are alike in what is swapped stay as they are.
  EXPECT_THAT(found, UnorderedElementsAre(Pair("", Lt(600)), Pair("relation", Gt(700)), Pair("shape swapped", Gt(150)),
                                          Pair("color swapped", Gt(150)), Pair("size swapped", Gt(90)),
                                          Pair("relation, shape swapped", Gt(500)), Pair("color swapped, relation", Gt(500)),
                                          Pair("relation, size swapped", Gt(300))));
}

TEST(SiblingOfTest, ChangesOneThing) {
  EXPECT_THAT(CountDifferences(1, Likeness::kAllButOneThing),
              UnorderedElementsAre(Pair("background", Gt(1200)), Pair("first color", Gt(1200)), Pair("first size", Gt(1200))));
  EXPECT_THAT(CountDifferences(2, Likeness::kAllButOneThing),
              UnorderedElementsAre(Pair("background", Gt(700)), Pair("first color", Gt(700)), Pair("first size", Gt(700)),
                                   Pair("second color", Gt(700)), Pair("second size", Gt(700))));
}

TEST(ToldForwardTest, TellsTheSameFromTheOtherSide) {
  Random random(13);
  std::set<Relation> relations;
  for (int i = 0; i < 400; ++i) {
    const Scene scene = SampleScene(random);
    const Scene told = ToldForward(scene);
    ExpectInRanges(told);
    // The same objects in the same places, and ExpectInRanges() says that the relation is theirs.
    const auto places = [](const Scene& of) {
      std::set<std::tuple<double, double, Shape, ShapeColor, bool>> found;
      for (const SceneObject& o : of.objects) found.insert({o.x, o.y, o.shape, o.color, o.large});
      return found;
    };
    EXPECT_EQ(places(told), places(scene));
    if (scene.objects.size() == 2) relations.insert(told.relation);
  }
  EXPECT_THAT(relations, UnorderedElementsAre(Relation::kLeftOf, Relation::kAbove));
}

TEST(ChooseLikenessTest, PrefersWhatIsHard) {
  Random random(12);
  std::map<Likeness, int> one, two;
  for (int i = 0; i < 8000; ++i) {
    const Scene scene = SampleScene(random);
    ++(scene.objects.size() == 1 ? one : two)[ChooseLikeness(scene, random)];
  }
  EXPECT_THAT(one, UnorderedElementsAre(Pair(Likeness::kAllButShapes, Gt(2700)), Pair(Likeness::kAllButOneThing, Gt(800))));
  EXPECT_THAT(two, UnorderedElementsAre(Pair(Likeness::kAllButShapes, Gt(1300)), Pair(Likeness::kAllButArrangement, Gt(1300)),
                                        Pair(Likeness::kAllButOneThing, Gt(800))));
}

}  // namespace
}  // namespace unclip::train
