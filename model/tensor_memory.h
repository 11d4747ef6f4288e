// Where LibTorch's tensors lie once model::KeepFreedMemory() was called, and how much they take.
#ifndef UNCLIP_MODEL_TENSOR_MEMORY_H_
#define UNCLIP_MODEL_TENSOR_MEMORY_H_

#include <cstdint>

#include "model/caching_allocator.h"

namespace unclip::model {

// The process's one. Never destroyed: tensors may live as long as the process.
CachingAllocator& TensorMemory();

// Tells what tensors took more since it was made. One at a time, while nobody else makes tensors. What libraries allocate by
// themselves (oneDNN's scratchpads) does not count.
class MemoryMeter {
 public:
  MemoryMeter();

  // Bytes of tensors now, less those before; ≥ 0.
  int64_t Kept() const;

  // The most bytes at a time, less those before; ≥ 0.
  int64_t Peak() const;

 private:
  const int64_t before_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_TENSOR_MEMORY_H_
