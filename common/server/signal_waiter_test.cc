#include "common/server/signal_waiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "base/status_matchers.h"

namespace unclip {
namespace {

TEST(SignalWaiterTest, TellsWhichSignalCame) {
  for (const int signal : {SIGTERM, SIGINT}) {
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<SignalWaiter> waiter, SignalWaiter::Install());
    std::raise(signal);
    EXPECT_EQ(waiter->Wait(), signal);
  }
}

TEST(SignalWaiterTest, CanBeWokenWithoutASignal) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<SignalWaiter> waiter, SignalWaiter::Install());
  waiter->Wake();
  EXPECT_EQ(waiter->Wait(), 0);
}

TEST(SignalWaiterTest, ForgetsWakeUpsOfTheOneBefore) {
  {
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<SignalWaiter> before, SignalWaiter::Install());
    before->Wake();
  }
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<SignalWaiter> waiter, SignalWaiter::Install());
  absl::Notification returned;
  std::thread thread([&] {
    EXPECT_EQ(waiter->Wait(), SIGINT);  // were the wake-up still there: 0, at once
    returned.Notify();
  });
  EXPECT_FALSE(returned.WaitForNotificationWithTimeout(absl::Milliseconds(20)));
  std::raise(SIGINT);
  thread.join();
}

TEST(SignalWaiterTest, RefusesASecondOne) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<SignalWaiter> waiter, SignalWaiter::Install());
  EXPECT_THAT(SignalWaiter::Install(), StatusIs(absl::StatusCode::kFailedPrecondition, testing::_));
}

}  // namespace
}  // namespace unclip
