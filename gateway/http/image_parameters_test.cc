#include "gateway/http/image_parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/status_matchers.h"
#include "gateway/http/body/json_object.h"
#include "gateway/testing/fake_models.h"

namespace unclip::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Capabilities FakeCapabilities() {
  absl::StatusOr<Capabilities> capabilities = CombineCapabilities(FakeClipInfo(), FakePriorInfo(), FakeDecoderInfo());
  capabilities->decoder_model.set_checkpoint_name("loaded");
  return *std::move(capabilities);
}

absl::StatusOr<ImageParameters> Read(const std::string& json, ImageTask task = ImageTask::kGeneration,
                                     BodyUse use = BodyUse::kCall) {
  ASSIGN_OR_RETURN(JsonObject body, JsonObject::Parse(json));
  return ReadImageParameters(task, use, FakeCapabilities(), body);
}

// What is wrong with a generation that says `members` besides its prompt.
std::string ErrorOf(const std::string& members) {
  return std::string(Read(absl::StrCat(R"({"prompt":"p",)", members, "}")).status().message());
}

TEST(ImageParametersTest, NeedsNothingButAPrompt) {
  ASSERT_OK_AND_ASSIGN(const ImageParameters parameters, Read(R"({"prompt":"a cat"})"));
  EXPECT_EQ(parameters.request.prompt(), "a cat");
  EXPECT_EQ(parameters.request.image_count(), 1);
  EXPECT_FALSE(parameters.request.has_seed());
  EXPECT_FALSE(parameters.request.has_candidate_count());
  EXPECT_EQ(parameters.size, "8x8");
  EXPECT_EQ(parameters.request.size().width_px(), 8);
  EXPECT_EQ(parameters.request.output_format(), common::v1::IMAGE_FORMAT_PNG);
  EXPECT_TRUE(parameters.as_url);
  EXPECT_FALSE(parameters.stream);
}

TEST(ImageParametersTest, ReadsEverything) {
  ASSERT_OK_AND_ASSIGN(const ImageParameters parameters, Read(R"({
    "prompt":"p", "model":"unclip", "n":3, "size":"256x256", "quality":"low", "response_format":"b64_json", "user":"u",
    "style":null, "background":"opaque", "moderation":"low", "output_format":"webp", "output_compression":0, "stream":true,
    "partial_images":2, "seed":"18446744073709551615", "negative_prompt":"not", "candidate_count":4, "prior_step_count":5,
    "num_inference_steps":6, "super_res_step_count":7, "prior_guidance_scale":1.5, "guidance_scale":2, "preset":null})"));
  const v1::GenerateImageRequest& request = parameters.request;
  EXPECT_EQ(request.image_count(), 3);
  EXPECT_EQ(request.size().height_px(), 256);
  EXPECT_EQ(request.speed(), v1::SPEED_FAST);
  EXPECT_EQ(parameters.quality, "low");
  EXPECT_FALSE(parameters.as_url);
  EXPECT_EQ(request.output_format(), common::v1::IMAGE_FORMAT_WEBP);
  EXPECT_EQ(request.quality(), 1);
  EXPECT_TRUE(parameters.stream);
  EXPECT_EQ(parameters.partial_image_count, 2);
  EXPECT_EQ(request.seed(), 18446744073709551615U);
  EXPECT_EQ(request.negative_prompt(), "not");
  EXPECT_EQ(request.candidate_count(), 4);
  EXPECT_EQ(request.prior_step_count(), 5);
  EXPECT_EQ(request.decoder_step_count(), 6);
  EXPECT_THAT(request.super_res_step_counts(), ElementsAre(7));
  EXPECT_EQ(request.prior_guidance_scale(), 1.5);
  EXPECT_EQ(request.decoder_guidance_scale(), 2);
}

TEST(ImageParametersTest, APresetCountsBeforeAQuality) {
  ASSERT_OK_AND_ASSIGN(const ImageParameters parameters, Read(R"({"prompt":"p","quality":"hd","preset":"fast"})"));
  EXPECT_EQ(parameters.request.speed(), v1::SPEED_FAST);
}

TEST(ImageParametersTest, NamesFieldValueAndWhatIsAllowed) {
  EXPECT_THAT(std::string(Read("{}").status().message()), StartsWith("prompt is missing"));
  EXPECT_THAT(ErrorOf(R"("model":"gpt-image-1")"),
              StartsWith("model is \"gpt-image-1\"; it must be one of dall-e-2, unclip, loaded"));
  EXPECT_THAT(ErrorOf(R"("n":0)"), StartsWith("n is 0; it must be"));
  EXPECT_THAT(ErrorOf(R"("n":11)"), StartsWith("n is 11; it must be"));
  EXPECT_THAT(ErrorOf(R"("n":"2")"), StartsWith("n is "));
  EXPECT_THAT(ErrorOf(R"("n":1.5)"), StartsWith("n is 1.5; it must be"));
  EXPECT_THAT(ErrorOf(R"("size":"7x7")"), StartsWith("size is \"7x7\"; it must be one of auto, 8x8"));
  EXPECT_THAT(ErrorOf(R"("style":"vivid")"), StartsWith("style "));
  EXPECT_THAT(ErrorOf(R"("background":"transparent")"),
              StartsWith("background is \"transparent\"; it must be one of auto, opaque"));
  EXPECT_THAT(ErrorOf(R"("response_format":"png")"), StartsWith("response_format is \"png\""));
  EXPECT_THAT(ErrorOf(R"("output_compression":101)"), StartsWith("output_compression is 101; it must be"));
  EXPECT_THAT(ErrorOf(R"("partial_images":4,"stream":true)"), StartsWith("partial_images is 4"));
  EXPECT_THAT(ErrorOf(R"("partial_images":1)"), HasSubstr("unless stream is true"));
  EXPECT_THAT(ErrorOf(R"("seed":-1)"), StartsWith("seed is -1"));
  EXPECT_THAT(ErrorOf(R"("guidance_scale":101)"), StartsWith("guidance_scale is 101"));
  EXPECT_THAT(ErrorOf(R"("decoder_step_count":1)"), StartsWith("decoder_step_count is 1; it must be"));
  EXPECT_THAT(ErrorOf(R"("num_inference_steps":5,"decoder_step_count":5)"), HasSubstr("another name of decoder_step_count"));
  EXPECT_THAT(ErrorOf(R"("preset":"slow")"), StartsWith("preset is \"slow\"; it must be one of quality, balanced, fast"));
  EXPECT_THAT(ErrorOf(R"("stlye":1)"), StartsWith("stlye is no parameter"));
}

TEST(ImageParametersTest, DallE2sPromptsAreShort) {
  // 1000 characters of three bytes each.
  std::string prompt;
  for (int i = 0; i < 1000; ++i) prompt += "\xe2\x82\xac";
  EXPECT_OK(Read(absl::StrCat(R"({"prompt":")", prompt, "\"}")));
  EXPECT_THAT(std::string(Read(absl::StrCat(R"({"prompt":"x)", prompt, "\"}")).status().message()),
              StartsWith("prompt is 1001 characters long"));
  EXPECT_OK(Read(absl::StrCat(R"({"model":"unclip","prompt":"x)", prompt, "\"}")));
}

TEST(ImageParametersTest, AVariationHasNoPromptAndNoStream) {
  EXPECT_OK(Read(R"({"n":2})", ImageTask::kVariation));
  for (const char* member : {R"("prompt":"p")", R"("stream":true)", R"("candidate_count":2)", R"("prior_step_count":5)"}) {
    EXPECT_THAT(std::string(Read(absl::StrCat("{", member, "}"), ImageTask::kVariation).status().message()),
                HasSubstr("is no parameter"));
  }
}

TEST(ImageParametersTest, AnEditCanBeGoneOverSeveralTimes) {
  ASSERT_OK_AND_ASSIGN(const ImageParameters parameters,
                       Read(R"({"prompt":"p","resample_count":5,"jump_length":3})", ImageTask::kEdit));
  EXPECT_EQ(parameters.request.edit().resample_count(), 5);
  EXPECT_EQ(parameters.request.edit().jump_length(), 3);
  EXPECT_THAT(ErrorOf(R"("resample_count":5)"), StartsWith("resample_count is no parameter"));
}

TEST(ImageParametersTest, AJobsPicturesComeAsBase64UnlessAddressesAreAskedFor) {
  ASSERT_OK_AND_ASSIGN(const ImageParameters by_default, Read(R"({"prompt":"p"})", ImageTask::kGeneration, BodyUse::kJob));
  EXPECT_FALSE(by_default.as_url);
  ASSERT_OK_AND_ASSIGN(const ImageParameters asked,
                       Read(R"({"prompt":"p","response_format":"url"})", ImageTask::kGeneration, BodyUse::kJob));
  EXPECT_TRUE(asked.as_url);
}

TEST(ImageParametersTest, AJobHasNoStream) {
  EXPECT_THAT(std::string(Read(R"({"prompt":"p","stream":true})", ImageTask::kGeneration, BodyUse::kJob).status().message()),
              StartsWith("stream is no parameter"));
}

}  // namespace
}  // namespace unclip::gateway
