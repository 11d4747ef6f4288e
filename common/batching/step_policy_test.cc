#include "common/batching/step_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace unclip {
namespace {

using testing::ElementsAre;

constexpr absl::Duration kNow = absl::Seconds(100);

StepCandidate Job(absl::Duration remaining, absl::Duration age = absl::ZeroDuration(), int group = 0, int rows = 1) {
  return {.need = {.group = group, .rows = rows, .remaining = remaining}, .arrival = kNow - age, .started = true};
}

TEST(StepPolicyTest, LetsShortJobsPassLongOnes) {
  const StepPolicy policy({.max_rows = 1});
  EXPECT_THAT(policy.Pick({Job(absl::Seconds(9)), Job(absl::Seconds(2)), Job(absl::Seconds(5))}, kNow), ElementsAre(1));
}

TEST(StepPolicyTest, KeepsTheOrderOfArrivalAmongEquals) {
  const StepPolicy policy({.max_rows = 1});
  EXPECT_THAT(policy.Pick({Job(absl::Seconds(3)), Job(absl::Seconds(3), absl::Seconds(1)), Job(absl::Seconds(3))}, kNow),
              ElementsAre(1));
  EXPECT_THAT(policy.Pick({Job(absl::Seconds(3)), Job(absl::Seconds(3))}, kNow), ElementsAre(0));
}

TEST(StepPolicyTest, StarvesNobody) {
  // A long job against a new short one every second, each of which takes the whole second: it must get through all the same.
  const StepPolicy policy({.max_rows = 1});
  absl::Duration long_remaining = absl::Seconds(20);
  int seconds = 0;
  for (; long_remaining > absl::ZeroDuration() && seconds < 1000; ++seconds) {
    const absl::Duration now = absl::Seconds(seconds);
    const std::vector<StepCandidate> jobs = {{.need = {.remaining = long_remaining}, .arrival = absl::ZeroDuration()},
                                             {.need = {.remaining = absl::Seconds(1)}, .arrival = now}};
    if (policy.Pick(jobs, now).front() == 0) long_remaining -= absl::Seconds(1);
  }
  EXPECT_EQ(long_remaining, absl::ZeroDuration());
  EXPECT_LE(seconds, 10 * 20 + 20);
}

TEST(StepPolicyTest, TakesAlongWhatFitsOfTheSameGroup) {
  const StepPolicy policy({.max_rows = 4});
  EXPECT_THAT(policy.Pick({Job(absl::Seconds(1), {}, 0, 2), Job(absl::Seconds(2), {}, 1, 1), Job(absl::Seconds(3), {}, 0, 2),
                           Job(absl::Seconds(4), {}, 0, 1)},
                          kNow),
              ElementsAre(0, 2));
}

TEST(StepPolicyTest, IsNotBlockedByOneThatDoesNotFit) {
  const StepPolicy policy({.max_rows = 4});
  EXPECT_THAT(
      policy.Pick({Job(absl::Seconds(1), {}, 0, 3), Job(absl::Seconds(2), {}, 0, 2), Job(absl::Seconds(3), {}, 0, 1)}, kNow),
      ElementsAre(0, 2));
}

TEST(StepPolicyTest, ComputesAloneWhatIsLargerThanABatch) {
  const StepPolicy policy({.max_rows = 4});
  EXPECT_THAT(policy.Pick({Job(absl::Seconds(1), {}, 0, 32), Job(absl::Seconds(2))}, kNow), ElementsAre(0));
}

TEST(StepPolicyTest, NeverBatchesANegativeGroup) {
  const StepPolicy policy({.max_rows = 4});
  EXPECT_THAT(policy.Pick({Job(absl::Seconds(1), {}, -1), Job(absl::Seconds(2), {}, -1)}, kNow), ElementsAre(0));
}

TEST(StepPolicyTest, StartsNoMoreThanMayHoldMemory) {
  const StepPolicy policy({.max_rows = 8, .max_started = 2});
  std::vector<StepCandidate> jobs = {Job(absl::Seconds(5)), Job(absl::Seconds(1)), Job(absl::Seconds(2))};
  jobs[1].started = jobs[2].started = false;
  EXPECT_THAT(policy.Pick(jobs, kNow), ElementsAre(1, 0));
}

TEST(StepPolicyTest, StepsWhatIsStartedWhenNothingMoreMayStart) {
  const StepPolicy policy({.max_rows = 1, .max_started = 1});
  std::vector<StepCandidate> jobs = {Job(absl::Seconds(5)), Job(absl::Seconds(1))};
  jobs[1].started = false;
  EXPECT_THAT(policy.Pick(jobs, kNow), ElementsAre(0));
}

TEST(StepPolicyTest, PutsWhatCannotMakeItsDeadlineLast) {
  std::vector<StepCandidate> jobs = {Job(absl::Seconds(4), absl::Seconds(9)), Job(absl::Seconds(4), absl::Seconds(1))};
  jobs[0].deadline = kNow + absl::Seconds(3);
  jobs[1].deadline = kNow + absl::Seconds(11);
  EXPECT_THAT(StepPolicy({.max_rows = 1}).Pick(jobs, kNow), ElementsAre(1));
  EXPECT_THAT(StepPolicy({.max_rows = 2}).Pick(jobs, kNow), ElementsAre(1, 0));  // room is not wasted on principle
  jobs.pop_back();
  EXPECT_THAT(StepPolicy({.max_rows = 1}).Pick(jobs, kNow), ElementsAre(0));  // nor time: the guess may be wrong
}

TEST(StepPolicyTest, PutsTheNearestDeadlineFirstWhenAsked) {
  std::vector<StepCandidate> jobs = {Job(absl::Seconds(1)), Job(absl::Seconds(9)), Job(absl::Seconds(5))};
  jobs[1].deadline = kNow + absl::Seconds(10);
  jobs[2].deadline = kNow + absl::Seconds(20);
  EXPECT_THAT(StepPolicy({.max_rows = 1, .deadlines_first = true}).Pick(jobs, kNow), ElementsAre(1));
  EXPECT_THAT(StepPolicy({.max_rows = 8, .deadlines_first = true}).Pick(jobs, kNow), ElementsAre(1, 2, 0));
  EXPECT_THAT(StepPolicy({.max_rows = 1}).Pick(jobs, kNow), ElementsAre(0));
}

TEST(StepPolicyTest, KeepsToTheRowsOfEachGroup) {
  const StepPolicy policy({.max_rows = 8});
  std::vector<StepCandidate> jobs = {Job(absl::Seconds(1), {}, 1), Job(absl::Seconds(2), {}, 1), Job(absl::Seconds(3), {}, 1)};
  for (StepCandidate& job : jobs) job.need.max_rows = 2;
  EXPECT_THAT(policy.Pick(jobs, kNow), ElementsAre(0, 1));
}

TEST(StepPolicyTest, NeverStartsAStepThatWouldNotFitIntoMemory) {
  std::vector<StepCandidate> jobs = {Job(absl::Seconds(1)), Job(absl::Seconds(2)), Job(absl::Seconds(3)),
                                     Job(absl::Seconds(4), {}, 1)};
  for (StepCandidate& job : jobs) job.need.bytes = 100;
  EXPECT_THAT(StepPolicy({.max_rows = 8, .max_step_bytes = 250}).Pick(jobs, kNow), ElementsAre(0, 1));
}

class LanesTest : public testing::Test {
 protected:
  // Two rows of guidance in the base decoder, and a row of an upsampler.
  static StepCandidate Base(absl::Duration remaining) { return WithStep(Job(remaining, {}, 0, 2), 11); }
  static StepCandidate Upsampling(absl::Duration remaining) { return WithStep(Job(remaining, {}, 1, 1), 13); }
  static StepCandidate WithStep(StepCandidate job, int milliseconds) {
    job.need.step = absl::Milliseconds(milliseconds);
    return job;
  }

  const StepPolicy policy_{{.max_rows = 2, .lanes = 2}};
};

TEST_F(LanesTest, GivesEachJobALaneWhereThereAreEnough) {
  EXPECT_THAT(policy_.Pick({Base(absl::Seconds(3)), Upsampling(absl::Seconds(1)), Base(absl::Seconds(2))}, kNow),
              ElementsAre(1, 2));
  EXPECT_THAT(policy_.Pick({Base(absl::Seconds(3)), Upsampling(absl::Seconds(4)), Base(absl::Seconds(2))}, kNow),
              ElementsAre(2, 0));
}

TEST_F(LanesTest, LetsFewerJobsShareTheLanesByRows) {
  EXPECT_THAT(policy_.Pick({Base(absl::Seconds(3))}, kNow), ElementsAre(0));
  const StepPolicy wide({.max_rows = 16, .lanes = 4});
  EXPECT_THAT(wide.Pick({Base(absl::Seconds(3)), Upsampling(absl::Seconds(4)), Base(absl::Seconds(5))}, kNow), ElementsAre(0, 2));
}

TEST_F(LanesTest, PutsNothingBesideALongStepOrOneOfAnotherLength) {
  EXPECT_THAT(policy_.Pick({WithStep(Base(absl::Seconds(3)), 60), WithStep(Upsampling(absl::Seconds(4)), 60)}, kNow),
              ElementsAre(0));
  EXPECT_THAT(policy_.Pick({Base(absl::Seconds(3)), WithStep(Upsampling(absl::Seconds(4)), 23)}, kNow), ElementsAre(0));
  EXPECT_THAT(policy_.Pick({Base(absl::Seconds(3)), WithStep(Upsampling(absl::Seconds(4)), 23), Base(absl::Seconds(5))}, kNow),
              ElementsAre(0, 2));
}

TEST_F(LanesTest, GivesAllLanesToAJobThatIsShortOfTime) {
  std::vector<StepCandidate> jobs = {Base(absl::Seconds(3)), Upsampling(absl::Seconds(4))};
  jobs[0].deadline = kNow + absl::Seconds(5);
  EXPECT_THAT(policy_.Pick(jobs, kNow), ElementsAre(0));
  jobs[0].deadline = kNow + absl::Seconds(6);
  EXPECT_THAT(policy_.Pick(jobs, kNow), ElementsAre(0, 1));
}

TEST_F(LanesTest, KeepsToMemoryAndToWhatMayStart) {
  std::vector<StepCandidate> jobs = {Base(absl::Seconds(3)), Upsampling(absl::Seconds(4))};
  jobs[0].need.bytes = jobs[1].need.bytes = 100;
  EXPECT_THAT(StepPolicy({.max_rows = 2, .lanes = 2, .max_step_bytes = 199}).Pick(jobs, kNow), ElementsAre(0));
  jobs[1].started = false;
  EXPECT_THAT(StepPolicy({.max_rows = 2, .max_started = 1, .lanes = 2}).Pick(jobs, kNow), ElementsAre(0));
}

TEST_F(LanesTest, PutsNothingBesideANegativeGroup) {
  EXPECT_THAT(policy_.Pick({Job(absl::Seconds(1), {}, -1), Job(absl::Seconds(2), {}, 1)}, kNow), ElementsAre(0));
  EXPECT_THAT(policy_.Pick({Job(absl::Seconds(1), {}, 1), Job(absl::Seconds(2), {}, -1)}, kNow), ElementsAre(0));
}

TEST(StepPolicyTest, CountsTheWorkOfThoseThatGoBeforeANewcomer) {
  const StepPolicy policy({.max_rows = 1});
  const std::vector<StepCandidate> jobs = {Job(absl::Seconds(2)), Job(absl::Seconds(9)),
                                           Job(absl::Seconds(6), absl::Seconds(30))};
  EXPECT_EQ(policy.WorkBefore(jobs, Job(absl::Seconds(4)), kNow), absl::Seconds(2 + 6));
  EXPECT_EQ(policy.WorkBefore(jobs, Job(absl::Seconds(1)), kNow), absl::ZeroDuration());
  EXPECT_EQ(StepPolicy({.batching = Batching::kRequest}).WorkBefore(jobs, Job(absl::Seconds(1)), kNow), absl::Seconds(17));
}

class RequestBatchingTest : public testing::Test {
 protected:
  static StepCandidate Waiting(absl::Duration age, int group = 0, int rows = 1) {
    StepCandidate job = Job(absl::Seconds(1), age, group, rows);
    job.started = false;
    return job;
  }

  const StepPolicy policy_{{.batching = Batching::kRequest, .max_rows = 4}};
};

TEST_F(RequestBatchingTest, ServesInOrderOfArrival) {
  EXPECT_THAT(policy_.Pick({Waiting(absl::Seconds(1)), Waiting(absl::Seconds(3)), Waiting(absl::Seconds(2))}, kNow),
              ElementsAre(1, 2, 0));
  // The second does not fit, and the third does not pass it.
  EXPECT_THAT(policy_.Pick({Waiting(absl::Seconds(3), 0, 2), Waiting(absl::Seconds(2), 0, 4), Waiting(absl::Seconds(1))}, kNow),
              ElementsAre(0));
}

TEST_F(RequestBatchingTest, LetsNewcomersWaitUntilAllOfTheBatchAreDone) {
  EXPECT_THAT(policy_.Pick({Job(absl::Seconds(9), absl::Seconds(5)), Waiting(absl::Seconds(4))}, kNow), ElementsAre(0));
  EXPECT_THAT(policy_.Pick({Waiting(absl::Seconds(4))}, kNow), ElementsAre(0));
}

TEST_F(RequestBatchingTest, TakesTheBatchThroughTheStagesTogether) {
  EXPECT_THAT(policy_.Pick({Job(absl::Seconds(1), absl::Seconds(9), 1), Job(absl::Seconds(5), absl::Seconds(8), 0),
                            Job(absl::Seconds(6), absl::Seconds(7), 0)},
                           kNow),
              ElementsAre(1, 2));
}

TEST_F(RequestBatchingTest, ComputesAloneWhatIsLargerThanABatch) {
  EXPECT_THAT(policy_.Pick({Waiting(absl::Seconds(2), 0, 9), Waiting(absl::Seconds(1))}, kNow), ElementsAre(0));
  EXPECT_THAT(policy_.Pick({Waiting(absl::Seconds(2), -1), Waiting(absl::Seconds(1), -1)}, kNow), ElementsAre(0));
}

}  // namespace
}  // namespace unclip
