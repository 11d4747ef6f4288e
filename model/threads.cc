#include "model/threads.h"

#include <ATen/Parallel.h>
#include <c10/core/CPUAllocator.h>
#include <malloc.h>
#include <sched.h>

#include <algorithm>

#include "model/tensor_memory.h"

namespace unclip::model {
namespace {

// The CPUs this process is bound to, which containers and taskset narrow.
int AvailableCpus() {
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0) return 1;
  return std::max(1, CPU_COUNT(&cpus));
}

}  // namespace

int UseThreads(int thread_count) {
  const int count = thread_count > 0 ? thread_count : AvailableCpus();
  at::set_num_threads(count);
  return count;
}

void KeepFreedMemory() {
  c10::SetCPUAllocator(&TensorMemory(), /*priority=*/100);
  constexpr int kLargestMmapThreshold = 32 << 20;  // glibc takes no larger one
  constexpr int kTrimThreshold = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kLargestMmapThreshold);
  mallopt(M_TRIM_THRESHOLD, kTrimThreshold);
}

LoadingWeights::LoadingWeights() : loading_(TensorMemory()) {}

CachingAllocator::Counts MemoryCounts() { return TensorMemory().counts(); }

void ReleaseUnusedMemory() {
  TensorMemory().Trim();
  malloc_trim(0);
}

}  // namespace unclip::model
