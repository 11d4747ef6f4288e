// Parses a request by hand, for methods that take raw bytes (generated WithRawCallbackMethod_*): gRPC's own parsing answers
// INTERNAL when a string field is not UTF-8, where the caller deserves INVALID_ARGUMENT and the field's name.
#ifndef UNCLIP_COMMON_RPC_MESSAGE_PARSER_H_
#define UNCLIP_COMMON_RPC_MESSAGE_PARSER_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"

namespace unclip {

// Parses `bytes` into `message`. INVALID_ARGUMENT when a string field is not valid UTF-8 (naming it, such as
// "request.prompt" or "prompts[2]") or when the bytes are no such message at all.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message* message);

// Serializes `message`, to answer from such a method. INTERNAL when it is larger than Protobuf can write.
absl::Status SerializeMessage(const google::protobuf::Message& message, grpc::ByteBuffer* bytes);

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_MESSAGE_PARSER_H_
