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
  EXPECT_LE(seconds, 40);
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

}  // namespace
}  // namespace unclip
