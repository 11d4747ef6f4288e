#include "tools/interrupt_watcher.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "absl/synchronization/notification.h"

namespace unclip {
namespace {

class InterruptWatcherTest : public testing::TestWithParam<int> {
 protected:
  static void SetUpTestSuite() { BlockEventSignals(); }
};

TEST_P(InterruptWatcherTest, CallsBackOnTheFirstSignal) {
  absl::Notification interrupted;
  const InterruptWatcher watcher([&] { interrupted.Notify(); });
  kill(getpid(), GetParam());
  interrupted.WaitForNotification();
}

TEST_P(InterruptWatcherTest, DiesOfTheSecondSignal) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        BlockEventSignals();
        absl::Notification interrupted;
        const InterruptWatcher watcher([&] { interrupted.Notify(); });
        kill(getpid(), GetParam());
        interrupted.WaitForNotification();
        kill(getpid(), GetParam());
        pause();
      },
      testing::KilledBySignal(GetParam()), "");
}

INSTANTIATE_TEST_SUITE_P(Signals, InterruptWatcherTest, testing::Values(SIGINT, SIGTERM));

TEST(InterruptWatcherEndTest, EndsWithoutASignal) {
  const InterruptWatcher watcher([] { FAIL(); });
}

}  // namespace
}  // namespace unclip
