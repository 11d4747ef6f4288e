#include "model/weight_memory.h"

#include <algorithm>

namespace unclip::model {
namespace {

// Not resident until used, so a large one costs nothing.
constexpr size_t kChunkSize = size_t{1} << 28;

}  // namespace

WeightMemory::Block WeightMemory::Allocate(size_t size) {
  absl::MutexLock lock(&mutex_);
  if (chunks_.empty() || chunks_.back().pages.size() - chunks_.back().used < size) {
    chunks_.push_back({.pages = HugePages(std::max(size, kChunkSize))});
  }
  Chunk& chunk = chunks_.back();
  const Block block = {.data = chunk.pages.data() + chunk.used, .chunk = &chunk};
  chunk.used += size;
  ++chunk.block_count;
  return block;
}

void WeightMemory::Free(const Block& block, size_t size) {
  absl::MutexLock lock(&mutex_);
  Chunk& chunk = *block.chunk;
  if (block.data + size == chunk.pages.data() + chunk.used) chunk.used -= size;
  if (--chunk.block_count > 0) return;
  chunks_.remove_if([&chunk](const Chunk& other) { return &other == &chunk; });
}

size_t WeightMemory::chunk_count() const {
  absl::MutexLock lock(&mutex_);
  return chunks_.size();
}

}  // namespace unclip::model
