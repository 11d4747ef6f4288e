// How many threads LibTorch computes with.
#ifndef UNCLIP_MODEL_THREADS_H_
#define UNCLIP_MODEL_THREADS_H_

#include "model/caching_allocator.h"

namespace unclip::model {

// Makes the calling thread's forward passes use `thread_count` threads (0: as many as the process may run on), and every later
// thread's as well. Returns the number.
int UseThreads(int thread_count);

// Makes the allocators keep what is freed for the next step, process-wide. By default every larger tensor goes back to the system
// and is taken anew, and the kernel's clearing of those pages was a fifth of an upsampler's time (perf). Call at start-up, before
// any tensor is made.
void KeepFreedMemory();

// While one lives, the tensors made in this process are taken to be weights, to lie side by side in huge pages. Has no effect
// before KeepFreedMemory().
class LoadingWeights {
 public:
  LoadingWeights();

 private:
  const CachingAllocator::Loading loading_;
};

// What KeepFreedMemory()'s allocator has been asked for so far.
CachingAllocator::Counts MemoryCounts();

// Hands memory that the allocator keeps for later back to the system: loading and warming up leave much of it.
void ReleaseUnusedMemory();

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_THREADS_H_
