#include "train/data/example_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "base/status_matchers.h"
#include "train/data/shapes_world.h"

namespace unclip::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// Pictures whose pixels are (x, y, index) and captions that are the index. Some of them are bad.
class CountedPictures : public Dataset {
 public:
  explicit CountedPictures(
      int64_t size, std::function<bool(int64_t)> is_bad = [](int64_t) { return false; })
      : size_(size), is_bad_(std::move(is_bad)) {}

  int64_t size() const override { return size_; }
  std::string Name(int64_t index) const override { return absl::StrCat("picture ", index); }

  absl::StatusOr<Example> Read(int64_t index, uint64_t variant, const Window& window) const override {
    {
      absl::MutexLock lock(&mutex_);
      ++reads_;
    }
    if (is_bad_(index)) return absl::InvalidArgumentError("is broken");
    EXPECT_OK(CheckWindow(window));
    Example example{.image = {.width = window.side, .height = window.side, .pixels = {}}, .caption = absl::StrCat(index)};
    for (int y = window.y; y < window.y + window.side; ++y) {
      for (int x = window.x; x < window.x + window.side; ++x) {
        for (const int64_t sample : {int64_t{x}, int64_t{y}, index}) example.image.pixels.push_back(static_cast<uint8_t>(sample));
      }
    }
    variants_.Insert(variant);
    return example;
  }

  int reads() const {
    absl::MutexLock lock(&mutex_);
    return reads_;
  }

  void AwaitReads(int count) const {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return reads_ >= count; };
    mutex_.Await(absl::Condition(&enough));
  }

  size_t variants() const { return variants_.size(); }

 private:
  class LockedSet {
   public:
    void Insert(uint64_t value) {
      absl::MutexLock lock(&mutex_);
      values_.insert(value);
    }
    size_t size() const {
      absl::MutexLock lock(&mutex_);
      return values_.size();
    }

   private:
    mutable absl::Mutex mutex_;
    std::set<uint64_t> values_ ABSL_GUARDED_BY(mutex_);
  };

  const int64_t size_;
  const std::function<bool(int64_t)> is_bad_;
  mutable absl::Mutex mutex_;
  mutable int reads_ ABSL_GUARDED_BY(mutex_) = 0;
  mutable LockedSet variants_;
};

ExampleLoaderOptions Small(int batch_size) { return {.batch_size = batch_size, .picture_size = 8, .window_side = 8, .seed = 5}; }

std::vector<ExampleBatch> ReadBatches(const Dataset& dataset, const ExampleLoaderOptions& options, int count) {
  std::vector<ExampleBatch> batches;
  auto loader = ExampleLoader::Start(dataset, options);
  EXPECT_OK(loader);
  for (int i = 0; loader.ok() && i < count; ++i) {
    absl::StatusOr<ExampleBatch> batch = (*loader)->Next();
    EXPECT_OK(batch);
    if (batch.ok()) batches.push_back(*std::move(batch));
  }
  return batches;
}

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

TEST(ExampleLoaderTest, TheNextInTheOrderStandsInForABadOne) {
  const CountedPictures pictures(0, [](int64_t index) { return index % 4 == 1 || index == 6; });
  for (const int threads : {1, 4}) {
    ExampleLoaderOptions options = Small(4);
    options.thread_count = threads;
    ASSERT_OK_AND_ASSIGN(const auto loader, ExampleLoader::Start(pictures, options));
    ASSERT_OK_AND_ASSIGN(const ExampleBatch first, loader->Next());
    EXPECT_THAT(first.captions, ElementsAre("0", "2", "2", "3"));
    EXPECT_EQ(loader->skipped().count, 1);
    ASSERT_OK_AND_ASSIGN(const ExampleBatch second, loader->Next());
    EXPECT_THAT(second.captions, ElementsAre("4", "7", "7", "7"));
    EXPECT_EQ(loader->skipped().count, 4);
    EXPECT_THAT(loader->skipped().names, ElementsAre("picture 1: is broken", "picture 5: is broken", "picture 6: is broken"));
  }
}

TEST(ExampleLoaderTest, ManyBadOnesAreCountedButNotAllNamed) {
  const CountedPictures pictures(60, [](int64_t index) { return index % 2 == 0; });
  ASSERT_OK_AND_ASSIGN(const auto loader, ExampleLoader::Start(pictures, Small(60)));
  for (int i = 0; i < 3; ++i) ASSERT_OK(loader->Next());
  const SkippedExamples skipped = loader->skipped();
  EXPECT_GE(skipped.count, 90);
  EXPECT_EQ(skipped.names.size(), SkippedExamples::kMaxNames);
  EXPECT_EQ(std::set<std::string>(skipped.names.begin(), skipped.names.end()).size(), SkippedExamples::kMaxNames);
}

TEST(ExampleLoaderTest, FailsForGoodWhereNothingCanBeRead) {
  const CountedPictures pictures(0, [](int64_t index) { return index >= 6; });
  ExampleLoaderOptions options = Small(4);
  options.thread_count = 3;
  ASSERT_OK_AND_ASSIGN(const auto loader, ExampleLoader::Start(pictures, options));
  ASSERT_OK(loader->Next());
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(loader->Next(), StatusIs(absl::StatusCode::kDataLoss,
                                         "none of 100 examples in a row could be read; the last one: "
                                         "picture 105: is broken"));
  }
  EXPECT_EQ(loader->skipped().count, 100);
  EXPECT_LE(pictures.reads(), 6 + 4 * 100);
}

TEST(ExampleLoaderTest, APictureOfAnotherSizeThanAskedForIsBad) {
  class Wrong : public CountedPictures {
   public:
    Wrong() : CountedPictures(0) {}
    absl::StatusOr<Example> Read(int64_t index, uint64_t variant, const Window& window) const override {
      if (index == 0) return Example{.image = {.width = 4, .height = 4, .pixels = std::vector<uint8_t>(48)}, .caption = ""};
      return CountedPictures::Read(index, variant, window);
    }
  };
  const Wrong wrong;
  ASSERT_OK_AND_ASSIGN(const auto loader, ExampleLoader::Start(wrong, Small(1)));
  ASSERT_OK_AND_ASSIGN(const ExampleBatch batch, loader->Next());
  EXPECT_THAT(batch.captions, ElementsAre("1"));
  EXPECT_THAT(loader->skipped().names, ElementsAre(HasSubstr("picture 0: the dataset gave 4x4 pixels")));
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
