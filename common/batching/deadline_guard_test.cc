#include "common/batching/deadline_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_matchers.h"
#include "common/rpc/retry_info.h"

namespace unclip {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class DeadlineGuardTest : public testing::Test {
 protected:
  // So many steps of a guessed second each.
  void Learn(int steps, absl::Duration took) {
    for (int i = 0; i < steps; ++i) {
      now_ += took;
      guard_.StepDone(absl::Seconds(1), took, now_);
    }
  }

  DeadlineGuard guard_;
  absl::Duration now_ = absl::Seconds(100);
};

TEST_F(DeadlineGuardTest, CorrectsGuessesByWhatStepsTook) {
  Learn(8, absl::Milliseconds(250));
  EXPECT_NEAR(absl::ToDoubleSeconds(guard_.Expected(absl::Seconds(10), now_)), 2.5, 0.01);
  Learn(300, absl::Milliseconds(500));
  EXPECT_NEAR(absl::ToDoubleSeconds(guard_.Expected(absl::Seconds(10), now_)), 5, 0.01);
}

TEST_F(DeadlineGuardTest, EndsAJobThatCannotMakeItsDeadline) {
  Learn(8, absl::Seconds(1));
  EXPECT_OK(guard_.CheckJob(absl::Milliseconds(9500), now_ + absl::Seconds(5), now_));  // the machine may become faster
  EXPECT_THAT(guard_.CheckJob(absl::Milliseconds(10'500), now_ + absl::Seconds(5), now_),
              StatusIs(absl::StatusCode::kDeadlineExceeded, AllOf(HasSubstr("deadline is in 5s"), HasSubstr("take 10.5s more"))));
  EXPECT_OK(guard_.CheckJob(absl::Hours(5), absl::InfiniteDuration(), now_));
}

TEST_F(DeadlineGuardTest, RefusesANewcomerWithTooMuchBeforeIt) {
  Learn(8, absl::Seconds(1));
  const absl::Duration deadline = now_ + absl::Seconds(5);
  EXPECT_OK(guard_.CheckNewcomer("prior", absl::Seconds(2), absl::Seconds(3), deadline, now_));
  const absl::Status refused = guard_.CheckNewcomer("prior", absl::Seconds(2), absl::Seconds(4), deadline, now_);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted,
                                AllOf(HasSubstr("prior has work of 4s before"), HasSubstr("own takes 2s"),
                                      HasSubstr("deadline is in 5s"), HasSubstr("retry in 1s"))));
  EXPECT_EQ(GetRetryAfter(refused), absl::Seconds(1));
  EXPECT_OK(guard_.CheckNewcomer("prior", absl::Seconds(2), absl::Hours(1), absl::InfiniteDuration(), now_));
}

TEST_F(DeadlineGuardTest, NeverRefusesWhatHasNothingBeforeIt) {
  Learn(8, absl::Seconds(1));
  EXPECT_OK(guard_.CheckNewcomer("prior", absl::Seconds(9), absl::ZeroDuration(), now_ + absl::Seconds(5), now_));
}

TEST_F(DeadlineGuardTest, CallsNothingImpossibleBeforeItHasSeenSteps) {
  Learn(7, absl::Seconds(1));
  EXPECT_OK(guard_.CheckJob(absl::Seconds(9), now_, now_));
  EXPECT_OK(guard_.CheckNewcomer("prior", absl::Seconds(9), absl::Seconds(9), now_, now_));
  EXPECT_EQ(guard_.Expected(absl::Seconds(9), now_), absl::Seconds(9));
  guard_.StepDone(absl::ZeroDuration(), absl::Seconds(1), now_);  // a job that guesses nothing
  EXPECT_OK(guard_.CheckJob(absl::Seconds(9), now_, now_));
}

TEST_F(DeadlineGuardTest, ForgetsWhenNoStepHasBeenSeenForAWhile) {
  // A machine that was busy while all was refused must not be thought busy for ever.
  Learn(8, absl::Seconds(50));
  EXPECT_FALSE(guard_.CheckJob(absl::Seconds(9), now_, now_).ok());
  now_ += absl::Minutes(10);
  EXPECT_OK(guard_.CheckJob(absl::Seconds(9), now_, now_));
  Learn(8, absl::Seconds(1));
  EXPECT_NEAR(absl::ToDoubleSeconds(guard_.Expected(absl::Seconds(9), now_)), 9, 0.01);
}

TEST_F(DeadlineGuardTest, IsNotMisledByOneStepThatWasHeldUp) {
  Learn(50, absl::Seconds(1));
  guard_.StepDone(absl::Seconds(1), absl::Seconds(1000), now_);
  EXPECT_LT(guard_.Expected(absl::Seconds(10), now_), absl::Seconds(12));
}

}  // namespace
}  // namespace unclip
