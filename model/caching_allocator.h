// Keeps the memory of large tensors for the next step's.
#ifndef UNCLIP_MODEL_CACHING_ALLOCATOR_H_
#define UNCLIP_MODEL_CACHING_ALLOCATOR_H_

#include <c10/core/Allocator.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "model/address_space.h"
#include "model/huge_pages.h"
#include "model/weight_memory.h"

namespace unclip::model {

// A step allocates and frees the same sizes again and again. The C library gives blocks of over 32 MiB back to the system each
// time, and the kernel clears them anew, which takes a good part of an upsampler's step. Here blocks lie in one range of huge
// pages, the lowest free place first, and its pages stay: a step that does as the one before gets the same places, and what is
// held is little more than what was in use at once. Blocks under kSmallestKept are left to the C library. While weights are
// loaded, what is allocated is expected to stay and comes from a WeightMemory. Thread-safe.
class CachingAllocator final : public c10::Allocator {
 public:
  static constexpr size_t kSmallestKept = size_t{1} << 16;
  // Of addresses, which cost nothing; what does not fit is left to the C library.
  static constexpr size_t kRangeSize = size_t{1} << 37;

  // Since the allocator was made, of blocks of kSmallestKept and more.
  struct Counts {
    uint64_t requests = 0;
    uint64_t requested_bytes = 0;
    uint64_t new_blocks = 0;  // which took memory that was not held yet
    uint64_t new_bytes = 0;
  };

  // Gives memory back where more than `max_kept_bytes` of what is held are not in use, as far as they lie at the end. Must
  // outlive all that it allocates.
  explicit CachingAllocator(size_t max_kept_bytes) : max_kept_bytes_(max_kept_bytes) {}

  // While one lives, all threads' allocations of kSmallestKept and more are weights.
  class Loading {
   public:
    explicit Loading(CachingAllocator& allocator) : allocator_(allocator) { ++allocator_.loading_count_; }
    ~Loading() { --allocator_.loading_count_; }
    Loading(const Loading&) = delete;
    Loading& operator=(const Loading&) = delete;

   private:
    CachingAllocator& allocator_;
  };

  // Aligned to 64 bytes. Throws std::bad_alloc.
  c10::DataPtr allocate(size_t byte_count) override;
  c10::DeleterFnPtr raw_deleter() const override { return &TakeBack; }
  void copy_data(void* to, const void* from, size_t byte_count) const override;

  // Gives all memory back that is not in use.
  void Trim();

  // Held and not in use.
  size_t kept_bytes() const;
  Counts counts() const;

  // What the blocks that are handed out take, headers included but weights not, and the most they took at a time since
  // StartPeak().
  size_t live_bytes() const { return live_bytes_; }
  size_t peak_bytes() const { return peak_bytes_; }

  // Forgets what was before. Call while nobody else allocates.
  void StartPeak() { peak_bytes_ = live_bytes_.load(); }

 private:
  // Lies in front of each block's data, as LibTorch tells no more than where the data is when it frees it.
  struct alignas(64) Header {
    CachingAllocator* owner;
    size_t size;  // of header and data
    enum class Place { kLibrary, kRange, kWeights } place;
    WeightMemory::Chunk* chunk = nullptr;  // of weights
  };

  static void TakeBack(void* data);
  void CountLive(size_t size);
  static Header* FromLibrary(size_t size);
  Header* FromWeights(size_t size);
  Header* FromRange(size_t size);
  void GiveToRange(Header* block);
  bool Reserve() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropFrom(size_t offset) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_kept_bytes_;
  std::atomic<int> loading_count_ = 0;
  std::atomic<size_t> live_bytes_ = 0;
  std::atomic<size_t> peak_bytes_ = 0;
  WeightMemory weights_;
  mutable absl::Mutex mutex_;
  HugePages range_ ABSL_GUARDED_BY(mutex_);  // reserved at the first request
  AddressSpace space_ ABSL_GUARDED_BY(mutex_){kRangeSize};
  size_t used_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t held_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of `range_`, from its beginning; the rest was never used or was given back
  Counts counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_CACHING_ALLOCATOR_H_
