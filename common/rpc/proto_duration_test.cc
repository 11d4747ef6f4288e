#include "common/rpc/proto_duration.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace unclip {
namespace {

TEST(ProtoDurationTest, KeepsNanoseconds) {
  const google::protobuf::Duration proto = ToProtoDuration(absl::Seconds(3) + absl::Nanoseconds(7));
  EXPECT_EQ(proto.seconds(), 3);
  EXPECT_EQ(proto.nanos(), 7);
  EXPECT_EQ(FromProtoDuration(proto), absl::Seconds(3) + absl::Nanoseconds(7));
}

TEST(ProtoDurationTest, GivesNegativeDurationsOneSign) {
  const google::protobuf::Duration proto = ToProtoDuration(absl::Milliseconds(-1500));
  EXPECT_EQ(proto.seconds(), -1);
  EXPECT_EQ(proto.nanos(), -500'000'000);
  EXPECT_EQ(FromProtoDuration(proto), absl::Milliseconds(-1500));
}

TEST(ProtoDurationTest, ClampsWhatTheMessageCannotHold) {
  EXPECT_EQ(ToProtoDuration(absl::InfiniteDuration()).seconds(), 315'576'000'000);
  EXPECT_EQ(ToProtoDuration(-absl::InfiniteDuration()).seconds(), -315'576'000'000);
}

}  // namespace
}  // namespace unclip
