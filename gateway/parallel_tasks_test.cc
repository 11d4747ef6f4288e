#include "gateway/parallel_tasks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

class ParallelTasksTest : public testing::Test {
 protected:
  // A task that only ends when the request is cancelled.
  absl::Status BlockUntilCancelled() {
    absl::Notification cancelled;
    const Cancellation::Hook hook(&cancellation_, [&] { cancelled.Notify(); });
    cancelled.WaitForNotification();
    return absl::CancelledError("was cancelled");
  }

  Cancellation cancellation_;
  RequestContext request_{.request_id = "test", .cancellation = &cancellation_};
};

TEST_F(ParallelTasksTest, RunsEachTaskOnce) {
  WorkerPool pool(2);
  absl::Mutex mutex;
  std::multiset<int> ran;
  EXPECT_OK(RunParallel(&pool, request_, 10, [&](int i) {
    absl::MutexLock lock(&mutex);
    ran.insert(i);
    return absl::OkStatus();
  }));
  EXPECT_EQ(ran, (std::multiset<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(ParallelTasksTest, RunsThemSideBySide) {
  WorkerPool pool(3);
  absl::BlockingCounter all_run(3);
  absl::Notification go;
  EXPECT_OK(RunParallel(&pool, request_, 3, [&](int) {
    if (all_run.DecrementCount()) go.Notify();
    go.WaitForNotification();
    return absl::OkStatus();
  }));
}

TEST_F(ParallelTasksTest, FirstErrorCancelsTheOthersAndIsTheResult) {
  WorkerPool pool(2);
  const absl::Status status = RunParallel(
      &pool, request_, 2, [&](int i) { return i == 0 ? BlockUntilCancelled() : absl::InternalError("picture 1 failed"); });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal, "picture 1 failed"));
}

TEST_F(ParallelTasksTest, StartsNoTaskAfterAnError) {
  WorkerPool pool(1);
  std::atomic<int> ran = 0;
  EXPECT_THAT(RunParallel(&pool, request_, 5,
                          [&](int) {
                            ++ran;
                            return absl::InternalError("failed");
                          }),
              StatusIs(absl::StatusCode::kInternal, "failed"));
  EXPECT_EQ(ran, 1);
}

TEST_F(ParallelTasksTest, DoesNotWaitForTasksThatHaveNoThreadYet) {
  WorkerPool pool(1);
  absl::Notification release;
  pool.Submit([&] { release.WaitForNotification(); });  // another request's
  std::thread canceller([&] { cancellation_.Cancel(absl::CancelledError("the caller left")); });
  EXPECT_THAT(RunParallel(&pool, request_, 3,
                          [](int) {
                            ADD_FAILURE() << "ran after the request was cancelled";
                            return absl::OkStatus();
                          }),
              StatusIs(absl::StatusCode::kCancelled, "the caller left"));
  canceller.join();
  release.Notify();
}

TEST_F(ParallelTasksTest, EndsWhenTheDeadlinePasses) {
  WorkerPool pool(1);
  absl::Notification release;
  pool.Submit([&] { release.WaitForNotification(); });
  request_.deadline = request_.clock->Now() + absl::Milliseconds(20);
  EXPECT_THAT(RunParallel(&pool, request_, 1, [](int) { return absl::OkStatus(); }),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "the deadline passed before every picture was finished"));
  release.Notify();
}

TEST_F(ParallelTasksTest, CancelsWhatRunsWhenTheDeadlinePasses) {
  WorkerPool pool(1);
  request_.deadline = request_.clock->Now() + absl::Milliseconds(20);
  EXPECT_THAT(RunParallel(&pool, request_, 1, [&](int) { return BlockUntilCancelled(); }),
              StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
}

}  // namespace
}  // namespace unclip::gateway
