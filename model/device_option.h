// The devices that models can be held and run on, as options name them.
#ifndef UNCLIP_MODEL_DEVICE_OPTION_H_
#define UNCLIP_MODEL_DEVICE_OPTION_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::model {

// "cpu", "cuda" (the first GPU) or "cuda:N". INVALID_ARGUMENT for anything else; FAILED_PRECONDITION when this LibTorch has no
// CUDA, or the machine no such GPU.
absl::StatusOr<at::Device> ParseDevice(absl::string_view name);

// Sets what LibTorch does on GPUs, process-wide; nothing for the CPU. Float32 stays float32 there (no TF32), and cuDNN measures
// which of its convolutions is the fastest for a shape when it first sees it.
void PrepareDevice(at::Device device);

// `tensor` on `device`: itself if it is there already. To a GPU the copy is only queued, and this does not wait for what was
// queued before.
at::Tensor ToDevice(const at::Tensor& tensor, at::Device device);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DEVICE_OPTION_H_
