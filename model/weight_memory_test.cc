#include "model/weight_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace unclip::model {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(WeightMemoryTest, LaysBlocksSideBySideFromAHugePageOn) {
  WeightMemory memory;
  const WeightMemory::Block first = memory.Allocate(64), second = memory.Allocate(5 * kMiB), third = memory.Allocate(128);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first.data) % HugePages::kSize, 0);
  EXPECT_EQ(second.data, first.data + 64);
  EXPECT_EQ(third.data, second.data + 5 * kMiB);
  std::memset(second.data, 1, 5 * kMiB);
  EXPECT_EQ(std::to_integer<int>(third.data[0]), 0);
  EXPECT_EQ(memory.chunk_count(), 1);
}

TEST(WeightMemoryTest, UsesABlockAgainThatIsFreedBeforeTheNext) {
  WeightMemory memory;
  memory.Allocate(64);
  const WeightMemory::Block temporary = memory.Allocate(kMiB);
  memory.Free(temporary, kMiB);
  EXPECT_EQ(memory.Allocate(2 * kMiB).data, temporary.data);
}

TEST(WeightMemoryTest, HoldsABlockLargerThanAChunk) {
  WeightMemory memory;
  memory.Allocate(64);
  const size_t size = 300 * kMiB;
  const WeightMemory::Block large = memory.Allocate(size);
  large.data[size - 1] = std::byte{1};
  EXPECT_EQ(memory.chunk_count(), 2);
}

TEST(WeightMemoryTest, GivesAChunkBackOnceAllOfItIsFree) {
  WeightMemory memory;
  const size_t size = 200 * kMiB;
  const WeightMemory::Block first = memory.Allocate(64), second = memory.Allocate(size), third = memory.Allocate(size);
  EXPECT_EQ(memory.chunk_count(), 2);
  memory.Free(second, size);
  EXPECT_EQ(memory.chunk_count(), 2);
  memory.Free(first, 64);
  EXPECT_EQ(memory.chunk_count(), 1);
  memory.Free(third, size);
  EXPECT_EQ(memory.chunk_count(), 0);
}

}  // namespace
}  // namespace unclip::model
