#include "common/batching/queue_rules.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/status_matchers.h"
#include "common/rpc/retry_info.h"

namespace unclip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr absl::Duration kNow = absl::Seconds(100);

StepCandidate Held(absl::Duration remaining, bool started = false) {
  return {.need = {.remaining = remaining}, .arrival = kNow, .started = started};
}

StepNeed Need(absl::Duration remaining) { return {.remaining = remaining}; }

// Steps that took twice what was guessed, so many that they are believed.
void LearnThatStepsTakeTwice(QueueRules& rules) {
  for (int i = 0; i < 20; ++i) rules.EndStep(absl::Seconds(1), absl::Seconds(2), kNow);
}

TEST(QueueRulesTest, RefusesMoreThanMayWaitAndSaysWhenToRetry) {
  QueueRules rules("prior", 2);
  rules.JobEnded(absl::Seconds(4));
  const std::vector<StepCandidate> held = {Held(absl::Seconds(1), /*started=*/true), Held(absl::Seconds(1))};
  EXPECT_OK(rules.CheckNewcomer(held, Need(absl::Seconds(1)), absl::InfiniteDuration(), kNow));
  std::vector<StepCandidate> more = held;
  more.push_back(Held(absl::Seconds(1)));
  const absl::Status full = rules.CheckNewcomer(more, Need(absl::Seconds(1)), absl::InfiniteDuration(), kNow);
  EXPECT_THAT(full, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("the queue of prior is full (2 requests wait)")));
  EXPECT_EQ(GetRetryAfter(full), absl::Seconds(4));
}

TEST(QueueRulesTest, RefusesWhatCannotBeDoneInTimeBehindWhatGoesFirst) {
  QueueRules rules("prior", 64);
  LearnThatStepsTakeTwice(rules);
  const std::vector<StepCandidate> held = {Held(absl::Seconds(1))};
  // Its own 3 guessed seconds take 6, behind 2.
  EXPECT_OK(rules.CheckNewcomer(held, Need(absl::Seconds(3)), kNow + absl::Seconds(9), kNow));
  EXPECT_THAT(rules.CheckNewcomer(held, Need(absl::Seconds(3)), kNow + absl::Seconds(7), kNow),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("prior has work of 2s before this request")));
  EXPECT_OK(rules.CheckNewcomer({}, Need(absl::Seconds(3)), kNow + absl::Seconds(7), kNow));
}

TEST(QueueRulesTest, CountsWhatIsDoneOfTheStepUnderWay) {
  QueueRules rules("prior", 64);
  LearnThatStepsTakeTwice(rules);
  const std::vector<StepCandidate> held = {Held(absl::Seconds(1))};
  EXPECT_THAT(rules.BeginStep(held, kNow - absl::Seconds(1.5)), ElementsAre(0));
  EXPECT_OK(rules.CheckNewcomer(held, Need(absl::Seconds(3)), kNow + absl::Seconds(7), kNow));
  rules.AbandonStep();
  EXPECT_THAT(rules.CheckNewcomer(held, Need(absl::Seconds(3)), kNow + absl::Seconds(7), kNow),
              StatusIs(absl::StatusCode::kResourceExhausted, testing::_));
}

TEST(QueueRulesTest, GivesUpWhatCannotBeDoneUnlessItIsAlone) {
  QueueRules rules("prior", 64);
  LearnThatStepsTakeTwice(rules);
  const absl::Duration deadline = kNow + absl::Seconds(2);
  EXPECT_THAT(rules.CheckHeld(Need(absl::Seconds(3)), deadline, 2, kNow),
              StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
  EXPECT_OK(rules.CheckHeld(Need(absl::Seconds(3)), deadline, 1, kNow));
  EXPECT_OK(rules.CheckHeld(Need(absl::Seconds(1)), deadline, 2, kNow));
}

TEST(QueueRulesTest, PicksByCorrectedGuesses) {
  QueueRules rules("decoder", 64);
  rules.SetPolicy(StepPolicy({.max_rows = 1, .lanes = 2}));
  // 30 ms steps have lanes of their own, 60 ms steps have not.
  const StepCandidate job = {.need = {.step = absl::Milliseconds(30), .remaining = absl::Milliseconds(30)}, .arrival = kNow};
  EXPECT_THAT(rules.BeginStep({job, job}, kNow), ElementsAre(0, 1));
  LearnThatStepsTakeTwice(rules);
  EXPECT_THAT(rules.BeginStep({job, job}, kNow), ElementsAre(0));
}

}  // namespace
}  // namespace unclip
