#include "gateway/admission.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "absl/synchronization/notification.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/rpc/retry_info.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;

class AdmissionTest : public testing::Test {
 protected:
  std::shared_ptr<ActiveRequest> NewRequest() {
    return std::make_shared<ActiveRequest>("id", clock_.Now() + absl::Minutes(1), &clock_);
  }

  FakeClock clock_;
};

TEST_F(AdmissionTest, RefusesWhenFullWithATimeToRetry) {
  Admission admission(2);
  const std::shared_ptr<ActiveRequest> first = NewRequest();
  EXPECT_OK(admission.Enter(first));
  EXPECT_OK(admission.Enter(NewRequest()));
  const absl::Status refused = admission.Enter(NewRequest());
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("2 requests")));
  EXPECT_TRUE(GetRetryAfter(refused).has_value());
  admission.Leave(first);
  EXPECT_OK(admission.Enter(NewRequest()));
}

TEST_F(AdmissionTest, AdvisesToWaitLongerWhenRequestsTakeLong) {
  Admission admission(1);
  const std::shared_ptr<ActiveRequest> slow = NewRequest();
  EXPECT_OK(admission.Enter(slow));
  clock_.Advance(absl::Seconds(40));
  admission.Leave(slow);
  EXPECT_OK(admission.Enter(NewRequest()));
  EXPECT_EQ(GetRetryAfter(admission.Enter(NewRequest())), absl::Seconds(20));
}

TEST_F(AdmissionTest, DrainWaitsForWhatIsHeld) {
  Admission admission(2);
  const std::shared_ptr<ActiveRequest> held = NewRequest();
  EXPECT_OK(admission.Enter(held));
  absl::Notification drained;
  std::thread drain([&] {
    admission.Drain(absl::InfiniteDuration());
    drained.Notify();
  });
  // Until the drain has begun, calls come and go.
  std::shared_ptr<ActiveRequest> other = NewRequest();
  absl::Status refused;
  while ((refused = admission.Enter(other)).ok()) admission.Leave(other);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("shutting down")));
  EXPECT_FALSE(drained.HasBeenNotified());
  EXPECT_OK(held->cancellation().status());
  admission.Leave(held);
  drain.join();
}

TEST_F(AdmissionTest, DrainCancelsWhatIsHeldAfterTheGrace) {
  Admission admission(2);
  const std::shared_ptr<ActiveRequest> held = NewRequest();
  EXPECT_OK(admission.Enter(held));
  absl::Notification cancelled;
  const Cancellation::Hook hook(&held->cancellation(), [&] { cancelled.Notify(); });
  std::thread drain([&] { admission.Drain(absl::ZeroDuration()); });
  cancelled.WaitForNotification();
  EXPECT_THAT(held->cancellation().status(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("try again")));
  admission.Leave(held);
  drain.join();
}

}  // namespace
}  // namespace unclip::gateway
