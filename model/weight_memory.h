// Where weights lie: side by side in huge pages.
#ifndef UNCLIP_MODEL_WEIGHT_MEMORY_H_
#define UNCLIP_MODEL_WEIGHT_MEMORY_H_

#include <cstddef>
#include <list>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "model/huge_pages.h"

namespace unclip::model {

// Weights come one after the other and stay, so they are laid next to one another, whatever their sizes: no page is half empty,
// and nearly all of loading's page faults are of huge pages. A block that is freed before the next is taken is used again; else
// its memory goes back when all of its chunk is free. Thread-safe.
class WeightMemory {
 public:
  static constexpr size_t kAlignment = 64;

  struct Chunk {
    HugePages pages;
    size_t used = 0;         // bytes from the beginning
    size_t block_count = 0;  // not yet freed
  };
  struct Block {
    std::byte* data;
    Chunk* chunk;
  };

  // Of `size` bytes, a multiple of kAlignment. Throws std::bad_alloc.
  Block Allocate(size_t size);

  // Takes back what Allocate(size) gave.
  void Free(const Block& block, size_t size);

  size_t chunk_count() const;

 private:
  mutable absl::Mutex mutex_;
  std::list<Chunk> chunks_ ABSL_GUARDED_BY(mutex_);  // the last is being filled
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHT_MEMORY_H_
