// Jobs of many steps in a WorkQueue: how they join, share and leave the batch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/batching/work_queue.h"

namespace unclip {
namespace {

using ::testing::ElementsAre;

// A job that takes `steps` steps of a second each.
class CountingJob final : public StepJob {
 public:
  explicit CountingJob(std::string name, int steps, int group = 0) : name_(std::move(name)), left_(steps), group_(group) {}

  StepNeed need() const override { return {.group = group_, .rows = 1, .remaining = absl::Seconds(left_.load())}; }
  absl::Status Start(const JobContext& context) override {
    queue_duration = context.queue_duration();
    return start_status;
  }
  absl::Status StepAlone() override { return absl::InternalError("not such a job"); }
  absl::StatusOr<bool> AfterStep() override {
    if (!after_step.ok()) return after_step;
    return --left_ == 0;
  }
  void Done(const absl::Status& status) override {
    result = status;
    done.Notify();
  }

  absl::Status Result() {
    done.WaitForNotification();
    return result;
  }

  const std::string& name() const { return name_; }

  absl::Status start_status;
  absl::Status after_step;
  absl::Status step_status;  // of the batch's step
  absl::Duration queue_duration;
  absl::Notification done;

 private:
  const std::string name_;
  std::atomic<int> left_;
  const int group_;
  absl::Status result;
};

class WorkQueueStepsTest : public testing::Test {
 protected:
  WorkQueueStepsTest()
      : queue_({.name = "prior", .capacity = 10, .clock = &clock_, .step = [this](auto jobs) { return Step(jobs); }}) {
    queue_.SetPolicy(StepPolicy({.max_rows = 2}));
  }

  ~WorkQueueStepsTest() override {
    Allow(1000);
    queue_.Shutdown(absl::InfiniteDuration());
  }

  std::shared_ptr<JobTicket> Submit(const std::shared_ptr<CountingJob>& job, absl::Duration deadline = absl::InfiniteDuration()) {
    auto ticket = std::make_shared<JobTicket>(deadline);
    EXPECT_OK(queue_.Submit(ticket, job));
    return ticket;
  }

  // Lets the worker take so many steps more.
  void Allow(int steps) {
    absl::MutexLock lock(&mutex_);
    allowed_ += steps;
  }

  // The names of those stepped together, for each step so far, once there are `count` or more.
  std::vector<std::string> Steps(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return steps_.size() >= count; };
    mutex_.Await(absl::Condition(&enough));
    return steps_;
  }

  FakeClock clock_;
  absl::Mutex mutex_;
  int allowed_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> steps_ ABSL_GUARDED_BY(mutex_);
  WorkQueue queue_;

 private:
  // Waits until it is allowed a step, notes who takes part, and lets a second pass.
  std::vector<absl::Status> Step(absl::Span<StepJob* const> jobs) {
    std::vector<std::string> names;
    std::vector<absl::Status> results;
    for (StepJob* job : jobs) {
      auto* counting = static_cast<CountingJob*>(job);
      names.push_back(counting->name());
      results.push_back(counting->step_status);
    }
    absl::MutexLock lock(&mutex_);
    steps_.push_back(absl::StrJoin(names, "+"));
    const auto may_go = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return allowed_ > 0; };
    mutex_.Await(absl::Condition(&may_go));
    --allowed_;
    clock_.Advance(absl::Seconds(1));
    return results;
  }
};

TEST_F(WorkQueueStepsTest, JobsJoinAndLeaveTheBatchBetweenSteps) {
  const auto a = std::make_shared<CountingJob>("a", 3);
  const auto b = std::make_shared<CountingJob>("b", 2);
  Submit(a);
  Steps(1);  // a is in its first step
  Submit(b);
  Allow(100);
  EXPECT_OK(a->Result());
  EXPECT_OK(b->Result());
  EXPECT_THAT(Steps(3), ElementsAre("a", testing::AnyOf("a+b", "b+a"), testing::AnyOf("a+b", "b+a")));
  EXPECT_EQ(b->queue_duration, absl::Seconds(1));
}

TEST_F(WorkQueueStepsTest, AFullBatchLeavesNobodyBehind) {
  std::vector<std::shared_ptr<CountingJob>> jobs;
  for (int i = 0; i < 7; ++i) jobs.push_back(std::make_shared<CountingJob>(absl::StrCat(i), 2));
  for (const auto& job : jobs) Submit(job);
  Allow(100);
  for (const auto& job : jobs) EXPECT_OK(job->Result());
  EXPECT_LE(Steps(1).size(), 9);  // 14 steps in pairs, but for a first and last that may be alone
}

TEST_F(WorkQueueStepsTest, StepsOtherGroupsInTurn) {
  const auto a = std::make_shared<CountingJob>("a", 1, 0);
  const auto b = std::make_shared<CountingJob>("b", 1, 1);
  Submit(a);
  Steps(1);
  Submit(b);
  Allow(100);
  EXPECT_OK(b->Result());
  EXPECT_THAT(Steps(2), ElementsAre("a", "b"));
}

TEST_F(WorkQueueStepsTest, AJobThatIsCancelledDuringItsStepLeavesAfterIt) {
  const auto a = std::make_shared<CountingJob>("a", 5);
  const auto ticket = Submit(a);
  Steps(1);
  queue_.Cancel(ticket);
  EXPECT_FALSE(a->done.HasBeenNotified());
  Allow(100);
  EXPECT_THAT(a->Result(), StatusIs(absl::StatusCode::kCancelled, testing::_));
  EXPECT_EQ(Steps(1).size(), 1);
}

TEST_F(WorkQueueStepsTest, AStartedJobThatIsCancelledBetweenItsStepsIsOutAtOnce) {
  const auto a = std::make_shared<CountingJob>("a", 9);
  const auto ticket = Submit(a);
  Steps(1);
  const auto b = std::make_shared<CountingJob>("b", 1, 1);  // shorter, and of another group: it goes first now
  Submit(b);
  Allow(1);
  EXPECT_THAT(Steps(2), ElementsAre("a", "b"));
  queue_.Cancel(ticket);
  EXPECT_TRUE(a->done.HasBeenNotified());
  EXPECT_THAT(a->Result(), StatusIs(absl::StatusCode::kCancelled, testing::_));
}

TEST_F(WorkQueueStepsTest, ADeadlineEndsAJobBetweenSteps) {
  const auto a = std::make_shared<CountingJob>("a", 9);
  Submit(a, absl::Milliseconds(2500));
  Allow(100);
  EXPECT_THAT(a->Result(), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
  EXPECT_EQ(Steps(3).size(), 3);
}

TEST_F(WorkQueueStepsTest, AnErrorOfOneHarmsNoOther) {
  const auto a = std::make_shared<CountingJob>("a", 3);
  const auto b = std::make_shared<CountingJob>("b", 3);
  const auto c = std::make_shared<CountingJob>("c", 3);
  a->step_status = absl::InternalError("not finite");
  c->start_status = absl::InternalError("no memory");
  Submit(b);
  Steps(1);
  Submit(a);
  Submit(c);
  Allow(100);
  EXPECT_THAT(a->Result(), StatusIs(absl::StatusCode::kInternal, "not finite"));
  EXPECT_THAT(c->Result(), StatusIs(absl::StatusCode::kInternal, "no memory"));
  EXPECT_OK(b->Result());
}

TEST_F(WorkQueueStepsTest, AnErrorAfterAStepEndsTheJob) {
  const auto a = std::make_shared<CountingJob>("a", 3);
  a->after_step = absl::InternalError("cannot encode");
  Submit(a);
  Allow(100);
  EXPECT_THAT(a->Result(), StatusIs(absl::StatusCode::kInternal, "cannot encode"));
  EXPECT_EQ(Steps(1).size(), 1);
}

TEST_F(WorkQueueStepsTest, DropsWhatIsStartedAfterTheGracePeriod) {
  const auto a = std::make_shared<CountingJob>("a", 1'000'000'000);
  Submit(a);
  Steps(1);
  std::thread shutdown([&] { queue_.Shutdown(absl::ZeroDuration()); });
  Allow(1'000'000'000);
  EXPECT_THAT(a->Result(), StatusIs(absl::StatusCode::kUnavailable, testing::_));
  shutdown.join();
}

}  // namespace
}  // namespace unclip
