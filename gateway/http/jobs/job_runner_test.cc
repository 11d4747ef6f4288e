#include "gateway/http/jobs/job_runner.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"
#include "gateway/http/jobs/fake_answer_writer.h"
#include "gateway/testing/fake_cluster.h"

namespace unclip::gateway {
namespace {

v1::GenerateImageRequest Prompt(const std::string& prompt) {
  v1::GenerateImageRequest message;
  message.set_prompt(prompt);
  message.set_seed(1);
  return message;
}

class JobRunnerTest : public testing::Test {
 protected:
  void Start(int max_requests, int max_running) {
    cluster_.Start({.max_requests = max_requests});
    runner_ = std::make_unique<JobRunner>(JobRunnerOptions{
        .dispatcher = &cluster_.gateway().dispatcher(), .max_running = max_running, .retry_interval = absl::Milliseconds(1)});
  }

  ~JobRunnerTest() override {
    if (runner_ == nullptr) return;
    runner_->Stop();
    table_.EndAll(absl::UnavailableError("over"));
    cluster_.gateway().dispatcher().Drain(absl::ZeroDuration());
  }

  std::string Submit(const std::string& prompt) {
    absl::StatusOr<std::unique_ptr<JobRun>> run = table_.Add(ImageTask::kGeneration, std::make_shared<FakeAnswerWriter>());
    EXPECT_OK(run);
    const std::string id = (*run)->id();
    runner_->Submit(*std::move(run), Prompt(prompt));
    return id;
  }

  // Waits until the job is final.
  JobSnapshot End(const std::string& id) {
    absl::Notification ended;
    std::shared_ptr<JobSubscriber> subscriber;
    absl::Mutex mutex;
    bool changed = true;
    absl::StatusOr<std::shared_ptr<JobSubscriber>> subscribed = table_.Subscribe(id, [&] {
      absl::MutexLock lock(&mutex);
      changed = true;
    });
    EXPECT_OK(subscribed);
    while (true) {
      while (const std::optional<JobEvent> event = (*subscribed)->Take()) {
        if (IsLast(*event)) return *table_.Get(id);
      }
      absl::MutexLock lock(&mutex);
      mutex.Await(absl::Condition(&changed));
      changed = false;
    }
  }

  FakeCluster cluster_;
  JobTable table_{{}, &Clock::Real()};
  std::unique_ptr<JobRunner> runner_;
};

TEST_F(JobRunnerTest, RunsEveryJob) {
  Start(/*max_requests=*/4, /*max_running=*/2);
  const std::string first = Submit("a"), second = Submit("b"), third = Submit("c");
  for (const std::string& id : {first, second, third}) {
    const JobSnapshot job = End(id);
    EXPECT_EQ(job.status, JobStatus::kSucceeded);
    EXPECT_EQ(job.images.size(), 1U);
  }
}

TEST_F(JobRunnerTest, KeepsJobsWaitingWhileTheClusterIsFull) {
  absl::Notification arrived, go_on;
  cluster_.prior().on_step = [&](grpc::ServerContext&, const FakePriorService::Request&, int) {
    if (!arrived.HasBeenNotified()) arrived.Notify();
    go_on.WaitForNotification();
    return grpc::Status::OK;
  };
  Start(/*max_requests=*/1, /*max_running=*/2);
  const std::string first = Submit("a");
  arrived.WaitForNotification();
  const std::string second = Submit("b");
  EXPECT_EQ(table_.Get(second)->status, JobStatus::kQueued);
  go_on.Notify();
  EXPECT_EQ(End(first).status, JobStatus::kSucceeded);
  EXPECT_EQ(End(second).status, JobStatus::kSucceeded);
}

TEST_F(JobRunnerTest, FailsAJobThatCannotBe) {
  Start(/*max_requests=*/1, /*max_running=*/1);
  const JobSnapshot job = End(Submit(" "));
  EXPECT_EQ(job.status, JobStatus::kFailed);
  EXPECT_THAT(job.error, StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("prompt")));
}

TEST_F(JobRunnerTest, NeverStartsAJobThatWasCancelledWhileItWaited) {
  absl::Notification arrived, go_on;
  cluster_.prior().on_step = [&](grpc::ServerContext&, const FakePriorService::Request&, int) {
    if (!arrived.HasBeenNotified()) arrived.Notify();
    go_on.WaitForNotification();
    return grpc::Status::OK;
  };
  Start(/*max_requests=*/4, /*max_running=*/1);
  const std::string first = Submit("a");
  arrived.WaitForNotification();
  const std::string cancelled = Submit("b"), third = Submit("c");
  EXPECT_OK(table_.CancelOrForget(cancelled).status());
  go_on.Notify();
  EXPECT_EQ(End(third).status, JobStatus::kSucceeded);
  EXPECT_EQ(table_.Get(cancelled)->status, JobStatus::kCancelled);
  EXPECT_EQ(cluster_.prior().log.size(), 2U);
}

}  // namespace
}  // namespace unclip::gateway
