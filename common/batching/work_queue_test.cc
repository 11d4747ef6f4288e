#include "common/batching/work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/rpc/retry_info.h"

namespace unclip {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<JobTicket> NewTicket(absl::Duration deadline = absl::InfiniteDuration()) {
  return std::make_shared<JobTicket>(deadline);
}

// A job that tells when it runs, runs until it is told to end (or, when it polls, until its context says so), and keeps its
// status.
class TestJob {
 public:
  explicit TestJob(bool polls = false) : polls_(polls) {}

  Job job() {
    return {.run =
                [this](const JobContext& context) {
                  queue_duration = context.queue_duration();
                  started.Notify();
                  if (!polls_) {
                    finish.WaitForNotification();
                    return absl::OkStatus();
                  }
                  for (;;) {
                    if (absl::Status status = context.Check(); !status.ok()) return status;
                    std::this_thread::yield();
                  }
                },
            .done =
                [this](const absl::Status& result) {
                  status = result;
                  done.Notify();
                }};
  }

  // The status that `done` was called with, waiting for it.
  absl::Status Status() {
    done.WaitForNotification();
    return status;
  }

  absl::Notification started;
  absl::Notification finish;
  absl::Notification done;
  absl::Duration queue_duration;

 private:
  const bool polls_;
  absl::Status status;
};

class WorkQueueTest : public testing::Test {
 protected:
  WorkQueueOptions Options(int capacity) {
    return {.name = "prior",
            .capacity = capacity,
            .clock = &clock_,
            .on_length = [this](int length) { lengths_.push_back(length); },
            .on_start = nullptr};
  }

  FakeClock clock_;
  std::vector<int> lengths_;  // written under the queue's lock; read when it is idle
};

TEST_F(WorkQueueTest, RunsJobsInOrderOnOneThread) {
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  absl::Notification last;
  WorkQueue queue(Options(10));
  for (int i = 0; i < 5; ++i) {
    EXPECT_OK(queue.Submit(NewTicket(), {.run =
                                             [&, i](const JobContext&) {
                                               order.push_back(i);
                                               threads.push_back(std::this_thread::get_id());
                                               return absl::OkStatus();
                                             },
                                         .done =
                                             [&, i](const absl::Status&) {
                                               if (i == 4) last.Notify();
                                             }}));
  }
  last.WaitForNotification();
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(threads, std::vector<std::thread::id>(5, threads[0]));
  EXPECT_NE(threads[0], std::this_thread::get_id());
}

TEST_F(WorkQueueTest, HandsTheResultOfRunToDone) {
  absl::Notification done;
  absl::Status result;
  WorkQueue queue(Options(1));
  EXPECT_OK(queue.Submit(NewTicket(), {.run = [](const JobContext&) { return absl::InternalError("not finite"); },
                                       .done =
                                           [&](const absl::Status& status) {
                                             result = status;
                                             done.Notify();
                                           }}));
  done.WaitForNotification();
  EXPECT_THAT(result, StatusIs(absl::StatusCode::kInternal, "not finite"));
}

TEST_F(WorkQueueTest, RejectsWhenFullAndSaysWhenToRetry) {
  TestJob running;
  TestJob first;
  TestJob second;
  TestJob refused;
  WorkQueue queue(Options(2));
  ASSERT_OK(queue.Submit(NewTicket(), running.job()));
  running.started.WaitForNotification();
  ASSERT_OK(queue.Submit(NewTicket(), first.job()));
  ASSERT_OK(queue.Submit(NewTicket(), second.job()));
  EXPECT_EQ(queue.length(), 2);

  const absl::Status full = queue.Submit(NewTicket(), refused.job());
  EXPECT_THAT(full, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("the queue of prior is full (2 requests wait)")));
  EXPECT_EQ(GetRetryAfter(full), absl::Seconds(1));

  // Once jobs have ended, the advice comes from how long they took.
  clock_.Advance(absl::Seconds(7));
  running.finish.Notify();
  first.started.WaitForNotification();
  TestJob third;
  ASSERT_OK(queue.Submit(NewTicket(), third.job()));
  EXPECT_EQ(GetRetryAfter(queue.Submit(NewTicket(), refused.job())), absl::Seconds(7));
  for (TestJob* job : {&first, &second, &third}) job->finish.Notify();
  EXPECT_OK(third.Status());
  EXPECT_FALSE(refused.started.HasBeenNotified());
  EXPECT_FALSE(refused.done.HasBeenNotified());
}

TEST_F(WorkQueueTest, DropsAWaitingJobAtOnceWhenItsCallerCancels) {
  TestJob running;
  TestJob waiting;
  WorkQueue queue(Options(1));
  ASSERT_OK(queue.Submit(NewTicket(), running.job()));
  running.started.WaitForNotification();
  const auto ticket = NewTicket();
  ASSERT_OK(queue.Submit(ticket, waiting.job()));
  queue.Cancel(ticket);
  EXPECT_TRUE(waiting.done.HasBeenNotified());  // before its turn: the other still runs
  EXPECT_THAT(waiting.Status(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("cancelled")));
  EXPECT_EQ(queue.length(), 0);

  TestJob next;  // its place is free
  EXPECT_OK(queue.Submit(NewTicket(), next.job()));
  running.finish.Notify();
  next.finish.Notify();
  EXPECT_OK(next.Status());
  EXPECT_FALSE(waiting.started.HasBeenNotified());
}

TEST_F(WorkQueueTest, TellsADeadlineFromACancellation) {
  TestJob running;
  TestJob waiting;
  WorkQueue queue(Options(1));
  ASSERT_OK(queue.Submit(NewTicket(), running.job()));
  running.started.WaitForNotification();
  const auto ticket = NewTicket(absl::Seconds(5));
  ASSERT_OK(queue.Submit(ticket, waiting.job()));
  clock_.Advance(absl::Seconds(5));
  queue.Cancel(ticket);
  EXPECT_TRUE(waiting.done.HasBeenNotified());
  EXPECT_THAT(waiting.Status(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("deadline")));
  running.finish.Notify();
}

TEST_F(WorkQueueTest, NeverStartsAJobWhoseDeadlinePassedWhileItWaited) {
  TestJob running;
  TestJob waiting;
  WorkQueue queue(Options(1));
  ASSERT_OK(queue.Submit(NewTicket(), running.job()));
  running.started.WaitForNotification();
  ASSERT_OK(queue.Submit(NewTicket(absl::Seconds(5)), waiting.job()));
  clock_.Advance(absl::Seconds(6));
  running.finish.Notify();
  EXPECT_THAT(waiting.Status(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("deadline")));
  EXPECT_FALSE(waiting.started.HasBeenNotified());
}

TEST_F(WorkQueueTest, RefusesJobsThatAreOverAlready) {
  TestJob job;
  WorkQueue queue(Options(1));
  const auto cancelled = NewTicket();
  queue.Cancel(cancelled);
  EXPECT_THAT(queue.Submit(cancelled, job.job()), StatusIs(absl::StatusCode::kCancelled, testing::_));
  EXPECT_THAT(queue.Submit(NewTicket(absl::ZeroDuration()), job.job()),
              StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
  EXPECT_FALSE(job.done.HasBeenNotified());
}

TEST_F(WorkQueueTest, LetsARunningJobSeeItsCancellation) {
  TestJob running(/*polls=*/true);
  WorkQueue queue(Options(1));
  const auto ticket = NewTicket();
  ASSERT_OK(queue.Submit(ticket, running.job()));
  running.started.WaitForNotification();
  queue.Cancel(ticket);
  queue.Cancel(ticket);  // harmless
  EXPECT_THAT(running.Status(), StatusIs(absl::StatusCode::kCancelled, testing::_));
  queue.Cancel(ticket);  // harmless
}

TEST_F(WorkQueueTest, LetsARunningJobSeeItsDeadline) {
  TestJob running(/*polls=*/true);
  WorkQueue queue(Options(1));
  ASSERT_OK(queue.Submit(NewTicket(absl::Seconds(5)), running.job()));
  running.started.WaitForNotification();
  clock_.Advance(absl::Seconds(5));
  EXPECT_THAT(running.Status(), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
}

TEST_F(WorkQueueTest, TellsAJobHowLongItWaited) {
  TestJob running;
  TestJob waiting;
  WorkQueue queue(Options(1));
  ASSERT_OK(queue.Submit(NewTicket(), running.job()));
  running.started.WaitForNotification();
  EXPECT_EQ(running.queue_duration, absl::ZeroDuration());
  ASSERT_OK(queue.Submit(NewTicket(), waiting.job()));
  clock_.Advance(absl::Seconds(3));
  running.finish.Notify();
  waiting.started.WaitForNotification();
  EXPECT_EQ(waiting.queue_duration, absl::Seconds(3));
  waiting.finish.Notify();
}

TEST_F(WorkQueueTest, LearnsNothingFromJobsThatAreNoRequests) {
  int reported = 0;
  WorkQueueOptions options = Options(1);
  options.on_start = [&](absl::Duration) { ++reported; };
  TestJob loading;
  TestJob running;
  TestJob waiting;
  {
    WorkQueue queue(options);
    Job job = loading.job();
    job.is_request = false;
    ASSERT_OK(queue.Submit(NewTicket(), std::move(job)));
    loading.started.WaitForNotification();
    clock_.Advance(absl::Seconds(30));
    loading.finish.Notify();
    ASSERT_OK(queue.Submit(NewTicket(), running.job()));
    running.started.WaitForNotification();
    ASSERT_OK(queue.Submit(NewTicket(), waiting.job()));
    TestJob refused;
    EXPECT_EQ(GetRetryAfter(queue.Submit(NewTicket(), refused.job())), absl::Seconds(1));
    running.finish.Notify();
    waiting.finish.Notify();
    EXPECT_OK(waiting.Status());
  }
  EXPECT_EQ(reported, 2);
}

TEST_F(WorkQueueTest, FinishesWhatItHoldsWithinTheGracePeriod) {
  TestJob running;
  TestJob waiting;
  TestJob late;
  WorkQueue queue(Options(2));
  ASSERT_OK(queue.Submit(NewTicket(), running.job()));
  running.started.WaitForNotification();
  ASSERT_OK(queue.Submit(NewTicket(), waiting.job()));
  std::thread shutdown([&] { queue.Shutdown(absl::InfiniteDuration()); });
  // Refuses new work from now on; until the other thread has come that far, the ticket's own refusal shows nothing, so poll.
  absl::Status refused;
  do {
    TestJob probe;
    const auto ticket = NewTicket();
    refused = queue.Submit(ticket, probe.job());
    if (refused.ok()) queue.Cancel(ticket);
  } while (refused.ok());
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("prior is shutting down")));
  running.finish.Notify();
  waiting.finish.Notify();
  EXPECT_OK(running.Status());
  EXPECT_OK(waiting.Status());
  shutdown.join();
}

TEST_F(WorkQueueTest, EndsWhatIsLeftAfterTheGracePeriod) {
  TestJob running(/*polls=*/true);
  TestJob waiting;
  WorkQueue queue(Options(1));
  ASSERT_OK(queue.Submit(NewTicket(), running.job()));
  running.started.WaitForNotification();
  ASSERT_OK(queue.Submit(NewTicket(), waiting.job()));
  queue.Shutdown(absl::ZeroDuration());
  EXPECT_TRUE(running.done.HasBeenNotified());
  EXPECT_THAT(running.Status(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("shutting down")));
  EXPECT_THAT(waiting.Status(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("shutting down")));
  EXPECT_FALSE(waiting.started.HasBeenNotified());
  TestJob late;
  EXPECT_THAT(queue.Submit(NewTicket(), late.job()), StatusIs(absl::StatusCode::kUnavailable, testing::_));
}

TEST_F(WorkQueueTest, ReportsItsLength) {
  TestJob running;
  TestJob waiting;
  {
    WorkQueue queue(Options(2));
    ASSERT_OK(queue.Submit(NewTicket(), running.job()));
    running.started.WaitForNotification();
    ASSERT_OK(queue.Submit(NewTicket(), waiting.job()));
    running.finish.Notify();
    waiting.finish.Notify();
    EXPECT_OK(waiting.Status());
  }
  EXPECT_THAT(lengths_, ElementsAre(1, 0, 1, 0));
}

TEST_F(WorkQueueTest, CallsDoneExactlyOnceUnderManyCancellations) {
  constexpr int kJobs = 2000;
  std::atomic<int> done = 0;
  {
    WorkQueue queue(Options(kJobs));
    std::vector<std::shared_ptr<JobTicket>> tickets;
    tickets.reserve(kJobs);
    for (int i = 0; i < kJobs; ++i) tickets.push_back(NewTicket());
    std::thread canceller([&] {
      for (const auto& ticket : tickets) queue.Cancel(ticket);
    });
    int accepted = 0;
    for (const auto& ticket : tickets) {
      const absl::Status submitted = queue.Submit(ticket, {.run = [](const JobContext& context) { return context.Check(); },
                                                           .done = [&](const absl::Status&) { ++done; }});
      if (submitted.ok()) ++accepted;
    }
    canceller.join();
    queue.Shutdown(absl::InfiniteDuration());
    EXPECT_EQ(done, accepted);
  }
}

}  // namespace
}  // namespace unclip
