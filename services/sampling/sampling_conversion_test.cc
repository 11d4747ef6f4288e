#include "services/sampling/sampling_conversion.h"

#include <gtest/gtest.h>

namespace unclip {
namespace {

using common::v1::SamplingOptions;

TEST(SamplingConversionTest, IsAsTheModelsWerePublishedWhenNothingIsSaid) {
  const StageSampling sampling = ToStageSampling(SamplingOptions());
  EXPECT_EQ(sampling.kind, model::SamplerKind::kAncestral);
  EXPECT_EQ(sampling.eta, 0);
  EXPECT_EQ(sampling.guidance_interval.start, 0);
  EXPECT_EQ(sampling.guidance_interval.end, 1);
  EXPECT_EQ(sampling.deep_feature_interval, 1);
}

TEST(SamplingConversionTest, CarriesEverything) {
  SamplingOptions options;
  options.set_sampler(common::v1::SAMPLER_DDIM);
  options.set_eta(0.5);
  options.set_guidance_start(0.25);
  options.set_guidance_end(0.75);
  options.set_deep_feature_interval(3);
  const StageSampling sampling = ToStageSampling(options);
  EXPECT_EQ(sampling.kind, model::SamplerKind::kDdim);
  EXPECT_EQ(sampling.eta, 0.5);
  EXPECT_EQ(sampling.guidance_interval.start, 0.25);
  EXPECT_EQ(sampling.guidance_interval.end, 0.75);
  EXPECT_EQ(sampling.deep_feature_interval, 3);
  EXPECT_EQ(sampling.WithSteps(9).step_count, 9);
  EXPECT_EQ(sampling.WithSteps(9).eta, 0.5);
  options.set_sampler(common::v1::SAMPLER_DPM_SOLVER);
  EXPECT_EQ(ToStageSampling(options).WithSteps(9).kind, model::SamplerKind::kDpmSolver);
}

TEST(GuidanceIntervalTest, CoversStepsFromItsStartAndBeforeItsEnd) {
  const model::GuidanceInterval interval = {.start = 0.25, .end = 0.75};
  EXPECT_FALSE(interval.Covers(1, 8));
  EXPECT_TRUE(interval.Covers(2, 8));
  EXPECT_TRUE(interval.Covers(5, 8));
  EXPECT_FALSE(interval.Covers(6, 8));
  EXPECT_TRUE(model::GuidanceInterval().Covers(0, 2));
  EXPECT_TRUE(model::GuidanceInterval().Covers(1, 2));
}

}  // namespace
}  // namespace unclip
