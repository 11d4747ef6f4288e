#include "common/sampling/repaint_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip {
namespace {

using testing::HasSubstr;

constexpr RepaintLimits kLimits = {
    .max_resample_count = 20, .max_jump_length = 999, .defaults = {.resample_count = 5, .jump_length = 10}};

TEST(RepaintCheckTest, FillsInTheDefaults) {
  ASSERT_OK_AND_ASSIGN(const RepaintSteps steps, ReadRepaintSteps("edit", {}, {}, kLimits, 25));
  EXPECT_EQ(steps.resample_count, 5);
  EXPECT_EQ(steps.jump_length, 10);
}

TEST(RepaintCheckTest, TheDefaultStretchFitsIntoAShortRun) {
  ASSERT_OK_AND_ASSIGN(const RepaintSteps steps, ReadRepaintSteps("edit", {}, {}, kLimits, 4));
  EXPECT_EQ(steps.jump_length, 3);
}

TEST(RepaintCheckTest, TakesTheEndsOfEveryRange) {
  EXPECT_OK(ReadRepaintSteps("edit", 1, 1, kLimits, 2));
  EXPECT_OK(ReadRepaintSteps("edit", 20, 999, kLimits, 1000));
}

TEST(RepaintCheckTest, NamesWhatIsOutOfRange) {
  for (const int count : {0, -1, 21}) {
    EXPECT_THAT(ReadRepaintSteps("edit", count, {}, kLimits, 25),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("edit.resample_count is ")));
  }
  for (const int length : {0, -1, 1000}) {
    EXPECT_THAT(ReadRepaintSteps("edit", {}, length, kLimits, 1000),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("edit.jump_length is ")));
  }
}

TEST(RepaintCheckTest, AStretchThatIsGoneOverAgainIsShorterThanTheRun) {
  EXPECT_THAT(ReadRepaintSteps("edit", 2, 8, kLimits, 8),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("edit.jump_length is 8; it must be less than the 8 steps")));
  EXPECT_OK(ReadRepaintSteps("edit", 1, 8, kLimits, 8));
  EXPECT_OK(ReadRepaintSteps("edit", 2, 7, kLimits, 8));
}

// As many as model/diffusion/repainter_test.cc walks.
TEST(RepaintCheckTest, CountsEachStepAsOftenAsItIsDone) {
  EXPECT_EQ(StepsInAll(4, {.resample_count = 1, .jump_length = 2}), 4);
  EXPECT_EQ(StepsInAll(6, {.resample_count = 2, .jump_length = 2}), 10);
  EXPECT_EQ(StepsInAll(3, {.resample_count = 3, .jump_length = 1}), 7);
  EXPECT_EQ(StepsInAll(3, {.resample_count = 5, .jump_length = 3}), 3);
  EXPECT_EQ(StepsInAll(25, {.resample_count = 10, .jump_length = 10}), 205);
}

}  // namespace
}  // namespace unclip
