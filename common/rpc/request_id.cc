#include "common/rpc/request_id.h"

#include <algorithm>
#include <iterator>
#include <random>

#include "absl/strings/str_format.h"

namespace unclip {
namespace {

constexpr size_t kMaxLength = 128;

}  // namespace

bool IsValidRequestId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxLength && std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

std::string NewRequestId() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return absl::StrFormat("%016x%016x", generator(), generator());
}

absl::StatusOr<std::string> RequestIdOf(const grpc::ServerContextBase& context) {
  const auto [first, last] = context.client_metadata().equal_range(kRequestIdKey);
  if (first == last) return NewRequestId();
  if (std::next(first) != last) {
    return absl::InvalidArgumentError(absl::StrFormat("metadata %s was sent more than once; send one", kRequestIdKey));
  }
  const absl::string_view id(first->second.data(), first->second.size());
  if (!IsValidRequestId(id)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "metadata %s is %d bytes long or has characters that are not visible ASCII; it must be 1 to %d visible ASCII characters",
        kRequestIdKey, id.size(), kMaxLength));
  }
  return std::string(id);
}

void ForwardRequestId(absl::string_view id, grpc::ClientContext* context) {
  context->AddMetadata(kRequestIdKey, std::string(id));
}

}  // namespace unclip
