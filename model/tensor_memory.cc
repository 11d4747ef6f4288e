#include "model/tensor_memory.h"

#include <algorithm>
#include <cstddef>

namespace unclip::model {

CachingAllocator& TensorMemory() {
  constexpr size_t kMaxKeptBytes = size_t{1} << 30;
  static auto* const allocator = new CachingAllocator(kMaxKeptBytes);
  return *allocator;
}

MemoryMeter::MemoryMeter() : before_(static_cast<int64_t>(TensorMemory().live_bytes())) { TensorMemory().StartPeak(); }

int64_t MemoryMeter::Kept() const { return std::max<int64_t>(0, static_cast<int64_t>(TensorMemory().live_bytes()) - before_); }

int64_t MemoryMeter::Peak() const { return std::max<int64_t>(0, static_cast<int64_t>(TensorMemory().peak_bytes()) - before_); }

}  // namespace unclip::model
