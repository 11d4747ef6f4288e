#include "gateway/capabilities.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/status_matchers.h"
#include "gateway/testing/fake_models.h"

namespace unclip::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CapabilitiesTest : public testing::Test {
 protected:
  absl::StatusOr<Capabilities> Combine() const { return CombineCapabilities(clip_, prior_, decoder_); }

  clip::v1::GetModelInfoResponse clip_ = FakeClipInfo();
  prior::v1::GetModelInfoResponse prior_ = FakePriorInfo();
  decoder::v1::GetModelInfoResponse decoder_ = FakeDecoderInfo();
};

TEST_F(CapabilitiesTest, TakesLimitsFromTheServices) {
  ASSERT_OK_AND_ASSIGN(const Capabilities capabilities, Combine());
  EXPECT_EQ(capabilities.embedding_dim, kFakeEmbeddingDim);
  EXPECT_EQ(capabilities.context_length, kFakeContextLength);
  EXPECT_EQ(capabilities.prior_step_count.minimum, 2);
  EXPECT_EQ(capabilities.prior_step_count.maximum, 1000);
  EXPECT_EQ(capabilities.prior_step_count.default_value, kFakePriorSteps);
  EXPECT_EQ(capabilities.decoder_step_count.default_value, kFakeDecoderSteps);
  EXPECT_EQ(capabilities.super_res_count, 1);
  EXPECT_EQ(capabilities.super_res_step_count.default_value, kFakeSuperResSteps);
  EXPECT_EQ(capabilities.prior_guidance_scale.default_value, 4);
  EXPECT_EQ(capabilities.decoder_guidance_scale.default_value, 8);
  EXPECT_EQ(capabilities.clip_model.fingerprint(), "fingerprint of clip");
}

TEST_F(CapabilitiesTest, OffersTheNativeSizeFirstAndResampledSquares) {
  ASSERT_OK_AND_ASSIGN(const Capabilities capabilities, Combine());
  EXPECT_EQ(capabilities.native_size, (PictureSize{8, 8}));
  EXPECT_THAT(capabilities.sizes, ElementsAre(PictureSize{8, 8}, PictureSize{64, 64}, PictureSize{128, 128},
                                              PictureSize{256, 256}, PictureSize{512, 512}, PictureSize{1024, 1024}));
}

TEST_F(CapabilitiesTest, OffersNoSizeTwice) {
  decoder_.mutable_super_res_sizes(0)->set_width_px(128);
  decoder_.mutable_super_res_sizes(0)->set_height_px(128);
  ASSERT_OK_AND_ASSIGN(const Capabilities capabilities, Combine());
  EXPECT_THAT(capabilities.sizes, ElementsAre(PictureSize{128, 128}, PictureSize{64, 64}, PictureSize{256, 256},
                                              PictureSize{512, 512}, PictureSize{1024, 1024}));
}

TEST_F(CapabilitiesTest, OffersNothingButAnOblongNativeSize) {
  decoder_.mutable_super_res_sizes(0)->set_width_px(12);
  ASSERT_OK_AND_ASSIGN(const Capabilities capabilities, Combine());
  EXPECT_THAT(capabilities.sizes, ElementsAre(PictureSize{12, 8}));
}

TEST_F(CapabilitiesTest, NativeSizeIsTheBaseDecodersWithoutUpsamplers) {
  decoder_.clear_super_res_sizes();
  decoder_.clear_super_res_step_count();
  ASSERT_OK_AND_ASSIGN(const Capabilities capabilities, Combine());
  EXPECT_EQ(capabilities.native_size, (PictureSize{kFakeBaseSide, kFakeBaseSide}));
  EXPECT_EQ(capabilities.super_res_count, 0);
}

TEST_F(CapabilitiesTest, DrawsTwoCandidatesWherePossible) {
  ASSERT_OK_AND_ASSIGN(Capabilities capabilities, Combine());
  EXPECT_EQ(capabilities.candidate_count.default_value, 2);
  EXPECT_EQ(capabilities.candidate_count.maximum, 16);
  prior_.mutable_candidate_count()->set_maximum(1);
  ASSERT_OK_AND_ASSIGN(capabilities, Combine());
  EXPECT_EQ(capabilities.candidate_count.default_value, 1);
  prior_.mutable_candidate_count()->set_maximum(99);
  ASSERT_OK_AND_ASSIGN(capabilities, Combine());
  EXPECT_EQ(capabilities.candidate_count.maximum, kMaxCandidateCount);
}

TEST_F(CapabilitiesTest, RefusesModelsThatDoNotFitTogether) {
  prior_.set_embedding_dim(5);
  EXPECT_THAT(Combine(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                  AllOf(HasSubstr("embedding_dim is 4 in the clip service, 5 in the prior service and 4"),
                                        HasSubstr("same checkpoint"))));
  prior_ = FakePriorInfo();
  decoder_.set_context_length(77);
  EXPECT_THAT(Combine(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("context_length")));
  decoder_ = FakeDecoderInfo();
  clip_.set_hidden_dim(1);
  EXPECT_THAT(Combine(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("hidden_dim")));
}

TEST_F(CapabilitiesTest, RefusesAServiceThatSaysNothing) {
  clip_.Clear();
  prior_.Clear();
  decoder_.Clear();
  EXPECT_THAT(Combine(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("embedding_dim is 0")));
}

TEST_F(CapabilitiesTest, RefusesImpossibleRanges) {
  prior_.mutable_step_count()->set_default_value(1001);
  EXPECT_THAT(Combine(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("prior_step_count")));
  prior_ = FakePriorInfo();
  prior_.clear_candidate_count();
  EXPECT_THAT(Combine(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("candidate_count")));
  prior_ = FakePriorInfo();
  decoder_.mutable_guidance_scale()->set_default_value(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(Combine(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("decoder_guidance_scale")));
  decoder_ = FakeDecoderInfo();
  decoder_.clear_jump_length();
  EXPECT_THAT(Combine(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("jump_length")));
  decoder_ = FakeDecoderInfo();
  decoder_.mutable_super_res_sizes(0)->set_height_px(0);
  EXPECT_THAT(Combine(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("8x0")));
}

TEST_F(CapabilitiesTest, TellsUsersEverything) {
  ASSERT_OK_AND_ASSIGN(const Capabilities capabilities, Combine());
  const v1::GetCapabilitiesResponse proto = CapabilitiesToProto(capabilities);
  EXPECT_EQ(proto.clip_model().fingerprint(), "fingerprint of clip");
  EXPECT_EQ(proto.prior_model().fingerprint(), "fingerprint of prior");
  EXPECT_EQ(proto.decoder_model().fingerprint(), "fingerprint of decoder");
  EXPECT_EQ(proto.native_size().width_px(), 8);
  EXPECT_EQ(proto.sizes_size(), 6);
  EXPECT_EQ(proto.formats_size(), 3);
  EXPECT_EQ(proto.context_length(), kFakeContextLength);
  EXPECT_EQ(proto.max_prompt_bytes(), 32768);
  EXPECT_EQ(proto.image_count().maximum(), 10);
  EXPECT_EQ(proto.candidate_count().default_value(), 2);
  EXPECT_EQ(proto.prior_step_count().default_value(), kFakePriorSteps);
  EXPECT_EQ(proto.decoder_step_count().default_value(), kFakeDecoderSteps);
  EXPECT_EQ(proto.super_res_step_count().default_value(), kFakeSuperResSteps);
  EXPECT_EQ(proto.super_res_count(), 1);
  EXPECT_EQ(proto.prior_guidance_scale().maximum(), 100);
  EXPECT_EQ(proto.decoder_guidance_scale().default_value(), 8);
  EXPECT_TRUE(proto.variations());
  EXPECT_TRUE(proto.edits());
  EXPECT_EQ(proto.resample_count().default_value(), kFakeResampleCount);
  EXPECT_EQ(proto.jump_length().maximum(), 999);
}

TEST_F(CapabilitiesTest, VariesAndEditsWhereTheCheckpointsCan) {
  clip_.set_embeds_images(false);
  decoder_.set_inpaints_images(false);
  decoder_.clear_resample_count();
  ASSERT_OK_AND_ASSIGN(const Capabilities capabilities, Combine());
  const v1::GetCapabilitiesResponse proto = CapabilitiesToProto(capabilities);
  EXPECT_FALSE(proto.variations());
  EXPECT_FALSE(proto.edits());
  EXPECT_FALSE(proto.has_resample_count());
  EXPECT_FALSE(proto.has_jump_length());
}

TEST_F(CapabilitiesTest, DoesNotEditOblongPictures) {
  decoder_.mutable_super_res_sizes(0)->set_width_px(12);
  ASSERT_OK_AND_ASSIGN(const Capabilities capabilities, Combine());
  EXPECT_FALSE(capabilities.edits);
}

}  // namespace
}  // namespace unclip::gateway
