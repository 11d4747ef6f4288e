#include "tools/generate_options.h"

#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

absl::StatusOr<gateway::v1::StreamGenerateImageRequest> RequestOf(const std::vector<std::string>& args) {
  GenerateOptions options;
  CommandLine line("unclip generate", "Draws.");
  line.AddPositional("PROMPT", "What to draw.", &options.prompt);
  AddGenerateFlags(line, options);
  RETURN_IF_ERROR(line.Parse(args).status());
  return MakeRequest(options);
}

TEST(GenerateOptionsTest, LeavesWhatIsAbsentToTheGateway) {
  ASSERT_OK_AND_ASSIGN(const auto message, RequestOf({"a red heart", "--out=a.png"}));
  const gateway::v1::GenerateImageRequest& request = message.request();
  EXPECT_EQ(request.prompt(), "a red heart");
  EXPECT_EQ(request.output_format(), common::v1::IMAGE_FORMAT_PNG);
  EXPECT_FALSE(request.has_seed() || request.has_image_count() || request.has_candidate_count() || request.has_size());
  EXPECT_FALSE(request.has_prior_step_count() || request.has_decoder_step_count() || request.has_prior_guidance_scale());
  EXPECT_FALSE(request.has_decoder_guidance_scale() || request.has_quality() || message.has_preview_step_interval());
  EXPECT_EQ(request.super_res_step_counts_size(), 0);
}

TEST(GenerateOptionsTest, PassesEveryFlagOn) {
  ASSERT_OK_AND_ASSIGN(const auto message,
                       RequestOf({"p", "--out=a.jpg", "--seed=18446744073709551615", "--count=3", "--candidates=4",
                                  "--size=64x32", "--negative-prompt=blur", "--prior-steps=5", "--decoder-steps=6",
                                  "--super-res-steps=7,8", "--prior-guidance=1.5", "--decoder-guidance=2.5", "--format=webp",
                                  "--quality=50", "--previews=2", "--preview-dir=d"}));
  const gateway::v1::GenerateImageRequest& request = message.request();
  EXPECT_EQ(request.seed(), 18446744073709551615u);
  EXPECT_EQ(request.image_count(), 3);
  EXPECT_EQ(request.candidate_count(), 4);
  EXPECT_EQ(request.size().width_px(), 64);
  EXPECT_EQ(request.size().height_px(), 32);
  EXPECT_EQ(request.negative_prompt(), "blur");
  EXPECT_EQ(request.prior_step_count(), 5);
  EXPECT_EQ(request.decoder_step_count(), 6);
  EXPECT_THAT(request.super_res_step_counts(), ElementsAre(7, 8));
  EXPECT_EQ(request.prior_guidance_scale(), 1.5);
  EXPECT_EQ(request.decoder_guidance_scale(), 2.5);
  EXPECT_EQ(request.output_format(), common::v1::IMAGE_FORMAT_WEBP);
  EXPECT_EQ(request.quality(), 50);
  EXPECT_EQ(message.preview_step_interval(), 2);
}

TEST(GenerateOptionsTest, LeavesRangesToTheGateway) {
  ASSERT_OK_AND_ASSIGN(const auto message, RequestOf({"p", "--out=a.png", "--count=0", "--prior-steps=-1", "--size=-5"}));
  EXPECT_EQ(message.request().image_count(), 0);
  EXPECT_EQ(message.request().prior_step_count(), -1);
  EXPECT_EQ(message.request().size().width_px(), -5);
}

TEST(GenerateOptionsTest, ReadsASquareSize) {
  ASSERT_OK_AND_ASSIGN(const auto message, RequestOf({"p", "--out=a.png", "--size=256"}));
  EXPECT_EQ(message.request().size().width_px(), 256);
  EXPECT_EQ(message.request().size().height_px(), 256);
}

TEST(GenerateOptionsTest, RefusesSizesItCannotRead) {
  for (const char* size : {"x", "64x", "x64", "64x64x64", "big", "64.5", "64*64", "99999999999"}) {
    EXPECT_THAT(RequestOf({"p", "--out=a.png", absl::StrCat("--size=", size)}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(absl::StrCat("--size is \"", size, "\""))));
  }
}

TEST(GenerateOptionsTest, RefusesAPromptThatIsNotUtf8) {
  EXPECT_THAT(RequestOf({"a \xff heart", "--out=a.png"}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("PROMPT")));
  EXPECT_THAT(RequestOf({"p", "--negative-prompt=\xc3", "--out=a.png"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--negative-prompt")));
}

TEST(GenerateOptionsTest, NeedsASuffixOrAFormat) {
  EXPECT_THAT(RequestOf({"p", "--out=a.gif"}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a.gif")));
  EXPECT_OK(RequestOf({"p", "--out=a.gif", "--format=png"}));
}

TEST(GenerateOptionsTest, PreviewFlagsNeedEachOther) {
  EXPECT_THAT(RequestOf({"p", "--out=a.png", "--previews=2"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("preview")));
  EXPECT_THAT(RequestOf({"p", "--out=a.png", "--preview-dir=d"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("preview")));
}

}  // namespace
}  // namespace unclip
