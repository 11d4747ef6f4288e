// Jobs of many steps in a WorkQueue: how they join, share and leave the batch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "common/batching/work_queue_fixture.h"

namespace unclip {
namespace {

using ::testing::ElementsAre;

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

TEST_F(WorkQueueStepsTest, RequestWiseNobodyJoinsABatch) {
  queue_.SetPolicy(StepPolicy({.batching = Batching::kRequest, .max_rows = 2}));
  const auto a = std::make_shared<CountingJob>("a", 2);
  const auto b = std::make_shared<CountingJob>("b", 1);
  const auto c = std::make_shared<CountingJob>("c", 2);
  Submit(a);
  Steps(1);
  Submit(b);
  Submit(c);
  Allow(100);
  EXPECT_OK(c->Result());
  EXPECT_THAT(Steps(4), ElementsAre("a", "a", "b+c", "c"));
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
