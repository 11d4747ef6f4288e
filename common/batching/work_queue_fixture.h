// For tests: jobs of many steps in a WorkQueue whose steps the test allows one by one.
#ifndef UNCLIP_COMMON_BATCHING_WORK_QUEUE_FIXTURE_H_
#define UNCLIP_COMMON_BATCHING_WORK_QUEUE_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/batching/work_queue.h"

namespace unclip {

// A job that takes `steps` steps of a second each.
class CountingJob final : public StepJob {
 public:
  explicit CountingJob(std::string name, int steps, int group = 0) : name_(std::move(name)), left_(steps), group_(group) {}

  StepNeed need() const override {
    return {.group = group_, .rows = 1, .remaining = absl::Seconds(left_.load()), .stage = group_ == 0 ? "base" : "late"};
  }
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
      : queue_({.name = "prior",
                .capacity = 10,
                .clock = &clock_,
                .step = [this](auto jobs) { return Step(jobs); },
                .metrics = &metrics_}) {
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

  MetricsRegistry registry_{"prior"};
  QueueMetrics metrics_{registry_};
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

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_WORK_QUEUE_FIXTURE_H_
