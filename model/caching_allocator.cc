#include "model/caching_allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>

namespace unclip::model {
namespace {

// Of blocks in the range: pages, so that what is between them can be given back.
constexpr size_t kGranule = 4096;

size_t RoundUp(size_t size, size_t multiple) { return (size + multiple - 1) / multiple * multiple; }

}  // namespace

c10::DataPtr CachingAllocator::allocate(size_t byte_count) {
  const c10::Device cpu(c10::DeviceType::CPU);
  if (byte_count == 0) return {nullptr, nullptr, &TakeBack, cpu};
  const size_t size = byte_count + sizeof(Header);
  Header* block = nullptr;
  if (size >= kSmallestKept) block = loading_count_ > 0 ? FromWeights(size) : FromRange(size);
  if (block == nullptr) block = FromLibrary(size);
  block->owner = this;
  if (block->place != Header::Place::kWeights) CountLive(block->size);
  void* const data = block + 1;
  return {data, data, &TakeBack, cpu};
}

void CachingAllocator::CountLive(size_t size) {
  const size_t live = live_bytes_.fetch_add(size, std::memory_order_relaxed) + size;
  size_t peak = peak_bytes_.load(std::memory_order_relaxed);
  while (live > peak && !peak_bytes_.compare_exchange_weak(peak, live, std::memory_order_relaxed)) {
  }
}

CachingAllocator::Header* CachingAllocator::FromLibrary(size_t size) {
  const size_t whole = RoundUp(size, alignof(Header));
  void* const block = std::aligned_alloc(alignof(Header), whole);
  if (block == nullptr) throw std::bad_alloc();  // ends in the guard
  return new (block) Header{.owner = nullptr, .size = whole, .place = Header::Place::kLibrary};
}

CachingAllocator::Header* CachingAllocator::FromWeights(size_t size) {
  const size_t whole = RoundUp(size, WeightMemory::kAlignment);
  const WeightMemory::Block block = weights_.Allocate(whole);
  return new (block.data) Header{.owner = nullptr, .size = whole, .place = Header::Place::kWeights, .chunk = block.chunk};
}

bool CachingAllocator::Reserve() {
  try {
    range_ = HugePages(kRangeSize);
    return true;
  } catch (const std::bad_alloc&) {  // where the system bounds addresses as well
    return false;
  }
}

// Null where no place is left.
CachingAllocator::Header* CachingAllocator::FromRange(size_t size) {
  const size_t whole = RoundUp(size, kGranule);
  absl::MutexLock lock(&mutex_);
  if (range_.data() == nullptr && !Reserve()) return nullptr;
  const std::optional<size_t> offset = space_.Take(whole);
  if (!offset.has_value()) return nullptr;
  ++counts_.requests;
  counts_.requested_bytes += size;
  used_bytes_ += whole;
  if (const size_t end = *offset + whole; end > held_bytes_) {
    ++counts_.new_blocks;
    counts_.new_bytes += end - held_bytes_;
    held_bytes_ = end;
  }
  return new (range_.data() + *offset) Header{.owner = nullptr, .size = whole, .place = Header::Place::kRange};
}

void CachingAllocator::GiveToRange(Header* block) {
  absl::MutexLock lock(&mutex_);
  const size_t size = block->size;
  used_bytes_ -= size;
  space_.Give(static_cast<size_t>(reinterpret_cast<std::byte*>(block) - range_.data()), size);
  if (held_bytes_ - used_bytes_ > max_kept_bytes_) DropFrom(std::max(space_.tail(), used_bytes_ + max_kept_bytes_));
}

// Gives back what is held from `offset` on; nothing there is in use.
void CachingAllocator::DropFrom(size_t offset) {
  offset = RoundUp(offset, kGranule);
  if (offset >= held_bytes_) return;
  madvise(range_.data() + offset, held_bytes_ - offset, MADV_DONTNEED);
  held_bytes_ = offset;
}

void CachingAllocator::copy_data(void* to, const void* from, size_t byte_count) const { std::memcpy(to, from, byte_count); }

void CachingAllocator::TakeBack(void* data) {
  if (data == nullptr) return;
  Header* const block = static_cast<Header*>(data) - 1;
  if (block->place != Header::Place::kWeights) block->owner->live_bytes_.fetch_sub(block->size, std::memory_order_relaxed);
  switch (block->place) {
    case Header::Place::kLibrary:
      return std::free(block);
    case Header::Place::kRange:
      return block->owner->GiveToRange(block);
    case Header::Place::kWeights:
      return block->owner->weights_.Free({.data = reinterpret_cast<std::byte*>(block), .chunk = block->chunk}, block->size);
  }
}

void CachingAllocator::Trim() {
  absl::MutexLock lock(&mutex_);
  if (range_.data() == nullptr) return;
  for (const auto& [offset, size] : space_.free_ranges()) {
    if (offset != space_.tail()) madvise(range_.data() + offset, size, MADV_DONTNEED);
  }
  DropFrom(space_.tail());
}

size_t CachingAllocator::kept_bytes() const {
  absl::MutexLock lock(&mutex_);
  return held_bytes_ - used_bytes_;
}

CachingAllocator::Counts CachingAllocator::counts() const {
  absl::MutexLock lock(&mutex_);
  return counts_;
}

}  // namespace unclip::model
