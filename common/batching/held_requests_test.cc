#include "common/batching/held_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "common/batching/work_queue_fixture.h"

namespace unclip {
namespace {

using HeldRequestsTest = WorkQueueStepsTest;

TEST_F(HeldRequestsTest, TellsWhatRunsAndWhatWaits) {
  EXPECT_TRUE(HeldRequests(queue_).empty());
  queue_.SetPolicy(StepPolicy({.max_rows = 1}));
  const auto first = std::make_shared<CountingJob>("first", 2);
  const auto status = std::make_shared<JobStatus>("first", "trace");
  ASSERT_OK(queue_.Submit(std::make_shared<JobTicket>(absl::InfiniteDuration(), status), first));
  Steps(1);  // its step has begun
  status->stage = "prior";
  status->step = 1;
  status->step_count = 2;
  const auto second = std::make_shared<CountingJob>("second", 1);
  ASSERT_OK(
      queue_.Submit(std::make_shared<JobTicket>(absl::InfiniteDuration(), std::make_shared<JobStatus>("second", "")), second));
  clock_.Advance(absl::Seconds(4));
  Submit(std::make_shared<CountingJob>("without status", 1));

  const std::vector<DebugRequest> requests = HeldRequests(queue_);
  ASSERT_EQ(requests.size(), 2);
  EXPECT_EQ(requests[0].request_id, "first");
  EXPECT_EQ(requests[0].trace_id, "trace");
  EXPECT_EQ(requests[0].state, DebugState::kRunning);
  EXPECT_EQ(requests[0].stage, "prior");
  EXPECT_EQ(requests[0].step, 1);
  EXPECT_EQ(requests[0].step_count, 2);
  EXPECT_EQ(requests[0].age, absl::Seconds(4));
  EXPECT_EQ(requests[1].request_id, "second");
  EXPECT_EQ(requests[1].state, DebugState::kQueued);
  EXPECT_EQ(requests[1].stage, "");
}

TEST_F(HeldRequestsTest, TellsWhatIsBetweenItsSteps) {
  queue_.SetPolicy(StepPolicy({.max_rows = 1}));
  const auto longer = std::make_shared<CountingJob>("longer", 3);
  const auto status = std::make_shared<JobStatus>("longer", "");
  ASSERT_OK(queue_.Submit(std::make_shared<JobTicket>(absl::InfiniteDuration(), status), longer));
  Steps(1);
  Submit(std::make_shared<CountingJob>("shorter", 1));
  Allow(1);
  Steps(2);  // the shorter one's
  ASSERT_EQ(HeldRequests(queue_).size(), 1);
  EXPECT_EQ(HeldRequests(queue_)[0].state, DebugState::kStarted);
}

}  // namespace
}  // namespace unclip
