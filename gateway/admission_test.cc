#include "gateway/admission.h"

#include <grpcpp/server_context.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <thread>

#include "absl/synchronization/notification.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/metrics/metrics_registry.h"
#include "common/rpc/retry_info.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;

class AdmissionTest : public testing::Test {
 protected:
  std::shared_ptr<ActiveCall> NewCall() {
    return std::make_shared<ActiveCall>("Test", &contexts_.emplace_back(), absl::Minutes(1), &metrics_, &clock_);
  }

  FakeClock clock_;
  MetricsRegistry registry_{"gateway"};
  RpcMetrics metrics_{registry_};
  std::deque<grpc::ServerContext> contexts_;
};

TEST_F(AdmissionTest, RefusesWhenFullWithATimeToRetry) {
  Admission admission(2);
  const std::shared_ptr<ActiveCall> first = NewCall();
  EXPECT_OK(admission.Enter(first));
  EXPECT_OK(admission.Enter(NewCall()));
  const absl::Status refused = admission.Enter(NewCall());
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("2 requests")));
  EXPECT_TRUE(GetRetryAfter(refused).has_value());
  admission.Leave(first);
  EXPECT_OK(admission.Enter(NewCall()));
}

TEST_F(AdmissionTest, AdvisesToWaitLongerWhenRequestsTakeLong) {
  Admission admission(1);
  const std::shared_ptr<ActiveCall> slow = NewCall();
  EXPECT_OK(admission.Enter(slow));
  clock_.Advance(absl::Seconds(40));
  admission.Leave(slow);
  EXPECT_OK(admission.Enter(NewCall()));
  EXPECT_EQ(GetRetryAfter(admission.Enter(NewCall())), absl::Seconds(20));
}

TEST_F(AdmissionTest, DrainWaitsForWhatIsHeld) {
  Admission admission(2);
  const std::shared_ptr<ActiveCall> held = NewCall();
  EXPECT_OK(admission.Enter(held));
  absl::Notification drained;
  std::thread drain([&] {
    admission.Drain(absl::InfiniteDuration());
    drained.Notify();
  });
  // Until the drain has begun, calls come and go.
  std::shared_ptr<ActiveCall> other = NewCall();
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
  const std::shared_ptr<ActiveCall> held = NewCall();
  EXPECT_OK(admission.Enter(held));
  absl::Notification cancelled;
  const Cancellation::Hook hook(&held->cancellation(), [&] { cancelled.Notify(); });
  std::thread drain([&] { admission.Drain(absl::ZeroDuration()); });
  cancelled.WaitForNotification();
  EXPECT_THAT(held->cancellation().status(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("try again")));
  admission.Leave(held);
  drain.join();
}

TEST_F(AdmissionTest, CallWithoutADeadlineGetsTheDefault) {
  const std::shared_ptr<ActiveCall> call = NewCall();
  EXPECT_EQ(call->context().remaining(), absl::Minutes(1));
  EXPECT_OK(call->CheckStart());
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(call->CheckStart(), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
}

TEST_F(AdmissionTest, CallTellsALeavingCallerFromAPassedDeadline) {
  const std::shared_ptr<ActiveCall> left = NewCall();
  left->CallerLeft();
  EXPECT_THAT(left->cancellation().status(), StatusIs(absl::StatusCode::kCancelled, testing::_));
  const std::shared_ptr<ActiveCall> late = NewCall();
  clock_.Advance(absl::Minutes(1));
  late->CallerLeft();
  EXPECT_THAT(late->cancellation().status(), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
}

}  // namespace
}  // namespace unclip::gateway
