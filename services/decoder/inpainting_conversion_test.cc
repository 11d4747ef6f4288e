#include "services/decoder/inpainting_conversion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status_matchers.h"

namespace unclip::decoder {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

DecoderModelInfo Info() {
  DecoderModelInfo info;
  info.base_size = 1;
  info.super_res_sizes = {2};
  return info;
}

v1::Inpainting Good() {
  v1::Inpainting inpainting;
  inpainting.mutable_image()->set_format(common::v1::IMAGE_FORMAT_RGB8);
  inpainting.mutable_image()->mutable_size()->set_width_px(2);
  inpainting.mutable_image()->mutable_size()->set_height_px(2);
  inpainting.mutable_image()->set_data("abcdefghijkl");
  inpainting.set_mask(std::string("\xff\x00\x00\xff", 4));
  return inpainting;
}

absl::Status StatusOf(const v1::Inpainting& inpainting) { return ToInpaintingInput(inpainting, Info(), 25).status(); }

TEST(InpaintingConversionTest, TakesAGoodOne) {
  v1::Inpainting inpainting = Good();
  inpainting.set_resample_count(3);
  inpainting.set_jump_length(2);
  ASSERT_OK_AND_ASSIGN(const InpaintingInput input, ToInpaintingInput(inpainting, Info(), 25));
  EXPECT_EQ(input.image.width, 2);
  EXPECT_EQ(input.image.pixels.back(), 'l');
  EXPECT_THAT(input.kept, ElementsAre(1, 0, 0, 1));
  EXPECT_EQ(input.steps.resample_count, 3);
  EXPECT_EQ(input.steps.jump_length, 2);
}

TEST(InpaintingConversionTest, FillsInTheDefaults) {
  ASSERT_OK_AND_ASSIGN(const InpaintingInput input, ToInpaintingInput(Good(), Info(), 25));
  EXPECT_EQ(input.steps.resample_count, kRepaintLimits.defaults.resample_count);
  EXPECT_EQ(input.steps.jump_length, kRepaintLimits.defaults.jump_length);
}

TEST(InpaintingConversionTest, NamesWhatIsWrong) {
  EXPECT_THAT(StatusOf({}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("inpainting.image.format is 0")));
  v1::Inpainting inpainting = Good();
  inpainting.mutable_image()->set_format(common::v1::IMAGE_FORMAT_PNG);
  EXPECT_THAT(StatusOf(inpainting), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("inpainting.image.format is 1")));
  inpainting = Good();
  inpainting.mutable_image()->mutable_size()->set_width_px(4);
  EXPECT_THAT(StatusOf(inpainting),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("inpainting.image.size is 4x2; it must be 2x2")));
  inpainting = Good();
  inpainting.mutable_image()->set_data("abc");
  EXPECT_THAT(StatusOf(inpainting), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("inpainting.image.data")));
  inpainting = Good();
  inpainting.set_mask("");
  EXPECT_THAT(StatusOf(inpainting), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("inpainting.mask")));
  inpainting.set_mask(std::string("\xff\x00\x01\xff", 4));
  EXPECT_THAT(StatusOf(inpainting), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("inpainting.mask[2] is 1")));
  inpainting = Good();
  inpainting.set_resample_count(21);
  EXPECT_THAT(StatusOf(inpainting), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("inpainting.resample_count is 21")));
  inpainting = Good();
  inpainting.set_resample_count(2);
  inpainting.set_jump_length(25);
  EXPECT_THAT(StatusOf(inpainting), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("inpainting.jump_length is 25")));
}

TEST(InpaintingConversionTest, SaysWhatMayBeAskedFor) {
  v1::GetModelInfoResponse response;
  SetInpainting(&response);
  EXPECT_TRUE(response.inpaints_images());
  EXPECT_EQ(response.resample_count().minimum(), 1);
  EXPECT_EQ(response.resample_count().maximum(), 20);
  EXPECT_EQ(response.jump_length().maximum(), 999);
  EXPECT_LE(response.jump_length().default_value(), 24);
}

}  // namespace
}  // namespace unclip::decoder
