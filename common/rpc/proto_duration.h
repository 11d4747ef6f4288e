// Conversion between absl::Duration and google.protobuf.Duration.
#ifndef UNCLIP_COMMON_RPC_PROTO_DURATION_H_
#define UNCLIP_COMMON_RPC_PROTO_DURATION_H_

#include <google/protobuf/duration.pb.h>

#include "absl/time/time.h"

namespace unclip {

// Cut to whole nanoseconds; clamped to what the message can hold (about 10,000 years).
google::protobuf::Duration ToProtoDuration(absl::Duration duration);

absl::Duration FromProtoDuration(const google::protobuf::Duration& duration);

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_PROTO_DURATION_H_
