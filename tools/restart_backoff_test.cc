#include "tools/restart_backoff.h"

#include <gtest/gtest.h>

namespace unclip {
namespace {

TEST(RestartBackoffTest, DoublesUpToTheLongest) {
  RestartBackoff backoff;
  EXPECT_EQ(backoff.Next(absl::ZeroDuration()), absl::Milliseconds(500));
  EXPECT_EQ(backoff.Next(absl::Seconds(1)), absl::Seconds(1));
  EXPECT_EQ(backoff.Next(absl::Seconds(59)), absl::Seconds(2));
  for (int i = 0; i < 20; ++i) backoff.Next(absl::Seconds(1));
  EXPECT_EQ(backoff.Next(absl::Seconds(1)), absl::Seconds(30));
}

TEST(RestartBackoffTest, StartsAnewAfterALongLife) {
  RestartBackoff backoff;
  for (int i = 0; i < 5; ++i) backoff.Next(absl::Seconds(1));
  EXPECT_EQ(backoff.Next(absl::Minutes(1)), absl::Milliseconds(500));
  EXPECT_EQ(backoff.Next(absl::Seconds(1)), absl::Seconds(1));
}

}  // namespace
}  // namespace unclip
