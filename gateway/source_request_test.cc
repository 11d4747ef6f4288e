#include "gateway/source_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/status_matchers.h"
#include "gateway/generation_request.h"
#include "gateway/testing/fake_models.h"

namespace unclip::gateway {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr size_t kTooManyBytes = (size_t{4} << 20) + 1;

class SourceRequestTest : public testing::Test {
 protected:
  SourceRequestTest() {
    variation_.mutable_variation()->set_image("a file");
    edit_.set_prompt("a red heart");
    edit_.mutable_edit()->set_image("a file");
    edit_.mutable_edit()->set_mask("a mask");
  }

  absl::StatusOr<GenerationRequest> Parse(const v1::GenerateImageRequest& proto) {
    return ParseGenerationRequest("", proto, *CombineCapabilities(clip_, FakePriorInfo(), decoder_), 77);
  }

  // Of the edit, after `spoil`.
  absl::Status EditStatus(const std::function<void(v1::GenerateImageRequest*)>& spoil) {
    v1::GenerateImageRequest proto = edit_;
    spoil(&proto);
    return Parse(proto).status();
  }

  clip::v1::GetModelInfoResponse clip_ = FakeClipInfo();
  decoder::v1::GetModelInfoResponse decoder_ = FakeDecoderInfo();
  v1::GenerateImageRequest variation_;
  v1::GenerateImageRequest edit_;
};

TEST_F(SourceRequestTest, AVariationHasNoPromptNoPriorAndOneCandidate) {
  ASSERT_OK_AND_ASSIGN(const GenerationRequest request, Parse(variation_));
  ASSERT_TRUE(request.variation.has_value());
  EXPECT_EQ(request.variation->image, "a file");
  EXPECT_EQ(request.variation->image_field, "variation.image");
  EXPECT_EQ(request.prompt, "");
  EXPECT_EQ(request.candidate_count, 1);
  EXPECT_EQ(request.StepsPerImage(), kFakeDecoderSteps + kFakeSuperResSteps);
}

TEST_F(SourceRequestTest, AnEditCountsItsStepsAsOftenAsTheyAreDone) {
  ASSERT_OK_AND_ASSIGN(GenerationRequest request, Parse(edit_));
  ASSERT_TRUE(request.edit.has_value());
  EXPECT_EQ(request.edit->image, "a file");
  EXPECT_EQ(request.edit->mask, "a mask");
  EXPECT_EQ(request.edit->steps.resample_count, kFakeResampleCount);
  EXPECT_EQ(request.edit->steps.jump_length, kFakeJumpLength);
  EXPECT_EQ(request.candidate_count, 2);
  EXPECT_EQ(request.DecoderSteps(), 8);  // 4, and a stretch of 2 twice more
  EXPECT_EQ(request.StepsPerImage(), kFakePriorSteps + 8 + kFakeSuperResSteps);

  edit_.mutable_edit()->set_resample_count(1);
  edit_.mutable_edit()->set_jump_length(999);
  ASSERT_OK_AND_ASSIGN(request, Parse(edit_));
  EXPECT_EQ(request.DecoderSteps(), 4);
}

TEST_F(SourceRequestTest, FieldsAreNamedByTheirPath) {
  v1::StreamGenerateImageRequest stream;
  stream.mutable_request()->mutable_variation();
  const Capabilities capabilities = *CombineCapabilities(clip_, FakePriorInfo(), decoder_);
  EXPECT_THAT(ParseGenerationRequest(stream, capabilities, 77).status(),
              StatusIs(kInvalid, HasSubstr("request.variation.image is empty")));
  *stream.mutable_request() = edit_;
  ASSERT_OK_AND_ASSIGN(const GenerationRequest request, ParseGenerationRequest(stream, capabilities, 77));
  EXPECT_EQ(request.edit->image_field, "request.edit.image");
  EXPECT_EQ(request.edit->mask_field, "request.edit.mask");
}

TEST_F(SourceRequestTest, NamesWhatIsWrongWithAVariation) {
  v1::GenerateImageRequest proto = variation_;
  proto.set_prompt("a red heart");
  EXPECT_THAT(Parse(proto).status(), StatusIs(kInvalid, HasSubstr("prompt is 11 bytes long; with a variation it must be empty")));
  proto = variation_;
  proto.set_candidate_count(2);
  EXPECT_THAT(Parse(proto).status(), StatusIs(kInvalid, AllOf(HasSubstr("candidate_count"), HasSubstr("2"))));
  proto.set_candidate_count(1);
  EXPECT_OK(Parse(proto));
  proto.mutable_variation()->clear_image();
  EXPECT_THAT(Parse(proto).status(), StatusIs(kInvalid, HasSubstr("variation.image is empty")));
  proto.mutable_variation()->set_image(std::string(kTooManyBytes, 'x'));
  EXPECT_THAT(Parse(proto).status(),
              StatusIs(kInvalid, AllOf(HasSubstr("variation.image is 4194305 bytes long"), HasSubstr("4194304"))));
}

TEST_F(SourceRequestTest, NamesWhatIsWrongWithAnEdit) {
  EXPECT_THAT(EditStatus([](auto* r) { r->clear_prompt(); }), StatusIs(kInvalid, HasSubstr("prompt is empty")));
  EXPECT_THAT(EditStatus([](auto* r) { r->mutable_edit()->clear_image(); }),
              StatusIs(kInvalid, HasSubstr("edit.image is empty")));
  EXPECT_THAT(EditStatus([](auto* r) { r->mutable_edit()->set_image(std::string(kTooManyBytes, 'x')); }),
              StatusIs(kInvalid, HasSubstr("edit.image is 4194305 bytes long")));
  EXPECT_THAT(EditStatus([](auto* r) { r->mutable_edit()->set_mask(std::string(kTooManyBytes, 'x')); }),
              StatusIs(kInvalid, HasSubstr("edit.mask is 4194305 bytes long")));
  for (const int count : {0, -1, 21}) {
    EXPECT_THAT(EditStatus([count](auto* r) { r->mutable_edit()->set_resample_count(count); }),
                StatusIs(kInvalid, HasSubstr("edit.resample_count")));
  }
  EXPECT_THAT(EditStatus([](auto* r) { r->mutable_edit()->set_jump_length(0); }),
              StatusIs(kInvalid, HasSubstr("edit.jump_length")));
  EXPECT_THAT(EditStatus([](auto* r) { r->mutable_edit()->set_jump_length(kFakeDecoderSteps); }),
              StatusIs(kInvalid, HasSubstr("edit.jump_length is 4; it must be less than the 4 steps")));
}

TEST_F(SourceRequestTest, NamesTheCheckpointThatCannot) {
  clip_.set_embeds_images(false);
  decoder_.set_inpaints_images(false);
  EXPECT_THAT(Parse(variation_).status(),
              StatusIs(absl::StatusCode::kUnimplemented,
                       HasSubstr("variation cannot be: the clip service's checkpoint (fake) has no image encoder")));
  EXPECT_THAT(Parse(edit_).status(), StatusIs(absl::StatusCode::kUnimplemented,
                                              AllOf(HasSubstr("edit cannot be: the decoder service"), HasSubstr("(fake)"))));
}

}  // namespace
}  // namespace unclip::gateway
