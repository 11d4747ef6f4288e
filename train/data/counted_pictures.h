// A dataset for tests of what reads datasets.
#ifndef UNCLIP_TRAIN_DATA_COUNTED_PICTURES_H_
#define UNCLIP_TRAIN_DATA_COUNTED_PICTURES_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/status_matchers.h"
#include "train/data/dataset.h"
#include "train/data/example_loader.h"

namespace unclip::train {

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

inline ExampleLoaderOptions Small(int batch_size) {
  return {.batch_size = batch_size, .picture_size = 8, .window_side = 8, .seed = 5};
}

inline std::vector<ExampleBatch> ReadBatches(const Dataset& dataset, const ExampleLoaderOptions& options, int count) {
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

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_COUNTED_PICTURES_H_
