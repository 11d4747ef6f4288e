// What a WorkQueue counts of the steps it takes, wastes and refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <memory>
#include <string>

#include "base/status_matchers.h"
#include "common/batching/work_queue_fixture.h"

namespace unclip {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class WorkQueueMetricsTest : public WorkQueueStepsTest {
 protected:
  std::string Text() const { return prometheus::TextSerializer().Serialize(registry_.prometheus_registry()->Collect()); }

  absl::Status TrySubmit(absl::Duration deadline = absl::InfiniteDuration(), int steps = 1) {
    return queue_.Submit(std::make_shared<JobTicket>(deadline), std::make_shared<CountingJob>("late", steps));
  }

  void Run(const std::shared_ptr<CountingJob>& job, int steps) {
    Submit(job);
    Allow(steps);
    EXPECT_OK(job->Result());
  }
};

TEST_F(WorkQueueMetricsTest, CountsTheRowsOfEachStageThatAreSteppedTogether) {
  const auto a = std::make_shared<CountingJob>("a", 2);
  const auto b = std::make_shared<CountingJob>("b", 1);
  Submit(a);
  Steps(1);
  Submit(b);  // joins the second step
  Allow(2);
  EXPECT_OK(a->Result());
  EXPECT_OK(b->Result());
  Run(std::make_shared<CountingJob>("c", 3, 1), 3);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("unclip_prior_batch_rows_count{stage=\"base\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("unclip_prior_batch_rows_sum{stage=\"base\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("unclip_prior_batch_rows_bucket{stage=\"base\",le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("unclip_prior_batch_rows_bucket{stage=\"base\",le=\"2\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("unclip_prior_batch_rows_sum{stage=\"late\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("unclip_prior_wasted_steps_total{")));
  EXPECT_THAT(text, HasSubstr("unclip_prior_queue_capacity 10\n"));
}

TEST_F(WorkQueueMetricsTest, CountsTheStepsOfACancelledJobAsWasted) {
  const auto a = std::make_shared<CountingJob>("a", 9);
  const auto ticket = Submit(a);
  Allow(2);
  Steps(3);
  queue_.Cancel(ticket);  // during the third step
  Allow(1);
  EXPECT_THAT(a->Result(), StatusIs(absl::StatusCode::kCancelled, testing::_));
  EXPECT_THAT(Text(), HasSubstr("unclip_prior_wasted_steps_total{reason=\"cancelled\",stage=\"base\"} 3\n"));
}

TEST_F(WorkQueueMetricsTest, CountsTheStepsOfAJobWhoseDeadlinePassed) {
  const auto a = std::make_shared<CountingJob>("a", 9);
  Submit(a, absl::Milliseconds(1500));
  Allow(100);
  EXPECT_THAT(a->Result(), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
  EXPECT_THAT(Text(), HasSubstr("unclip_prior_wasted_steps_total{reason=\"deadline\",stage=\"base\"} 2\n"));
}

TEST_F(WorkQueueMetricsTest, AResultThatNobodyWaitsForIsWasted) {
  const auto a = std::make_shared<CountingJob>("a", 1);
  const auto ticket = Submit(a);
  Steps(1);
  queue_.Cancel(ticket);  // during its only step
  Allow(1);
  EXPECT_OK(a->Result());
  EXPECT_THAT(Text(), HasSubstr("unclip_prior_wasted_steps_total{reason=\"cancelled\",stage=\"base\"} 1\n"));
}

TEST_F(WorkQueueMetricsTest, AJobThatIsCancelledBeforeItsFirstStepWastesNothing) {
  const auto a = std::make_shared<CountingJob>("a", 1);
  Submit(a);
  Steps(1);
  const auto b = std::make_shared<CountingJob>("b", 1);
  queue_.Cancel(Submit(b));
  EXPECT_THAT(b->Result(), StatusIs(absl::StatusCode::kCancelled, testing::_));
  Allow(1);
  EXPECT_OK(a->Result());
  EXPECT_THAT(Text(), Not(HasSubstr("unclip_prior_wasted_steps_total{")));
}

TEST_F(WorkQueueMetricsTest, CountsStepsThatFailed) {
  const auto a = std::make_shared<CountingJob>("a", 2);
  a->step_status = absl::InternalError("not finite");
  Submit(a);
  Allow(1);
  EXPECT_THAT(a->Result(), StatusIs(absl::StatusCode::kInternal, testing::_));
  EXPECT_THAT(Text(), HasSubstr("unclip_prior_wasted_steps_total{reason=\"failed\",stage=\"base\"} 1\n"));
}

TEST_F(WorkQueueMetricsTest, CountsWhyJobsAreRefused) {
  EXPECT_THAT(Text(), HasSubstr("unclip_prior_rejections_total{reason=\"queue_full\"} 0\n"));
  Run(std::make_shared<CountingJob>("learn", 10), 10);
  Submit(std::make_shared<CountingJob>("running", 4));
  EXPECT_THAT(TrySubmit(clock_.Now()), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
  EXPECT_THAT(TrySubmit(clock_.Now() + absl::Seconds(4), 9), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
  EXPECT_THAT(TrySubmit(clock_.Now() + absl::Seconds(8), 5), StatusIs(absl::StatusCode::kResourceExhausted, testing::_));
  while (TrySubmit().ok()) {
  }
  Allow(100);
  queue_.Shutdown(absl::ZeroDuration());
  EXPECT_THAT(TrySubmit(), StatusIs(absl::StatusCode::kUnavailable, testing::_));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("unclip_prior_rejections_total{reason=\"deadline\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("unclip_prior_rejections_total{reason=\"queue_full\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("unclip_prior_rejections_total{reason=\"draining\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("unclip_prior_rejections_total{reason=\"memory\"} 0\n"));
}

}  // namespace
}  // namespace unclip
