#include "model/recorded_work.h"

#include <utility>

#ifdef UNCLIP_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>
#endif

namespace unclip::model {

#ifdef UNCLIP_CUDA

struct RecordedWork::Graph {
  at::cuda::CUDAGraph graph;
};

namespace {

// Libraries choose and load their kernels in the first call; the second finds that done.
constexpr int kWarmUpCalls = 2;

// All graphs take their intermediate tensors from one pool. That is safe in any order, as only one runs at a time and none leaves
// anything there that is read later: what goes in and out lies outside.
at::cuda::MempoolId_t SharedPool() {
  static const at::cuda::MempoolId_t pool = at::cuda::graph_pool_handle();
  return pool;
}

// Nothing can be recorded on the default stream. Always the same one, as cuBLAS keeps memory for each stream it has seen.
c10::cuda::CUDAStream RecordingStream(at::Device device) {
  static const c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index());
  return stream;
}

void Record(at::Device device, const std::function<void()>& work, at::cuda::CUDAGraph& graph) {
  const c10::cuda::CUDAGuard on_device(device);
  c10::cuda::device_synchronize();  // the work's input may still be under way on the stream in use
  {
    const c10::cuda::CUDAStreamGuard on_stream(RecordingStream(device));
    for (int i = 0; i < kWarmUpCalls; ++i) work();
    c10::cuda::device_synchronize();
    graph.capture_begin(SharedPool(), cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {  // else the stream would stay in recording
      try {
        graph.capture_end();
      } catch (const c10::Error&) {  // of the same cause
      }
      throw;
    }
    graph.capture_end();
  }
  c10::cuda::device_synchronize();
}

}  // namespace

RecordedWork::RecordedWork(at::Device device, std::function<void()> work) : work_(std::move(work)) {
  if (!device.is_cuda()) return;
  auto graph = std::make_unique<Graph>();
  Record(device, work_, graph->graph);
  graph_ = std::move(graph);
}

void RecordedWork::Run() { graph_ ? graph_->graph.replay() : work_(); }

#else

struct RecordedWork::Graph {};

RecordedWork::RecordedWork(at::Device /*device*/, std::function<void()> work) : work_(std::move(work)) {}

void RecordedWork::Run() { work_(); }

#endif

RecordedWork::~RecordedWork() = default;

}  // namespace unclip::model
