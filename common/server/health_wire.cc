#include "common/server/health_wire.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <cstdint>

namespace unclip {
namespace {

using ::google::protobuf::internal::WireFormatLite;
using ::google::protobuf::io::CodedInputStream;

constexpr uint32_t kServiceTag = 0x0A;  // field 1, length-delimited
constexpr uint32_t kStatusTag = 0x08;   // field 1, varint

// Calls `read(tag, input)` for each field with tag `tag` and skips the others; false when the bytes are malformed.
template <typename Read>
bool ReadFields(const grpc::ByteBuffer& bytes, uint32_t wanted, const Read& read) {
  grpc::Slice slice;
  if (!bytes.DumpToSingleSlice(&slice).ok()) return false;
  CodedInputStream input(slice.begin(), static_cast<int>(slice.size()));
  while (const uint32_t tag = input.ReadTag()) {
    if (!(tag == wanted ? read(&input) : WireFormatLite::SkipField(&input, tag))) return false;
  }
  return input.ConsumedEntireMessage();
}

grpc::ByteBuffer ToByteBuffer(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

std::optional<std::string> ParseHealthRequest(const grpc::ByteBuffer& bytes) {
  std::string service;
  const bool ok = ReadFields(bytes, kServiceTag, [&](CodedInputStream* input) {
    uint32_t length = 0;
    return input->ReadVarint32(&length) && static_cast<int>(length) >= 0 && input->ReadString(&service, static_cast<int>(length));
  });
  return ok ? std::optional<std::string>(service) : std::nullopt;
}

std::optional<int> ParseHealthResponse(const grpc::ByteBuffer& bytes) {
  uint32_t status = 0;
  const bool ok = ReadFields(bytes, kStatusTag, [&](CodedInputStream* input) { return input->ReadVarint32(&status); });
  return ok ? std::optional<int>(static_cast<int>(status)) : std::nullopt;
}

grpc::ByteBuffer SerializeHealthRequest(absl::string_view service) {
  std::string text(1, static_cast<char>(kServiceTag));
  for (size_t n = service.size();; n >>= 7) {
    text.push_back(static_cast<char>((n & 0x7F) | (n > 0x7F ? 0x80 : 0)));
    if (n <= 0x7F) break;
  }
  text.append(service.data(), service.size());
  return ToByteBuffer(text);
}

grpc::ByteBuffer SerializeHealthResponse(int status) {
  return ToByteBuffer({static_cast<char>(kStatusTag), static_cast<char>(status)});
}

}  // namespace unclip
