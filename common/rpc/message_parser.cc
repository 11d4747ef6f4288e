#include "common/rpc/message_parser.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/slice.h>

#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "common/validation/field_check.h"

namespace unclip {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::internal::WireFormatLite;
using ::google::protobuf::io::CodedInputStream;

constexpr int kMaxDepth = 100;  // Protobuf's own

// Looks through the wire format for a string that is not UTF-8. OK as well when the bytes make no sense: the parser says so.
// Done before parsing, as Protobuf would write a line of its own to stderr for each such string.
absl::Status CheckStrings(const Descriptor& descriptor, absl::string_view bytes, const std::string& prefix, int depth) {
  CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  std::map<int, int> seen;  // by field number
  while (const uint32_t tag = input.ReadTag()) {
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&input, tag)) return absl::OkStatus();
      continue;
    }
    uint32_t length = 0;
    if (!input.ReadVarint32(&length)) return absl::OkStatus();
    const size_t start = static_cast<size_t>(input.CurrentPosition());
    if (length > bytes.size() - start) return absl::OkStatus();
    const absl::string_view value = bytes.substr(start, length);
    input.Skip(static_cast<int>(length));

    const FieldDescriptor* const field = descriptor.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    if (field == nullptr) continue;
    std::string name = absl::StrCat(prefix, std::string(field->name()));
    if (field->is_repeated()) absl::StrAppend(&name, "[", seen[field->number()]++, "]");
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      RETURN_IF_ERROR(CheckUtf8(name, value));
    } else if (field->type() == FieldDescriptor::TYPE_MESSAGE && depth < kMaxDepth) {
      RETURN_IF_ERROR(CheckStrings(*field->message_type(), value, name + ".", depth + 1));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message* message) {
  const std::string name(message->GetDescriptor()->name());
  grpc::Slice slice;
  if (!bytes.DumpToSingleSlice(&slice).ok() || slice.size() > std::numeric_limits<int>::max()) {
    return absl::InvalidArgumentError(absl::StrCat("the request is no readable ", name));
  }
  const absl::string_view view(reinterpret_cast<const char*>(slice.begin()), slice.size());
  RETURN_IF_ERROR(CheckStrings(*message->GetDescriptor(), view, "", 0));
  if (!message->ParseFromArray(view.data(), static_cast<int>(view.size()))) {
    return absl::InvalidArgumentError(absl::StrCat("the request's ", view.size(), " bytes are not a valid ", name, " message"));
  }
  return absl::OkStatus();
}

absl::Status SerializeMessage(const google::protobuf::Message& message, grpc::ByteBuffer* bytes) {
  // gRPC ends the process when it is given a buffer that still holds an earlier message.
  bytes->Clear();
  bool own_buffer = false;
  const grpc::Status status = message.ByteSizeLong() > std::numeric_limits<int>::max()
                                  ? grpc::Status(grpc::INTERNAL, "larger than 2 GiB")
                                  : grpc::SerializationTraits<google::protobuf::Message>::Serialize(message, bytes, &own_buffer);
  if (status.ok()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the answer cannot be written: ", status.error_message()));
}

}  // namespace unclip
