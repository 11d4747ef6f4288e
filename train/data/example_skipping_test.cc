#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/status_matchers.h"
#include "train/data/counted_pictures.h"
#include "train/data/dataset.h"
#include "train/data/example_loader.h"

namespace unclip::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ExampleSkippingTest, TheNextInTheOrderStandsInForABadOne) {
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

TEST(ExampleSkippingTest, ManyBadOnesAreCountedButNotAllNamed) {
  const CountedPictures pictures(60, [](int64_t index) { return index % 2 == 0; });
  ASSERT_OK_AND_ASSIGN(const auto loader, ExampleLoader::Start(pictures, Small(60)));
  for (int i = 0; i < 3; ++i) ASSERT_OK(loader->Next());
  const SkippedExamples skipped = loader->skipped();
  EXPECT_GE(skipped.count, 90);
  EXPECT_EQ(skipped.names.size(), SkippedExamples::kMaxNames);
  EXPECT_EQ(std::set<std::string>(skipped.names.begin(), skipped.names.end()).size(), SkippedExamples::kMaxNames);
}

TEST(ExampleSkippingTest, FailsForGoodWhereNothingCanBeRead) {
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

TEST(ExampleSkippingTest, APictureOfAnotherSizeThanAskedForIsBad) {
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

}  // namespace
}  // namespace unclip::train
