#include "model/caching_allocator.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace unclip::model {
namespace {

constexpr size_t kHugePage = size_t{1} << 21;

size_t RoundUp(size_t size, size_t multiple) { return (size + multiple - 1) / multiple * multiple; }

}  // namespace

CachingAllocator::~CachingAllocator() { Trim(); }

c10::DataPtr CachingAllocator::allocate(size_t byte_count) {
  const c10::Device cpu(c10::DeviceType::CPU);
  if (byte_count == 0) return {nullptr, nullptr, &TakeBack, cpu};
  const size_t least = byte_count + sizeof(Header);
  void* block = TakeKept(least);
  if (block == nullptr) {
    const size_t alignment = least >= 2 * kHugePage ? kHugePage : alignof(Header);
    const size_t size = RoundUp(least, alignment);
    block = std::aligned_alloc(alignment, size);
    if (block == nullptr) throw std::bad_alloc();  // ends in the guard
    if (alignment == kHugePage) madvise(block, size, MADV_HUGEPAGE);
    new (block) Header{.owner = this, .size = size};
  }
  CountLive(static_cast<Header*>(block)->size);
  void* const data = static_cast<Header*>(block) + 1;
  return {data, data, &TakeBack, cpu};
}

void CachingAllocator::CountLive(size_t size) {
  const size_t live = live_bytes_.fetch_add(size, std::memory_order_relaxed) + size;
  size_t peak = peak_bytes_.load(std::memory_order_relaxed);
  while (live > peak && !peak_bytes_.compare_exchange_weak(peak, live, std::memory_order_relaxed)) {
  }
}

// A kept block of `size` or a little more, or null.
void* CachingAllocator::TakeKept(size_t size) {
  if (size < kSmallestKept) return nullptr;
  absl::MutexLock lock(&mutex_);
  const auto found = kept_.lower_bound(size);
  if (found == kept_.end() || found->first - size > found->first / 8) return nullptr;
  Header* const block = found->second;
  kept_bytes_ -= block->size;
  kept_.erase(found);
  return block;
}

void CachingAllocator::copy_data(void* to, const void* from, size_t byte_count) const { std::memcpy(to, from, byte_count); }

void CachingAllocator::TakeBack(void* data) {
  if (data == nullptr) return;
  Header* const block = static_cast<Header*>(data) - 1;
  CachingAllocator& owner = *block->owner;
  owner.live_bytes_.fetch_sub(block->size, std::memory_order_relaxed);
  if (block->size >= kSmallestKept) {
    absl::MutexLock lock(&owner.mutex_);
    if (owner.kept_bytes_ + block->size <= owner.max_kept_bytes_) {
      owner.kept_.emplace(block->size, block);
      owner.kept_bytes_ += block->size;
      return;
    }
  }
  std::free(block);
}

void CachingAllocator::Trim() {
  std::multimap<size_t, Header*> dropped;
  {
    absl::MutexLock lock(&mutex_);
    dropped.swap(kept_);
    kept_bytes_ = 0;
  }
  for (const auto& [size, block] : dropped) std::free(block);
}

size_t CachingAllocator::kept_bytes() const {
  absl::MutexLock lock(&mutex_);
  return kept_bytes_;
}

}  // namespace unclip::model
