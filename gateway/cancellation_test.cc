#include "gateway/cancellation.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

TEST(CancellationTest, IsOkUntilCancelled) {
  Cancellation cancellation;
  EXPECT_OK(cancellation.status());
  cancellation.Cancel(absl::CancelledError("the caller left"));
  EXPECT_THAT(cancellation.status(), StatusIs(absl::StatusCode::kCancelled, "the caller left"));
}

TEST(CancellationTest, KeepsTheFirstReason) {
  Cancellation cancellation;
  cancellation.Cancel(absl::InternalError("first"));
  cancellation.Cancel(absl::CancelledError("second"));
  EXPECT_THAT(cancellation.status(), StatusIs(absl::StatusCode::kInternal, "first"));
}

TEST(CancellationTest, CallsEachHookOnce) {
  Cancellation cancellation;
  int calls = 0;
  const Cancellation::Hook first(&cancellation, [&] { ++calls; });
  const Cancellation::Hook second(&cancellation, [&] { ++calls; });
  EXPECT_EQ(calls, 0);
  cancellation.Cancel(absl::CancelledError(""));
  cancellation.Cancel(absl::CancelledError(""));
  EXPECT_EQ(calls, 2);
}

TEST(CancellationTest, CallsAHookAtOnceThatComesLate) {
  Cancellation cancellation;
  cancellation.Cancel(absl::CancelledError(""));
  int calls = 0;
  const Cancellation::Hook hook(&cancellation, [&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(CancellationTest, DoesNotCallAHookThatIsGone) {
  Cancellation cancellation;
  int calls = 0;
  {
    const Cancellation::Hook hook(&cancellation, [&] { ++calls; });
  }
  cancellation.Cancel(absl::CancelledError(""));
  EXPECT_EQ(calls, 0);
}

TEST(CancellationTest, HookIsNotRunningAnyMoreOnceItIsGone) {
  Cancellation cancellation;
  absl::Notification in_hook;
  absl::Notification may_return;
  bool returned = false;
  std::optional<Cancellation::Hook> hook;
  hook.emplace(&cancellation, [&] {
    in_hook.Notify();
    may_return.WaitForNotification();
    returned = true;
  });
  std::thread canceller([&] { cancellation.Cancel(absl::CancelledError("")); });
  in_hook.WaitForNotification();
  std::thread releaser([&] { may_return.Notify(); });
  hook.reset();
  EXPECT_TRUE(returned);
  canceller.join();
  releaser.join();
}

}  // namespace
}  // namespace unclip::gateway
