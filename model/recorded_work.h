// Work of a device that is done over and over, as one piece where the device can.
#ifndef UNCLIP_MODEL_RECORDED_WORK_H_
#define UNCLIP_MODEL_RECORDED_WORK_H_

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace unclip::model {

// On a GPU, in builds with UNCLIP_CUDA defined, a CUDA graph: launching a network's thousand kernels one by one takes the CPU
// longer than many of them run. Elsewhere, plain calls. Not thread-safe, and everything that is recorded in a process must be
// recorded and run by one thread at a time.
class RecordedWork {
 public:
  // `work` reads and writes the same memory whenever it is called, holds no memory of its own afterwards, and never waits for the
  // device; it is called three times here on a GPU, and not at all on the CPU.
  RecordedWork(at::Device device, std::function<void()> work);
  ~RecordedWork();
  RecordedWork(const RecordedWork&) = delete;
  RecordedWork& operator=(const RecordedWork&) = delete;

  // Does the work, or queues it behind what was queued before. Throws what the work throws.
  void Run();

 private:
  struct Graph;

  const std::function<void()> work_;
  std::unique_ptr<Graph> graph_;  // null unless recorded
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_RECORDED_WORK_H_
