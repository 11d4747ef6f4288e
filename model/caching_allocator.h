// Keeps the memory of large tensors for the next step's.
#ifndef UNCLIP_MODEL_CACHING_ALLOCATOR_H_
#define UNCLIP_MODEL_CACHING_ALLOCATOR_H_

#include <c10/core/Allocator.h>

#include <atomic>
#include <cstddef>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace unclip::model {

// A step allocates and frees the same sizes again and again. The C library gives blocks of over 32 MiB back to the system each
// time, and the kernel clears them anew, which takes a good part of an upsampler's step. Freed blocks are kept here instead, up
// to a bound, and handed out to requests of at most an eighth less; they are asked to be huge pages. Blocks under kSmallestKept
// are left to the C library. Thread-safe.
class CachingAllocator final : public c10::Allocator {
 public:
  static constexpr size_t kSmallestKept = size_t{1} << 16;

  // At most `max_kept_bytes` of freed blocks are kept. Must outlive all that it allocates.
  explicit CachingAllocator(size_t max_kept_bytes) : max_kept_bytes_(max_kept_bytes) {}
  ~CachingAllocator() override;

  // Aligned to 64 bytes. Throws std::bad_alloc.
  c10::DataPtr allocate(size_t byte_count) override;
  c10::DeleterFnPtr raw_deleter() const override { return &TakeBack; }
  void copy_data(void* to, const void* from, size_t byte_count) const override;

  // Frees all that is kept.
  void Trim();

  size_t kept_bytes() const;

  // What the blocks that are handed out take, headers included, and the most they took at a time since StartPeak().
  size_t live_bytes() const { return live_bytes_; }
  size_t peak_bytes() const { return peak_bytes_; }

  // Forgets what was before. Call while nobody else allocates.
  void StartPeak() { peak_bytes_ = live_bytes_.load(); }

 private:
  // Lies in front of each block's data, as LibTorch tells no more than where the data is when it frees it.
  struct alignas(64) Header {
    CachingAllocator* owner;
    size_t size;  // of header and data
  };

  static void TakeBack(void* data);
  void* TakeKept(size_t size);
  void CountLive(size_t size);

  const size_t max_kept_bytes_;
  std::atomic<size_t> live_bytes_ = 0;
  std::atomic<size_t> peak_bytes_ = 0;
  mutable absl::Mutex mutex_;
  std::multimap<size_t, Header*> kept_ ABSL_GUARDED_BY(mutex_);  // by size
  size_t kept_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_CACHING_ALLOCATOR_H_
