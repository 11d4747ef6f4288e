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
// Runs `body` in inference mode; OK unless it throws.
absl::Status RunGuarded(absl::FunctionRef<void()> body);
}  // namespace internal

// Runs `function`, which returns absl::Status or absl::StatusOr<T> and may use LibTorch, in inference mode (no autograd), and
// returns what it returns. An exception becomes a status of one line: RESOURCE_EXHAUSTED when memory ran out, INTERNAL for all
// else. Thread-safe.
//
//   return TorchGuard([&]() -> absl::StatusOr<Embedding> { ... });
template <typename Function>
auto TorchGuard(Function&& function) -> std::invoke_result_t<Function> {
  std::optional<std::invoke_result_t<Function>> result;
  absl::Status status = internal::RunGuarded([&] { result.emplace(std::forward<Function>(function)()); });
  if (!status.ok()) return status;
  return *std::move(result);
}

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_TORCH_GUARD_H_
