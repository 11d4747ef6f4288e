#include "model/caching_allocator.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

namespace unclip::model {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

class CachingAllocatorTest : public testing::Test {
 protected:
  CachingAllocator allocator_{16 * kMiB};
};

TEST_F(CachingAllocatorTest, HandsOutAgainWhatWasFreed) {
  const void* first = nullptr;
  {
    const c10::DataPtr data = allocator_.allocate(2 * kMiB);
    first = data.get();
    std::memset(data.get(), 1, 2 * kMiB);
    EXPECT_EQ(allocator_.kept_bytes(), 0);
  }
  EXPECT_GE(allocator_.kept_bytes(), 2 * kMiB);
  const c10::DataPtr again = allocator_.allocate(2 * kMiB);
  EXPECT_EQ(again.get(), first);
  EXPECT_EQ(allocator_.kept_bytes(), 0);
}

TEST_F(CachingAllocatorTest, AStepLikeTheOneBeforeTakesNoNewMemory) {
  const auto step = [this] {
    std::vector<c10::DataPtr> held;
    for (const size_t size : {3 * kMiB, kMiB, 5 * kMiB, 2 * kMiB}) {
      held.push_back(allocator_.allocate(size));
      allocator_.allocate(size / 2).clear();
      if (held.size() == 2) held.front().clear();
    }
  };
  step();
  const CachingAllocator::Counts before = allocator_.counts();
  for (int i = 0; i < 3; ++i) step();
  EXPECT_EQ(allocator_.counts().requests - before.requests, 24);
  EXPECT_EQ(allocator_.counts().new_blocks, before.new_blocks);
  EXPECT_EQ(allocator_.counts().new_bytes, before.new_bytes);
}

TEST_F(CachingAllocatorTest, SmallBlocksShareAPlaceThatALargeOneLeft) {
  allocator_.allocate(8 * kMiB).clear();
  const CachingAllocator::Counts before = allocator_.counts();
  const c10::DataPtr first = allocator_.allocate(3 * kMiB), second = allocator_.allocate(4 * kMiB);
  EXPECT_EQ(allocator_.counts().new_blocks, before.new_blocks);
}

TEST_F(CachingAllocatorTest, KeepsNoMoreThanItMay) {
  {
    std::vector<c10::DataPtr> held;
    for (int i = 0; i < 5; ++i) held.push_back(allocator_.allocate(6 * kMiB));
  }
  EXPECT_EQ(allocator_.kept_bytes(), 16 * kMiB);
  allocator_.Trim();
  EXPECT_EQ(allocator_.kept_bytes(), 0);
}

TEST_F(CachingAllocatorTest, LeavesWhatIsInUseAloneWhenItGivesBack) {
  c10::DataPtr low = allocator_.allocate(20 * kMiB), high = allocator_.allocate(kMiB);
  std::memset(high.get(), 7, kMiB);
  low.clear();
  EXPECT_GE(allocator_.kept_bytes(), 20 * kMiB) << "only the end can be given back";
  allocator_.Trim();
  EXPECT_EQ(static_cast<char*>(high.get())[kMiB - 1], 7);
  const c10::DataPtr again = allocator_.allocate(20 * kMiB);
  EXPECT_EQ(static_cast<char*>(again.get())[0], 0);
}

TEST_F(CachingAllocatorTest, LeavesSmallTensorsAlone) {
  {
    const c10::DataPtr small = allocator_.allocate(CachingAllocator::kSmallestKept / 2);
  }
  {
    const c10::DataPtr none = allocator_.allocate(0);
  }
  EXPECT_EQ(allocator_.kept_bytes(), 0);
}

TEST_F(CachingAllocatorTest, TellsWhatIsHandedOutAndTheMostThatWas) {
  const c10::DataPtr held = allocator_.allocate(kMiB);
  const size_t before = allocator_.live_bytes();
  EXPECT_GE(before, kMiB);
  {
    const c10::DataPtr large = allocator_.allocate(8 * kMiB);
    const c10::DataPtr small = allocator_.allocate(100);
  }
  EXPECT_EQ(allocator_.live_bytes(), before);
  EXPECT_GE(allocator_.peak_bytes(), before + 8 * kMiB);
  allocator_.StartPeak();
  EXPECT_EQ(allocator_.peak_bytes(), before);
  {
    const c10::DataPtr again = allocator_.allocate(8 * kMiB);  // a kept block counts as well
  }
  EXPECT_GE(allocator_.peak_bytes(), before + 8 * kMiB);
}

TEST_F(CachingAllocatorTest, AlignsForVectorInstructions) {
  for (const size_t size : {size_t{1}, CachingAllocator::kSmallestKept, size_t{100'001}, 9 * kMiB + 1}) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(allocator_.allocate(size).get()) % 64, 0) << size;
  }
}

TEST_F(CachingAllocatorTest, ServesLibTorchsRawInterface) {
  void* const data = allocator_.raw_allocate(kMiB);
  std::memset(data, 1, kMiB);
  allocator_.raw_deallocate(data);
  EXPECT_GE(allocator_.kept_bytes(), kMiB);
}

TEST_F(CachingAllocatorTest, LaysWeightsSideBySideWhileLoading) {
  c10::DataPtr first, second, after;
  {
    const CachingAllocator::Loading loading(allocator_);
    first = allocator_.allocate(5 * kMiB);
    second = allocator_.allocate(kMiB);
  }
  EXPECT_EQ(static_cast<char*>(second.get()) - static_cast<char*>(first.get()), 5 * kMiB + 64);
  std::memset(second.get(), 1, kMiB);
  second.clear();
  EXPECT_EQ(allocator_.kept_bytes(), 0);
  after = allocator_.allocate(kMiB);
  after.clear();
  EXPECT_GE(allocator_.kept_bytes(), kMiB);
}

TEST_F(CachingAllocatorTest, TakesBackFromAnyThread) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 1000; ++i) {
        c10::DataPtr data = allocator_.allocate(kMiB + 4096 * static_cast<size_t>(i % 7));
        static_cast<char*>(data.get())[i] = 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(allocator_.kept_bytes(), 16 * kMiB);
}

}  // namespace
}  // namespace unclip::model
