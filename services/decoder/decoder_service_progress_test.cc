// What a caller hears while its picture is decoded.
#include <gtest/gtest.h>

#include <vector>

#include "common/image/image_codec.h"
#include "services/decoder/decoder_service_fixture.h"

namespace unclip::decoder {
namespace {

TEST_F(DecoderServiceTest, SendsPreviewsWhenAsked) {
  Load([&](int /*stage*/, int /*step*/) { return RoundTrip(); });
  v1::DecodeImageRequest request = GoodRequest();
  request.set_preview_step_interval(4);
  request.set_output_format(common::v1::IMAGE_FORMAT_PNG);
  const Answer answer = Decode(request);
  ASSERT_OK(answer.status);
  int previews = 0;
  for (const v1::DecodeImageResponse& message : answer.messages) {
    if (!message.progress().has_preview()) continue;
    ++previews;
    // Only the last stage has four steps.
    EXPECT_EQ(message.progress().super_res_index(), 1);
    EXPECT_EQ(message.progress().progress().step(), 4);
    const common::v1::EncodedImage& preview = message.progress().preview();
    EXPECT_EQ(preview.format(), common::v1::IMAGE_FORMAT_PNG);
    EXPECT_EQ(preview.size().width_px(), 8);
    ASSERT_OK_AND_ASSIGN(const RgbImage image, DecodeImage(preview.data()));
    EXPECT_EQ(image.pixels, std::vector<uint8_t>(192, 24));
  }
  EXPECT_EQ(previews, 1);
}

TEST_F(DecoderServiceTest, SendsThePictureAloneWhenProgressIsOmitted) {
  Load();
  v1::DecodeImageRequest request = GoodRequest();
  const Answer with_progress = Decode(request);
  request.set_omit_progress(true);
  const Answer answer = Decode(request);
  ASSERT_OK(answer.status);
  ASSERT_EQ(answer.messages.size(), 1);
  ASSERT_TRUE(answer.messages.front().has_result());
  EXPECT_EQ(answer.result().image().data(), with_progress.result().image().data());
}

TEST_F(DecoderServiceTest, SendsPreviewsThoughProgressIsOmitted) {
  Load([&](int /*stage*/, int /*step*/) { return RoundTrip(); });
  v1::DecodeImageRequest request = GoodRequest();
  request.set_preview_step_interval(4);
  request.set_omit_progress(true);
  const Answer answer = Decode(request);
  ASSERT_OK(answer.status);
  ASSERT_EQ(answer.messages.size(), 2);
  EXPECT_TRUE(answer.messages.front().progress().has_preview());
  EXPECT_TRUE(answer.messages.back().has_result());
}

}  // namespace
}  // namespace unclip::decoder
