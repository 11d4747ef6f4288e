#include "tools/simulate/step_times.h"

#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip::simulate {
namespace {

using testing::HasSubstr;

TEST(StepTimesTest, LiesBetweenWhatWasMeasured) {
  ASSERT_OK_AND_ASSIGN(const StepTimes times, StepTimes::Create({{2, 0.010}, {4, 0.014}, {8, 0.030}}));
  EXPECT_EQ(times.Of(2), absl::Seconds(0.010));
  EXPECT_NEAR(absl::ToDoubleSeconds(times.Of(3)), 0.012, 1e-9);
  EXPECT_NEAR(absl::ToDoubleSeconds(times.Of(6)), 0.022, 1e-9);
  EXPECT_EQ(times.Of(8), absl::Seconds(0.030));
}

TEST(StepTimesTest, GoesOnBeyondWhatWasMeasured) {
  ASSERT_OK_AND_ASSIGN(const StepTimes times, StepTimes::Create({{2, 0.010}, {4, 0.014}}));
  EXPECT_EQ(times.Of(1), absl::Seconds(0.010));
  EXPECT_NEAR(absl::ToDoubleSeconds(times.Of(6)), 0.018, 1e-9);
  ASSERT_OK_AND_ASSIGN(const StepTimes alone, StepTimes::Create({{2, 0.010}}));
  EXPECT_NEAR(absl::ToDoubleSeconds(alone.Of(6)), 0.030, 1e-9);
  // A larger step that happened to be measured faster does not make still larger ones take no time.
  ASSERT_OK_AND_ASSIGN(const StepTimes falling, StepTimes::Create({{2, 0.014}, {4, 0.010}}));
  EXPECT_EQ(falling.Of(100), absl::Seconds(0.010));
}

TEST(StepTimesTest, RefusesTablesThatSayNothing) {
  EXPECT_THAT(StepTimes::Create({}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no entry")));
  EXPECT_THAT(StepTimes::Create({{0, 1}}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("of 0 rows")));
  EXPECT_THAT(StepTimes::Create({{1, 0}}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("0 s of 1 rows")));
}

}  // namespace
}  // namespace unclip::simulate
