#include "common/sampling/sampling_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/status_matchers.h"

namespace unclip {
namespace {

using common::v1::SamplingOptions;
using testing::HasSubstr;

constexpr SamplingTraits kEverything = {.has_guidance = true, .has_deep_features = true};

TEST(SamplingCheckTest, TakesWhatSaysNothing) { EXPECT_OK(CheckSamplingOptions("sampling", {}, {})); }

TEST(SamplingCheckTest, TakesTheEndsOfEveryRange) {
  SamplingOptions options;
  options.set_sampler(common::v1::SAMPLER_DDIM);
  options.set_eta(1);
  options.set_guidance_start(0);
  options.set_guidance_end(1);
  options.set_deep_feature_interval(kMaxDeepFeatureInterval);
  EXPECT_OK(CheckSamplingOptions("sampling", options, kEverything));
  options.set_eta(0);
  options.set_guidance_start(1);
  options.set_deep_feature_interval(1);
  EXPECT_OK(CheckSamplingOptions("sampling", options, kEverything));
}

TEST(SamplingCheckTest, RejectsAnUnknownSampler) {
  SamplingOptions options;
  options.set_sampler(static_cast<common::v1::Sampler>(9));
  EXPECT_THAT(CheckSamplingOptions("prior_sampling", options, kEverything),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("prior_sampling.sampler is 9; it must be")));
}

TEST(SamplingCheckTest, RejectsEtaOutsideItsRangeOrWithAnotherSampler) {
  SamplingOptions options;
  options.set_sampler(common::v1::SAMPLER_DDIM);
  for (const double eta : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    options.set_eta(eta);
    EXPECT_THAT(CheckSamplingOptions("s", options, kEverything),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("s.eta is ")));
  }
  options.set_eta(0.5);
  options.set_sampler(common::v1::SAMPLER_DPM_SOLVER);
  EXPECT_THAT(CheckSamplingOptions("s", options, kEverything),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("it must be 0 unless s.sampler is SAMPLER_DDIM")));
}

TEST(SamplingCheckTest, RejectsAGuidanceIntervalThatEndsBeforeItStarts) {
  SamplingOptions options;
  options.set_guidance_start(0.5);
  options.set_guidance_end(0.4);
  EXPECT_THAT(
      CheckSamplingOptions("s", options, kEverything),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("s.guidance_end is 0.4; it must be a number from 0.5 to 1")));
  options.set_guidance_start(-1);
  EXPECT_THAT(CheckSamplingOptions("s", options, kEverything),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("s.guidance_start is -1; it must be a number from 0 to 1")));
}

TEST(SamplingCheckTest, RejectsWhatTheStageHasNot) {
  SamplingOptions guided;
  guided.set_guidance_end(0.5);
  EXPECT_THAT(CheckSamplingOptions("s", guided, {.has_guidance = false, .has_deep_features = true}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("s.guidance_end is 0.5; it must be absent")));
  SamplingOptions reusing;
  reusing.set_deep_feature_interval(2);
  EXPECT_THAT(CheckSamplingOptions("s", reusing, {.has_guidance = true, .has_deep_features = false}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("s.deep_feature_interval is 2; it must be 1")));
}

TEST(SamplingCheckTest, RejectsADeepFeatureIntervalOutsideItsRange) {
  SamplingOptions options;
  for (const int interval : {0, -1, kMaxDeepFeatureInterval + 1}) {
    options.set_deep_feature_interval(interval);
    EXPECT_THAT(CheckSamplingOptions("s", options, kEverything),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("s.deep_feature_interval is ")));
  }
}

}  // namespace
}  // namespace unclip
