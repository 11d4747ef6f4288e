#include "gateway/worker_pool.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace unclip::gateway {
namespace {

TEST(WorkerPoolTest, RunsAsManyTasksAtATimeAsItHasThreads) {
  constexpr int kThreads = 3;
  absl::BlockingCounter all_run(kThreads);
  absl::Notification go;
  WorkerPool pool(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    pool.Submit([&] {
      if (all_run.DecrementCount()) go.Notify();
      go.WaitForNotification();  // for ever, unless the others run too
    });
  }
}

TEST(WorkerPoolTest, NeverRunsMore) {
  absl::Notification started;
  absl::Notification release;
  absl::Notification second_ran;
  WorkerPool pool(1);
  pool.Submit([&] {
    started.Notify();
    release.WaitForNotification();
    EXPECT_FALSE(second_ran.HasBeenNotified());
  });
  pool.Submit([&] { second_ran.Notify(); });
  started.WaitForNotification();
  EXPECT_EQ(pool.waiting(), 1);
  release.Notify();
  second_ran.WaitForNotification();
  EXPECT_EQ(pool.waiting(), 0);
}

TEST(WorkerPoolTest, RunsTasksInTheirOrder) {
  std::vector<int> order;
  {
    WorkerPool pool(1);
    for (int i = 0; i < 5; ++i) pool.Submit([&order, i] { order.push_back(i); });
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(WorkerPoolTest, UsesAThreadAgain) {
  WorkerPool pool(2);
  for (int i = 0; i < 100; ++i) {
    absl::Notification done;
    pool.Submit([&] { done.Notify(); });
    done.WaitForNotification();
  }
}

TEST(WorkerPoolTest, RunsWhatWasSubmittedBeforeItEnds) {
  int ran = 0;
  absl::Mutex mutex;
  {
    WorkerPool pool(4);
    for (int i = 0; i < 50; ++i) {
      pool.Submit([&] {
        absl::MutexLock lock(&mutex);
        ++ran;
      });
    }
  }
  EXPECT_EQ(ran, 50);
}

}  // namespace
}  // namespace unclip::gateway
