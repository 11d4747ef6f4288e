// The one place where LibTorch's exceptions end.
#ifndef UNCLIP_MODEL_TORCH_GUARD_H_
#define UNCLIP_MODEL_TORCH_GUARD_H_

#include <optional>
#include <type_traits>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace unclip::model {

namespace internal {
// Runs `body`, in inference mode or not; OK unless it throws.
absl::Status RunGuarded(absl::FunctionRef<void()> body, bool inference_mode);

template <typename Function>
auto Guard(Function&& function, bool inference_mode) -> std::invoke_result_t<Function> {
  std::optional<std::invoke_result_t<Function>> result;
  absl::Status status = RunGuarded([&] { result.emplace(std::forward<Function>(function)()); }, inference_mode);
  if (!status.ok()) return status;
  return *std::move(result);
}
}  // namespace internal

// Runs `function`, which returns absl::Status or absl::StatusOr<T> and may use LibTorch, in inference mode (no autograd), and
// returns what it returns. An exception becomes a status of one line: RESOURCE_EXHAUSTED when memory ran out, INTERNAL for all
// else. Thread-safe.
//
//   return TorchGuard([&]() -> absl::StatusOr<Embedding> { ... });
template <typename Function>
auto TorchGuard(Function&& function) -> std::invoke_result_t<Function> {
  return internal::Guard(std::forward<Function>(function), /*inference_mode=*/true);
}

// The same with autograd, for training.
template <typename Function>
auto TorchGuardWithGradients(Function&& function) -> std::invoke_result_t<Function> {
  return internal::Guard(std::forward<Function>(function), /*inference_mode=*/false);
}

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_TORCH_GUARD_H_
