#include "common/rpc/status_conversion.h"

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/rpc/retry_info.h"
#include "common/validation/utf8.h"

namespace unclip {
namespace {

// `text` with every byte that is not part of a whole UTF-8 sequence replaced, cut between sequences.
std::string CleanMessage(absl::string_view text) {
  std::string clean;
  while (!text.empty()) {
    uint32_t code_point = 0;
    const size_t length = Utf8SequenceLength(text, &code_point);
    const absl::string_view next = length > 0 ? text.substr(0, length) : "?";
    if (clean.size() + next.size() > kMaxStatusMessageBytes) break;
    clean.append(next.data(), next.size());
    text.remove_prefix(length > 0 ? length : 1);
  }
  return clean;
}

}  // namespace

// The two enums have the same values: both are those of google.rpc.Code.
grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), CleanMessage(status.message()));
}

grpc::Status ToGrpcStatus(const absl::Status& status, grpc::ServerContextBase* context) {
  AddRetryMetadata(status, context);
  return ToGrpcStatus(status);
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const int code = status.error_code();
  const bool known = code >= grpc::CANCELLED && code <= grpc::UNAUTHENTICATED;
  return absl::Status(known ? static_cast<absl::StatusCode>(code) : absl::StatusCode::kUnknown, status.error_message());
}

absl::Status FromGrpcStatus(const grpc::Status& status, const grpc::ClientContext& context) {
  absl::Status converted = FromGrpcStatus(status);
  ReadRetryMetadata(context, &converted);
  return converted;
}

}  // namespace unclip
