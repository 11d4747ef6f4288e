// Variations and edits over real gRPC, with fake services behind the gateway.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "gateway/testing/gateway_fixture.h"
#include "gateway/testing/picture_file.h"

namespace unclip::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::array<uint8_t, 4> HalfTransparent(int x, int y) {
  return {static_cast<uint8_t>(10 * x), static_cast<uint8_t>(10 * y), 0, static_cast<uint8_t>(x < 4 ? 255 : 0)};
}

class SourcePictureServiceTest : public GatewayFixture {
 protected:
  static v1::GenerateImageRequest VariationOf(const std::string& file) {
    v1::GenerateImageRequest request;
    request.set_seed(7);
    request.mutable_variation()->set_image(file);
    return request;
  }

  static v1::GenerateImageRequest EditOf(const std::string& file) {
    v1::GenerateImageRequest request = PictureRequest();
    request.mutable_edit()->set_image(file);
    return request;
  }

  std::string Picture() { return RgbaPng(8, 8, HalfTransparent); }
};

TEST_F(SourcePictureServiceTest, AVariationIsDecodedFromThePicturesEmbeddingAndTheEmptyPrompt) {
  cluster_.Start();
  v1::GenerateImageRequest request = VariationOf(Picture());
  request.set_image_count(2);
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse response, Generate(request));
  ASSERT_THAT(response.images(), SizeIs(2));
  EXPECT_NE(response.images(0).image().data(), response.images(1).image().data());

  ASSERT_THAT(cluster_.clip().image_log.calls(), SizeIs(1));
  EXPECT_EQ(cluster_.clip().image_log.calls()[0].request.image(), request.variation().image());
  EXPECT_THAT(cluster_.prior().log.calls(), IsEmpty());
  const clip::v1::EmbedImageResponse embedded = FakeEmbedImage(request.variation().image());
  clip::v1::EmbedTextRequest empty;
  empty.add_prompts("");
  for (const auto& call : cluster_.decoder().log.calls()) {
    const decoder::v1::DecodeImageRequest& decode = call.request;
    EXPECT_EQ(decode.image_embedding().SerializeAsString(), embedded.embedding().SerializeAsString());
    EXPECT_EQ(decode.text().SerializeAsString(), FakeEmbedText(empty).embeddings(0).conditioning().SerializeAsString());
    EXPECT_EQ(decode.negative_text().SerializeAsString(), decode.text().SerializeAsString());
    EXPECT_FALSE(decode.has_inpainting());
  }
}

TEST_F(SourcePictureServiceTest, AVariationHasNoSimilarityAndTimesItsOwnStages) {
  cluster_.Start();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse response, Generate(VariationOf(Picture())));
  const v1::GeneratedImage& image = response.images(0);
  EXPECT_EQ(image.seed(), 7u);
  EXPECT_EQ(image.similarity(), 0);
  EXPECT_THAT(image.candidate_similarities(), IsEmpty());
  std::vector<common::v1::Stage> stages;
  for (const common::v1::StageTiming& timing : image.timings()) stages.push_back(timing.stage());
  EXPECT_THAT(stages, ElementsAre(common::v1::STAGE_EMBED_TEXT, common::v1::STAGE_EMBED_IMAGE, common::v1::STAGE_DECODER,
                                  common::v1::STAGE_SUPER_RES, common::v1::STAGE_ENCODE));
}

TEST_F(SourcePictureServiceTest, AnEditKeepsThePictureAndGoesThroughThePrior) {
  cluster_.Start();
  v1::GenerateImageRequest request = EditOf(Picture());
  request.mutable_edit()->set_resample_count(2);
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse response, Generate(request));
  EXPECT_THAT(response.images(0).candidate_similarities(), SizeIs(2));
  EXPECT_THAT(cluster_.prior().log.calls(), SizeIs(1));
  EXPECT_THAT(cluster_.clip().image_log.calls(), IsEmpty());
  ASSERT_THAT(cluster_.decoder().log.calls(), SizeIs(1));
  const decoder::v1::Inpainting inpainting = cluster_.decoder().log.calls()[0].request.inpainting();
  EXPECT_EQ(inpainting.image().format(), common::v1::IMAGE_FORMAT_RGB8);
  EXPECT_EQ(inpainting.image().size().width_px(), kFakeNativeSide);
  ASSERT_EQ(inpainting.image().data().size(), 192u);
  EXPECT_EQ(static_cast<uint8_t>(inpainting.image().data()[30]), 20);  // the third of the second row
  ASSERT_EQ(inpainting.mask().size(), 64u);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(static_cast<uint8_t>(inpainting.mask()[i]), i % 8 < 4 ? 255 : 0);
  EXPECT_EQ(inpainting.resample_count(), 2);
  EXPECT_EQ(inpainting.jump_length(), kFakeJumpLength);
}

TEST_F(SourcePictureServiceTest, PicturesThatCannotBeReadReachNoService) {
  cluster_.Start();
  EXPECT_THAT(Generate(VariationOf("a text")), StatusIs(kInvalid, HasSubstr("variation.image: image is in no known format")));
  EXPECT_THAT(Generate(VariationOf(Picture().substr(0, 60))), StatusIs(kInvalid, HasSubstr("variation.image: ")));
  EXPECT_THAT(Generate(EditOf(RgbaPng(8, 6, HalfTransparent))),
              StatusIs(kInvalid, HasSubstr("edit.image is 8x6 pixels; it must be as wide as high")));
  v1::GenerateImageRequest request = EditOf(Picture());
  request.mutable_edit()->set_mask(RgbaPng(16, 16, HalfTransparent));
  EXPECT_THAT(Generate(request), StatusIs(kInvalid, HasSubstr("edit.mask is 16x16 pixels")));
  EXPECT_EQ(cluster_.clip().log.size(), 0u);
  EXPECT_EQ(cluster_.clip().image_log.size(), 0u);
  EXPECT_OK(Generate());
}

TEST_F(SourcePictureServiceTest, RefusesWhatTheCheckpointsCannotDo) {
  cluster_.clip().info.set_embeds_images(false);
  cluster_.decoder().info.set_inpaints_images(false);
  cluster_.Start();
  EXPECT_THAT(Generate(VariationOf(Picture())), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("image encoder")));
  EXPECT_THAT(Generate(EditOf(Picture())), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("decoder service")));
}

TEST_F(SourcePictureServiceTest, ABrokenEmbeddingIsTheClipServicesFault) {
  cluster_.Start();
  cluster_.clip().embed_image = [](const std::string& file) {
    clip::v1::EmbedImageResponse response = FakeEmbedImage(file);
    response.mutable_embedding()->add_values(0);
    return response;
  };
  EXPECT_THAT(Generate(VariationOf(Picture())),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("the clip service answered with a broken picture's embedding")));
}

}  // namespace
}  // namespace unclip::gateway
