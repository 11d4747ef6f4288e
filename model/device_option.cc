#include "model/device_option.h"

#include <ATen/Context.h>

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace unclip::model {
namespace {

constexpr uint32_t kMaxGpu = 127;  // what LibTorch's index holds

}  // namespace

absl::StatusOr<at::Device> ParseDevice(absl::string_view name) {
  if (name == "cpu") return at::Device(at::kCPU);
  uint32_t index = 0;
  absl::string_view rest = name;
  const bool is_cuda = absl::ConsumePrefix(&rest, "cuda") &&
                       (rest.empty() || (absl::ConsumePrefix(&rest, ":") && absl::SimpleAtoi(rest, &index) && index <= kMaxGpu));
  if (!is_cuda) return absl::InvalidArgumentError(absl::StrCat("device is \"", name, "\"; it must be cpu, cuda or cuda:N"));
  if (!at::hasCUDA()) return absl::FailedPreconditionError(absl::StrCat("device is ", name, ", but this LibTorch has no CUDA"));
  const size_t count = at::getNumGPUs();
  if (index >= count) {
    return absl::FailedPreconditionError(
        absl::StrCat("device is ", name, ", but there are ", count, " GPUs that LibTorch can use"));
  }
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

void PrepareDevice(at::Device device) {
  if (!device.is_cuda()) return;
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setBenchmarkCuDNN(true);
}

at::Tensor ToDevice(const at::Tensor& tensor, at::Device device) {
  if (!device.is_cuda() || tensor.is_cuda()) return tensor.to(device);
  return tensor.pin_memory().to(device, tensor.scalar_type(), /*non_blocking=*/true);  // from other memory the copy would wait
}

}  // namespace unclip::model
