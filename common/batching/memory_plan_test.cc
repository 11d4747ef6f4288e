#include "common/batching/memory_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kMiB = int64_t{1} << 20;
const MemoryNeeds kNeeds = {.row_bytes = {10 * kMiB, 40 * kMiB}, .run_bytes = 5 * kMiB};

TEST(MemoryPlanTest, TakesNoMoreThanTheFlagsSay) {
  const MemoryPlan plan = PlanMemory(10'000 * kMiB, kNeeds, {8, 2}, 64);
  EXPECT_THAT(plan.max_rows, ElementsAre(8, 2));
  EXPECT_EQ(plan.max_started, 64);
  EXPECT_EQ(plan.max_step_bytes, 80 * kMiB);
}

TEST(MemoryPlanTest, StepsAndRunsShareTheLimit) {
  const MemoryPlan plan = PlanMemory(120 * kMiB, kNeeds, {8, 2}, 64);
  EXPECT_THAT(plan.max_rows, ElementsAre(6, 1));
  EXPECT_EQ(plan.max_started, 12);
  EXPECT_LE(plan.max_step_bytes + plan.max_started * kNeeds.run_bytes, plan.limit_bytes);
}

TEST(MemoryPlanTest, ALargeRowMayTakeMoreThanHalf) {
  const MemoryPlan plan = PlanMemory(50 * kMiB, kNeeds, {8, 2}, 64);
  EXPECT_THAT(plan.max_rows, ElementsAre(4, 1));
  EXPECT_EQ(plan.max_started, 2);
}

TEST(MemoryPlanTest, RefusesWhatWouldNotFitAlone) {
  const MemoryPlan plan = PlanMemory(46 * kMiB, kNeeds, {8, 2}, 64);
  EXPECT_OK(plan.CheckFits({4, 1}));
  EXPECT_THAT(plan.CheckFits({5, 1}),
              StatusIs(absl::StatusCode::kResourceExhausted, AllOf(HasSubstr("a step of it takes 50.0 MiB"),
                                                                   HasSubstr("keeps 5.0 MiB"), HasSubstr("leaves 46.0 MiB"))));
  EXPECT_THAT(plan.CheckFits({1, 2}), StatusIs(absl::StatusCode::kResourceExhausted, testing::_));
  EXPECT_THAT(PlanMemory(0, kNeeds, {8, 2}, 64).CheckFits({1, 1}), StatusIs(absl::StatusCode::kResourceExhausted, testing::_));
}

TEST(MemoryPlanTest, WithoutAPlanEverythingFits) {
  const MemoryPlan plan;
  EXPECT_OK(plan.CheckFits({1000, 1000}));
  EXPECT_EQ(plan.StepBytes(1, 1000), 0);
}

TEST(MemoryPlanTest, WhatTakesNothingIsNotLimited) {
  const MemoryPlan plan = PlanMemory(0, {.row_bytes = {0}, .run_bytes = 0}, {8}, 64);
  EXPECT_THAT(plan.max_rows, ElementsAre(8));
  EXPECT_EQ(plan.max_started, 64);
  EXPECT_OK(plan.CheckFits({8}));
}

TEST(MemoryPlanTest, SizesAreTextForPeople) {
  EXPECT_EQ(MebibytesText(kMiB / 2), "0.5 MiB");
  EXPECT_EQ(MebibytesText(1536 * kMiB), "1.5 GiB");
}

}  // namespace
}  // namespace unclip
