#include "tools/sampling_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/status_matchers.h"

namespace unclip {
namespace {

using testing::HasSubstr;

absl::StatusOr<gateway::v1::GenerateImageRequest> RequestOf(const std::vector<std::string>& args) {
  SamplingFlags flags;
  CommandLine line("unclip generate", "Draws.");
  AddSamplingFlags(line, flags);
  RETURN_IF_ERROR(line.Parse(args).status());
  gateway::v1::GenerateImageRequest request;
  RETURN_IF_ERROR(SetSampling(flags, &request));
  return request;
}

TEST(SamplingFlagsTest, LeaveWhatIsAbsentToTheGateway) {
  ASSERT_OK_AND_ASSIGN(const auto request, RequestOf({}));
  EXPECT_EQ(request.speed(), gateway::v1::SPEED_UNSPECIFIED);
  for (const common::v1::SamplingOptions* stage :
       {&request.prior_sampling(), &request.decoder_sampling(), &request.super_res_sampling()}) {
    EXPECT_EQ(stage->ByteSizeLong(), 0);
  }
}

TEST(SamplingFlagsTest, PassEveryFlagOn) {
  ASSERT_OK_AND_ASSIGN(const auto request, RequestOf({"--speed=fast", "--prior-sampler=dpm-solver", "--decoder-sampler=ddim",
                                                      "--super-res-sampler=ancestral", "--eta=0.5",
                                                      "--prior-guidance-interval=0.1,0.7", "--decoder-guidance-interval=0.2,0.8",
                                                      "--decoder-deep-interval=2", "--super-res-deep-interval=3"}));
  EXPECT_EQ(request.speed(), gateway::v1::SPEED_FAST);
  EXPECT_EQ(request.prior_sampling().sampler(), common::v1::SAMPLER_DPM_SOLVER);
  EXPECT_FALSE(request.prior_sampling().has_eta());
  EXPECT_EQ(request.prior_sampling().guidance_start(), 0.1);
  EXPECT_EQ(request.prior_sampling().guidance_end(), 0.7);
  EXPECT_EQ(request.decoder_sampling().sampler(), common::v1::SAMPLER_DDIM);
  EXPECT_EQ(request.decoder_sampling().eta(), 0.5);
  EXPECT_EQ(request.decoder_sampling().guidance_start(), 0.2);
  EXPECT_EQ(request.decoder_sampling().deep_feature_interval(), 2);
  EXPECT_EQ(request.super_res_sampling().sampler(), common::v1::SAMPLER_ANCESTRAL);
  EXPECT_EQ(request.super_res_sampling().deep_feature_interval(), 3);
}

TEST(SamplingFlagsTest, RefuseIntervalsThatCannotBeRead) {
  for (const char* interval : {"0.5", "a,b", "0.1,", "0.1;0.2", ",1"}) {
    EXPECT_THAT(RequestOf({absl::StrCat("--decoder-guidance-interval=", interval)}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--decoder-guidance-interval is")));
  }
}

TEST(SamplingFlagsTest, EtaNeedsDdim) {
  EXPECT_THAT(RequestOf({"--eta=0.5", "--decoder-sampler=ancestral"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--eta needs")));
}

TEST(SamplingFlagsTest, RefuseNamesThatDoNotExist) {
  EXPECT_THAT(RequestOf({"--speed=warp"}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--speed")));
  EXPECT_THAT(RequestOf({"--prior-sampler=euler"}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--prior-sampler")));
}

}  // namespace
}  // namespace unclip
