#include "bench/operator_profile.h"

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/time/clock.h"

namespace unclip::bench {
namespace {

// LibTorch's callbacks are plain functions.
OperatorProfile* the_profile = nullptr;

int64_t BytesOf(const std::vector<c10::IValue>& outputs) {
  if (outputs.empty() || !outputs.front().isTensor()) return 0;
  const at::Tensor& tensor = outputs.front().toTensor();
  return tensor.defined() && !tensor.is_mkldnn() ? static_cast<int64_t>(tensor.numel() * tensor.element_size()) : 0;
}

}  // namespace

struct OperatorProfile::Call final : at::ObserverContext {
  std::string name;
  absl::Time start;
  absl::Duration inner = absl::ZeroDuration();  // of the operators that it called
  Call* caller = nullptr;
  absl::Duration total = absl::ZeroDuration();

  static Call*& Innermost() {
    thread_local Call* innermost = nullptr;
    return innermost;
  }
};

OperatorProfile::OperatorProfile() {
  the_profile = this;
  const auto start = [](const at::RecordFunction& function) -> std::unique_ptr<at::ObserverContext> {
    if (!the_profile->running_) return nullptr;
    auto call = std::make_unique<Call>();
    call->name = function.name();
    call->caller = std::exchange(Call::Innermost(), call.get());
    call->start = absl::Now();
    return call;
  };
  const auto end = [](const at::RecordFunction& function, at::ObserverContext* context) {
    if (context == nullptr) return;
    auto* const call = static_cast<Call*>(context);
    call->total = absl::Now() - call->start;
    if (call->caller != nullptr) call->caller->inner += call->total;
    Call::Innermost() = call->caller;
    the_profile->Finish(*call, BytesOf(function.outputs()));
  };
  handle_ = at::addGlobalCallback(at::RecordFunctionCallback(start, end).needsOutputs(true).scopes({at::RecordScope::FUNCTION}));
}

OperatorProfile::~OperatorProfile() {
  at::removeCallback(handle_);
  the_profile = nullptr;
}

void OperatorProfile::Finish(const Call& call, int64_t output_bytes) {
  absl::MutexLock lock(&mutex_);
  OperatorCounts& counts = counts_[call.name];
  ++counts.calls;
  counts.self_time += call.total - call.inner;
  counts.output_bytes += output_bytes;
}

std::map<std::string, OperatorCounts> OperatorProfile::counts() const {
  absl::MutexLock lock(&mutex_);
  return counts_;
}

bool MovesValues(const std::string& name) {
  constexpr const char* kNames[] = {"aten::to",         "aten::_to_copy", "aten::copy_", "aten::clone",
                                    "aten::contiguous", "aten::cat",      "aten::stack", "aten::repeat_interleave",
                                    "aten::reshape",    "aten::repeat",   "aten::index"};
  return std::any_of(std::begin(kNames), std::end(kNames), [&name](const char* other) { return name == other; });
}

}  // namespace unclip::bench
