#include "train/data/example_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/status_matchers.h"
#include "train/data/counted_pictures.h"
#include "train/data/shapes_world.h"

namespace unclip::train {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

std::vector<std::string> CaptionsOf(const std::vector<ExampleBatch>& batches) {
  std::vector<std::string> captions;
  for (const ExampleBatch& batch : batches) captions.insert(captions.end(), batch.captions.begin(), batch.captions.end());
  return captions;
}

void ExpectSame(const std::vector<ExampleBatch>& first, const std::vector<ExampleBatch>& second) {
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].step, second[i].step);
    EXPECT_EQ(first[i].side, second[i].side);
    EXPECT_EQ(first[i].captions, second[i].captions);
    EXPECT_TRUE(first[i].pixels == second[i].pixels) << "step " << first[i].step;
  }
}

TEST(ExampleLoaderTest, BatchesHoldTheExamplesInTheOrderOfTheirSlots) {
  const std::vector<ExampleBatch> batches = ReadBatches(CountedPictures(0), Small(3), 2);
  ASSERT_EQ(batches.size(), 2);
  EXPECT_EQ(batches[1].step, 1);
  EXPECT_EQ(batches[1].side, 8);
  EXPECT_THAT(batches[1].captions, ElementsAre("3", "4", "5"));
  ASSERT_EQ(batches[1].pixels.size(), 3 * 8 * 8 * 3);
  for (size_t slot = 0; slot < 3; ++slot) {
    const uint8_t* const last_pixel = &batches[1].pixels[(slot * 64 + 63) * 3];
    EXPECT_THAT(std::vector<int>(last_pixel, last_pixel + 3), ElementsAre(7, 7, static_cast<int>(3 + slot)));
  }
}

TEST(ExampleLoaderTest, BatchesDoNotDependOnThreads) {
  const ShapesWorld world(3);
  ExampleLoaderOptions options{.batch_size = 7, .picture_size = 32, .window_side = 12, .flip = true, .seed = 8};
  options.thread_count = 1;
  options.batches_ahead = 1;
  const std::vector<ExampleBatch> expected = ReadBatches(world, options, 9);
  options.thread_count = 5;
  options.batches_ahead = 3;
  ExpectSame(ReadBatches(world, options, 9), expected);
}

TEST(ExampleLoaderTest, ARunThatIsTakenUpAgainSeesWhatItWouldHaveSeen) {
  ExampleLoaderOptions options = Small(4);
  options.window_side = 5;
  const CountedPictures pictures(10);
  std::vector<ExampleBatch> whole = ReadBatches(pictures, options, 8);
  options.first_step = 5;
  whole.erase(whole.begin(), whole.begin() + 5);
  ExpectSame(ReadBatches(pictures, options, 3), whole);
}

TEST(ExampleLoaderTest, RanksDivideWhatOneProcessWouldRead) {
  const CountedPictures pictures(100);
  const std::vector<std::string> together = CaptionsOf(ReadBatches(pictures, Small(6), 4));
  std::vector<std::vector<ExampleBatch>> of_rank;
  for (int rank = 0; rank < 3; ++rank) {
    ExampleLoaderOptions options = Small(2);
    options.world_size = 3;
    options.rank = rank;
    of_rank.push_back(ReadBatches(pictures, options, 4));
  }
  std::vector<std::string> divided;
  for (size_t step = 0; step < 4; ++step) {
    for (const auto& batches : of_rank)
      divided.insert(divided.end(), batches[step].captions.begin(), batches[step].captions.end());
  }
  EXPECT_EQ(divided, together);
}

TEST(ExampleLoaderTest, EachRoundThroughAFiniteDatasetHasAnOrderOfItsOwn) {
  const std::vector<std::string> captions = CaptionsOf(ReadBatches(CountedPictures(50), Small(8), 25));
  ASSERT_EQ(captions.size(), 200);
  std::set<std::vector<std::string>> rounds;
  for (auto begin = captions.begin(); begin != captions.end(); begin += 50) {
    EXPECT_EQ(std::set<std::string>(begin, begin + 50).size(), 50);
    rounds.insert(std::vector<std::string>(begin, begin + 50));
  }
  EXPECT_EQ(rounds.size(), 4);
}

TEST(ExampleLoaderTest, TheSeedChoosesTheOrder) {
  ExampleLoaderOptions options = Small(8);
  const CountedPictures pictures(50);
  const std::vector<std::string> captions = CaptionsOf(ReadBatches(pictures, options, 3));
  options.seed = 6;
  EXPECT_NE(CaptionsOf(ReadBatches(pictures, options, 3)), captions);
}

TEST(ExampleLoaderTest, WindowsReachEveryCornerAtTheAlignment) {
  ExampleLoaderOptions options = Small(100);
  options.picture_size = 14;
  options.window_side = 5;
  options.window_align = 4;
  const std::vector<ExampleBatch> batches = ReadBatches(CountedPictures(0), options, 3);
  std::map<std::pair<int, int>, int> counts;
  for (const ExampleBatch& batch : batches) {
    for (size_t slot = 0; slot < 100; ++slot) ++counts[{batch.pixels[slot * 75], batch.pixels[slot * 75 + 1]}];
  }
  EXPECT_EQ(counts.size(), 9);
  for (const auto& [corner, count] : counts) {
    EXPECT_EQ(corner.first % 4, 0);
    EXPECT_EQ(corner.second % 4, 0);
    EXPECT_LE(std::max(corner.first, corner.second), 8);
    EXPECT_GT(count, 10);
  }
}

TEST(ExampleLoaderTest, FlipMirrorsHalfOfThePictures) {
  ExampleLoaderOptions options = Small(200);
  options.flip = true;
  const CountedPictures pictures(0);
  const std::vector<ExampleBatch> batches = ReadBatches(pictures, options, 1);
  ASSERT_EQ(batches.size(), 1);
  int mirrored = 0;
  for (size_t pixel = 0; pixel < size_t{200} * 64; ++pixel) {
    const uint8_t* const sample = &batches[0].pixels[pixel * 3];
    const uint8_t first_x = batches[0].pixels[pixel / 64 * 64 * 3];
    ASSERT_TRUE(first_x == 0 || first_x == 7);
    ASSERT_EQ(sample[0], first_x == 0 ? pixel % 8 : 7 - pixel % 8);
    ASSERT_EQ(sample[1], pixel / 8 % 8);
    ASSERT_EQ(sample[2], pixel / 64);
    mirrored += pixel % 64 == 0 && first_x == 7;
  }
  EXPECT_NEAR(mirrored, 100, 30);
  EXPECT_EQ(pictures.variants(), static_cast<size_t>(pictures.reads()));
}

TEST(ExampleLoaderTest, ReadsNoFurtherAheadThanAskedFor) {
  const CountedPictures pictures(0);
  {
    ExampleLoaderOptions options = Small(3);
    options.thread_count = 4;
    options.batches_ahead = 5;
    ASSERT_OK_AND_ASSIGN(const auto loader, ExampleLoader::Start(pictures, options));
    pictures.AwaitReads(15);
  }
  EXPECT_EQ(pictures.reads(), 15);
}

TEST(ExampleLoaderTest, EndsWithoutReadingWhatIsLeft) {
  const CountedPictures pictures(0);
  {
    ExampleLoaderOptions options = Small(10'000);
    options.thread_count = 2;
    ASSERT_OK_AND_ASSIGN(const auto loader, ExampleLoader::Start(pictures, options));
    pictures.AwaitReads(1);
  }
  EXPECT_LT(pictures.reads(), 40'000);
}

TEST(ExampleLoaderTest, CountsTheTimeThatItIsWaitedFor) {
  const CountedPictures pictures(0);
  ASSERT_OK_AND_ASSIGN(const auto loader, ExampleLoader::Start(pictures, Small(2)));
  EXPECT_EQ(loader->seconds_waited(), 0);
  ASSERT_OK(loader->Next());
  const double once = loader->seconds_waited();
  EXPECT_GT(once, 0);
  ASSERT_OK(loader->Next());
  EXPECT_GT(loader->seconds_waited(), once);
}

struct BadOption {
  absl::string_view name;
  ExampleLoaderOptions options;
};

TEST(ExampleLoaderTest, RefusesOptionsThatCannotBe) {
  const CountedPictures pictures(0);
  const BadOption bad[] = {
      {"batch_size is 0; it must be 1 to 65536", {.batch_size = 0}},
      {"picture_size is 8193", {.picture_size = 8193}},
      {"picture_size is 0", {.picture_size = 0, .window_side = 0}},
      {"window_side is 65; it must be 1 to 64", {.window_side = 65}},
      {"window_side is 0", {.window_side = 0}},
      {"window_align is 0", {.window_align = 0}},
      {"first_step is -1", {.first_step = -1}},
      {"rank is 2; it must be 0 to 1", {.rank = 2, .world_size = 2}},
      {"rank is -1", {.rank = -1}},
      {"world_size is 0", {.world_size = 0}},
      {"thread_count is 0", {.thread_count = 0}},
      {"batches_ahead is 0", {.batches_ahead = 0}},
  };
  for (const BadOption& option : bad) {
    EXPECT_THAT(ExampleLoader::Start(pictures, option.options),
                StatusIs(absl::StatusCode::kInvalidArgument, StartsWith(std::string(option.name))));
  }
}

}  // namespace
}  // namespace unclip::train
