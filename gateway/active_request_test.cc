#include "gateway/active_request.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

TEST(ActiveRequestTest, MayStartUntilItsDeadline) {
  FakeClock clock;
  const ActiveRequest request("id", clock.Now() + absl::Minutes(1), &clock);
  EXPECT_OK(request.CheckDeadline());
  clock.Advance(absl::Minutes(1));
  EXPECT_THAT(request.CheckDeadline(), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
  EXPECT_EQ(request.elapsed(), absl::Minutes(1));
}

TEST(ActiveRequestTest, TellsALeavingCallerFromAPassedDeadline) {
  FakeClock clock;
  ActiveRequest left("id", clock.Now() + absl::Minutes(1), &clock);
  left.CallerLeft();
  EXPECT_THAT(left.cancellation().status(), StatusIs(absl::StatusCode::kCancelled, testing::_));
  ActiveRequest late("id", clock.Now() + absl::Minutes(1), &clock);
  clock.Advance(absl::Minutes(1));
  late.CallerLeft();
  EXPECT_THAT(late.cancellation().status(), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
}

}  // namespace
}  // namespace unclip::gateway
