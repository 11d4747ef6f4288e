#include "common/rpc/retry_info.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace unclip {
namespace {

constexpr char kPayloadUrl[] = "type.unclip/retry-after-ms";
constexpr int64_t kMaxMilliseconds = int64_t{24} * 60 * 60 * 1000;

// Decimal milliseconds from a peer: untrusted.
std::optional<int64_t> ParseMilliseconds(absl::string_view text) {
  int64_t milliseconds = 0;
  if (!absl::SimpleAtoi(text, &milliseconds) || milliseconds < 1) return std::nullopt;
  return std::min(milliseconds, kMaxMilliseconds);
}

}  // namespace

void SetRetryAfter(absl::Duration delay, absl::Status* status) {
  const int64_t milliseconds = absl::ToInt64Milliseconds(absl::Ceil(delay, absl::Milliseconds(1)));
  status->SetPayload(kPayloadUrl, absl::Cord(absl::StrCat(std::clamp<int64_t>(milliseconds, 1, kMaxMilliseconds))));
}

std::optional<absl::Duration> GetRetryAfter(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::optional<int64_t> milliseconds = ParseMilliseconds(std::string(*payload));
  if (!milliseconds.has_value()) return std::nullopt;
  return absl::Milliseconds(*milliseconds);
}

void AddRetryMetadata(const absl::Status& status, grpc::ServerContextBase* context) {
  const std::optional<absl::Duration> delay = GetRetryAfter(status);
  if (!delay.has_value()) return;
  const std::string milliseconds = absl::StrCat(absl::ToInt64Milliseconds(*delay));
  context->AddTrailingMetadata(kRetryAfterKey, milliseconds);
  context->AddTrailingMetadata(kRetryPushbackKey, milliseconds);
}

void ReadRetryMetadata(const grpc::ClientContext& context, absl::Status* status) {
  if (status->ok()) return;
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto found = metadata.find(kRetryAfterKey);
  if (found == metadata.end()) return;
  const std::optional<int64_t> milliseconds = ParseMilliseconds({found->second.data(), found->second.size()});
  if (milliseconds.has_value()) SetRetryAfter(absl::Milliseconds(*milliseconds), status);
}

}  // namespace unclip
