#include "common/rpc/proto_duration.h"

#include <algorithm>

namespace unclip {

google::protobuf::Duration ToProtoDuration(absl::Duration duration) {
  const absl::Duration limit = absl::Seconds(int64_t{315'576'000'000});  // the message's own
  duration = std::clamp(duration, -limit, limit);
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int>(absl::IDivDuration(duration, absl::Nanoseconds(1), &duration)));
  return proto;
}

absl::Duration FromProtoDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

}  // namespace unclip
