// How much memory tensors take on a GPU.
#ifndef UNCLIP_BENCH_TENSOR_MEMORY_H_
#define UNCLIP_BENCH_TENSOR_MEMORY_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace unclip::bench {

// Bytes of tensors, weights among them; and what LibTorch took from the GPU for them, which it keeps.
struct TensorMemory {
  int64_t bytes = 0;
  int64_t peak_bytes = 0;  // the most since the process began
  int64_t peak_reserved_bytes = 0;
};

// Of `device`, a name that model::ParseDevice() takes; zeros for the CPU, whose memory nobody counts.
TensorMemory TensorMemoryOf(absl::string_view device);

}  // namespace unclip::bench

#endif  // UNCLIP_BENCH_TENSOR_MEMORY_H_
