#include "bench/tensor_memory.h"

#include <c10/core/CachingDeviceAllocator.h>

#include "absl/status/statusor.h"
#include "model/device_option.h"

namespace unclip::bench {

TensorMemory TensorMemoryOf(absl::string_view device) {
  const absl::StatusOr<at::Device> parsed = model::ParseDevice(device);
  if (!parsed.ok() || parsed->is_cpu()) return {};
  const auto stats = c10::getDeviceAllocator(parsed->type())->getDeviceStats(parsed->index());
  constexpr auto kAll = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return {.bytes = stats.allocated_bytes[kAll].current,
          .peak_bytes = stats.allocated_bytes[kAll].peak,
          .peak_reserved_bytes = stats.reserved_bytes[kAll].peak};
}

}  // namespace unclip::bench
