// What a WorkQueue does about deadlines that cannot be met.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "base/status_matchers.h"
#include "common/batching/work_queue_fixture.h"
#include "common/rpc/retry_info.h"

namespace unclip {
namespace {

using ::testing::HasSubstr;

class WorkQueueDeadlineTest : public WorkQueueStepsTest {
 protected:
  // Steps enough of a second each for the queue to know what they take.
  void Learn() {
    const auto job = std::make_shared<CountingJob>("learn", 10);
    Submit(job);
    Allow(10);
    ASSERT_OK(job->Result());
  }

  absl::Duration In(absl::Duration time) const { return clock_.Now() + time; }

  absl::Status TrySubmit(const std::shared_ptr<CountingJob>& job, absl::Duration deadline) {
    return queue_.Submit(std::make_shared<JobTicket>(deadline), job);
  }
};

TEST_F(WorkQueueDeadlineTest, RefusesANewcomerThatCannotMakeItsDeadlineBehindOthers) {
  Learn();
  const auto running = std::make_shared<CountingJob>("running", 4);
  Submit(running);
  const auto late = std::make_shared<CountingJob>("late", 5);
  const absl::Status refused = TrySubmit(late, In(absl::Seconds(8)));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("prior has work of 4s before")));
  EXPECT_EQ(GetRetryAfter(refused), absl::Seconds(1));
  EXPECT_FALSE(late->done.HasBeenNotified());
  const auto early = std::make_shared<CountingJob>("early", 3);  // goes first
  EXPECT_OK(TrySubmit(early, In(absl::Seconds(4))));
  Allow(100);
  EXPECT_OK(early->Result());
  EXPECT_OK(running->Result());
}

TEST_F(WorkQueueDeadlineTest, RefusesAtOnceWhatCannotMakeItsDeadlineAlone) {
  Learn();
  const auto other = std::make_shared<CountingJob>("other", 100);
  Submit(other);
  EXPECT_THAT(TrySubmit(std::make_shared<CountingJob>("long", 9), In(absl::Seconds(4))),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("deadline is in 4s and its work would take 9s more")));
  Allow(100);
  EXPECT_OK(other->Result());
}

TEST_F(WorkQueueDeadlineTest, EndsAJobAtTheStepAfterWhichItCannotMakeItsDeadline) {
  Learn();
  const size_t before = Steps(10).size();
  const auto job = std::make_shared<CountingJob>("job", 5);
  Submit(job, In(absl::Seconds(5)));
  Steps(before + 1);
  const auto other = std::make_shared<CountingJob>("other", 100, 1);
  Submit(other);
  clock_.Advance(absl::Seconds(3));  // the step takes four
  Allow(1000);
  EXPECT_THAT(job->Result(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("more; ask with more time")));
  EXPECT_OK(other->Result());
  EXPECT_EQ(Steps(before + 101).size(), before + 101);
}

TEST_F(WorkQueueDeadlineTest, EndsAWaitingJobOnceItCannotMakeItsDeadline) {
  Learn();
  const size_t before = Steps(10).size();
  const auto running = std::make_shared<CountingJob>("running", 2, 1);
  Submit(running);
  Steps(before + 1);
  const auto waiting = std::make_shared<CountingJob>("waiting", 3);
  Submit(waiting, In(absl::Seconds(6)));
  clock_.Advance(absl::Seconds(4));  // the other's step takes five
  Allow(100);
  EXPECT_OK(running->Result());
  EXPECT_THAT(waiting->Result(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("take")));
  EXPECT_EQ(Steps(before + 2).size(), before + 2);
}

TEST_F(WorkQueueDeadlineTest, LetsAJobTryThatHarmsNobody) {
  Learn();
  const size_t before = Steps(10).size();
  const auto job = std::make_shared<CountingJob>("job", 50);
  while (!TrySubmit(job, In(absl::Seconds(3))).ok()) std::this_thread::yield();  // until the one before is out
  Allow(100);
  EXPECT_THAT(job->Result(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("passed")));
  EXPECT_EQ(Steps(before + 3).size(), before + 3);
}

TEST_F(WorkQueueDeadlineTest, TriesEverythingBeforeItKnowsWhatStepsTake) {
  const auto job = std::make_shared<CountingJob>("job", 5);
  Submit(job, In(absl::Seconds(3)));
  Allow(100);
  EXPECT_THAT(job->Result(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("passed")));
  EXPECT_EQ(Steps(3).size(), 3);
}

}  // namespace
}  // namespace unclip
