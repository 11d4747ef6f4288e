#include "train/data/shapes_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "base/status_matchers.h"
#include "train/data/test_scenes.h"

namespace unclip::train {
namespace {

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

// That each differs from the first in one thing is SiblingOf()'s test.
TEST(ShapesWorldTest, SiblingsAreNeighboursOfWhichTheFirstIsTheScene) {
  const ShapesWorld world(42, 4), alone(42);
  EXPECT_EQ(world.Name(0), alone.Name(0));
  EXPECT_EQ(world.Name(4), alone.Name(1));
  EXPECT_EQ(world.Name(1), "a large yellow triangle on a pink background");
  EXPECT_EQ(world.Name(2), "a large yellow ring on a pink background");
  EXPECT_EQ(world.Name(3), "a large yellow square on a pink background");
}

TEST(ShapesWorldTest, TellsAShareOfTheScenesForward) {
  const auto backward = [](double forward) {
    const ShapesWorld world(3, 1, forward);
    int count = 0;
    for (int64_t i = 0; i < 2000; ++i) {
      count += absl::StrContains(world.Name(i), " right of ") || absl::StrContains(world.Name(i), " below ");
    }
    return count;
  };
  EXPECT_NEAR(backward(0), 500, 60);
  EXPECT_NEAR(backward(0.6), 200, 40);
  EXPECT_EQ(backward(1), 0);
}

TEST(ShapesWorldTest, CaptionsOfSiblingsLeaveOutTheSame) {
  const ShapesWorld world(9, 8);
  const Window window{.size = 16, .side = 16};
  for (int64_t first = 0; first < 400; first += 8) {
    std::set<size_t> words;
    for (int64_t i = first; i < first + 8; ++i) {
      ASSERT_OK_AND_ASSIGN(const Example example, world.Read(i, /*variant=*/static_cast<uint64_t>(i), window));
      std::vector<std::string> all = absl::StrSplit(example.caption, ' ');
      // "to the left of" and "above" are both a relation.
      words.insert(all.size() - 3 * static_cast<size_t>(absl::StrContains(example.caption, " to the ")));
    }
    EXPECT_EQ(words.size(), 1) << world.Name(first);
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
