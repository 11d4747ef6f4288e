#include "gateway/generation_request.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/status_matchers.h"
#include "gateway/speed_preset.h"
#include "gateway/testing/fake_models.h"

namespace unclip::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint64_t kDrawnSeed = 77;

Capabilities TestCapabilities() { return *CombineCapabilities(FakeClipInfo(), FakePriorInfo(), FakeDecoderInfo()); }

v1::GenerateImageRequest Minimal() {
  v1::GenerateImageRequest proto;
  proto.set_prompt("a red heart");
  return proto;
}

absl::StatusOr<GenerationRequest> Parse(const v1::GenerateImageRequest& proto) {
  return ParseGenerationRequest("", proto, TestCapabilities(), kDrawnSeed);
}

TEST(GenerationRequestTest, FillsInTheModelsDefaults) {
  ASSERT_OK_AND_ASSIGN(const GenerationRequest request, Parse(Minimal()));
  EXPECT_EQ(request.prompt, "a red heart");
  EXPECT_EQ(request.negative_prompt, "");
  EXPECT_EQ(request.image_count, 1);
  EXPECT_EQ(request.candidate_count, 2);
  EXPECT_EQ(request.seed, kDrawnSeed);
  EXPECT_EQ(request.size, (PictureSize{8, 8}));
  EXPECT_EQ(request.prior_step_count, kFakePriorSteps);
  EXPECT_EQ(request.decoder_step_count, kFakeDecoderSteps);
  EXPECT_THAT(request.super_res_step_counts, ElementsAre(kFakeSuperResSteps));
  EXPECT_EQ(request.prior_guidance_scale, 4);
  EXPECT_EQ(request.decoder_guidance_scale, 8);
  EXPECT_EQ(request.encoding, ImageEncoding::kPng);
  EXPECT_EQ(request.quality, 90);
  EXPECT_EQ(request.preview_step_interval, 0);
  EXPECT_EQ(request.StepsPerImage(), kFakePriorSteps + kFakeDecoderSteps + kFakeSuperResSteps);
}

TEST(GenerationRequestTest, TakesEverySetting) {
  v1::GenerateImageRequest proto = Minimal();
  proto.set_negative_prompt("blue");
  proto.set_image_count(10);
  proto.set_candidate_count(16);
  proto.set_seed(std::numeric_limits<uint64_t>::max());
  proto.mutable_size()->set_width_px(256);
  proto.mutable_size()->set_height_px(256);
  proto.set_prior_step_count(2);
  proto.set_decoder_step_count(1000);
  proto.add_super_res_step_counts(7);
  proto.set_prior_guidance_scale(0);
  proto.set_decoder_guidance_scale(100);
  proto.set_output_format(common::v1::IMAGE_FORMAT_WEBP);
  proto.set_quality(1);
  ASSERT_OK_AND_ASSIGN(const GenerationRequest request, Parse(proto));
  EXPECT_EQ(request.negative_prompt, "blue");
  EXPECT_EQ(request.image_count, 10);
  EXPECT_EQ(request.candidate_count, 16);
  EXPECT_EQ(request.seed, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(request.size, (PictureSize{256, 256}));
  EXPECT_EQ(request.prior_step_count, 2);
  EXPECT_EQ(request.decoder_step_count, 1000);
  EXPECT_THAT(request.super_res_step_counts, ElementsAre(7));
  EXPECT_EQ(request.prior_guidance_scale, 0);
  EXPECT_EQ(request.decoder_guidance_scale, 100);
  EXPECT_EQ(request.encoding, ImageEncoding::kWebp);
  EXPECT_EQ(request.quality, 1);
}

TEST(GenerationRequestTest, SpeedSetsSamplersAndSteps) {
  v1::GenerateImageRequest proto = Minimal();
  proto.set_speed(v1::SPEED_FAST);
  const SpeedPreset preset = PresetOf(v1::SPEED_FAST, TestCapabilities());
  ASSERT_OK_AND_ASSIGN(const GenerationRequest request, Parse(proto));
  EXPECT_EQ(request.prior_step_count, preset.prior.step_count);
  EXPECT_EQ(request.decoder_step_count, preset.decoder.step_count);
  EXPECT_THAT(request.super_res_step_counts, ElementsAre(preset.super_res.step_count));
  EXPECT_EQ(request.prior_sampling.sampler(), preset.prior.sampler);
  EXPECT_EQ(request.decoder_sampling.sampler(), preset.decoder.sampler);
  EXPECT_EQ(request.super_res_sampling.sampler(), preset.super_res.sampler);
}

TEST(GenerationRequestTest, WhatIsSaidGoesBeforeTheSpeed) {
  v1::GenerateImageRequest proto = Minimal();
  proto.set_speed(v1::SPEED_FAST);
  proto.set_decoder_step_count(33);
  proto.mutable_decoder_sampling()->set_guidance_end(0.5);
  proto.mutable_prior_sampling()->set_sampler(common::v1::SAMPLER_DDIM);
  proto.mutable_prior_sampling()->set_eta(0.25);
  ASSERT_OK_AND_ASSIGN(const GenerationRequest request, Parse(proto));
  EXPECT_EQ(request.decoder_step_count, 33);
  EXPECT_EQ(request.decoder_sampling.sampler(), PresetOf(v1::SPEED_FAST, TestCapabilities()).decoder.sampler);
  EXPECT_EQ(request.decoder_sampling.guidance_end(), 0.5);
  EXPECT_EQ(request.prior_sampling.sampler(), common::v1::SAMPLER_DDIM);
  EXPECT_EQ(request.prior_sampling.eta(), 0.25);
}

TEST(GenerationRequestTest, TakesASeedOfZeroForASeed) {
  v1::GenerateImageRequest proto = Minimal();
  proto.set_seed(0);
  ASSERT_OK_AND_ASSIGN(const GenerationRequest request, Parse(proto));
  EXPECT_EQ(request.seed, 0u);
}

TEST(GenerationRequestTest, SeedsFollowOneAnotherPastTheEnd) {
  GenerationRequest request;
  request.seed = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(request.SeedOf(0), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(request.SeedOf(1), 0u);
}

TEST(GenerationRequestTest, DrawsDifferentSeedsThatFit32Bits) {
  const uint64_t first = DrawSeed();
  EXPECT_LE(first, std::numeric_limits<uint32_t>::max());
  bool differs = false;
  for (int i = 0; i < 8; ++i) differs |= DrawSeed() != first;
  EXPECT_TRUE(differs);
}

TEST(GenerationRequestTest, TakesPromptsThatOnlyLookOdd) {
  for (const std::string prompt :
       {"a", "\tline one\r\nline two\n", "<|endoftext|>", "❤️ + \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80", "\xE2\x80\x8B"}) {
    v1::GenerateImageRequest proto;
    proto.set_prompt(prompt);
    proto.set_negative_prompt(prompt);
    EXPECT_OK(Parse(proto)) << prompt;
  }
  v1::GenerateImageRequest longest;
  longest.set_prompt(std::string(kMaxPromptBytes, 'x'));
  EXPECT_OK(Parse(longest));
}

struct BadRequest {
  std::string name;
  std::function<void(v1::GenerateImageRequest*)> spoil;
  std::vector<std::string> message_parts;
};

class BadGenerationRequestTest : public testing::TestWithParam<BadRequest> {};

TEST_P(BadGenerationRequestTest, IsRefusedWithFieldValueAndRange) {
  v1::GenerateImageRequest proto = Minimal();
  GetParam().spoil(&proto);
  const absl::Status status = Parse(proto).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const std::string& part : GetParam().message_parts) EXPECT_THAT(std::string(status.message()), HasSubstr(part));
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

INSTANTIATE_TEST_SUITE_P(
    EveryField, BadGenerationRequestTest,
    testing::ValuesIn(std::vector<BadRequest>{
        {"EmptyPrompt", [](auto* r) { r->clear_prompt(); }, {"prompt is empty"}},
        {"BlankPrompt", [](auto* r) { r->set_prompt(" \t\n "); }, {"prompt is only white space"}},
        {"UnicodeBlankPrompt",
         [](auto* r) { r->set_prompt("\xC2\xA0\xE3\x80\x80\xE2\x80\xA8"); },
         {"prompt is only white space"}},
        {"LongPrompt", [](auto* r) { r->set_prompt(std::string(32'769, 'x')); }, {"prompt", "32769", "32768"}},
        {"HugePrompt", [](auto* r) { r->set_prompt(std::string(10'000'000, 'x')); }, {"prompt", "10000000", "32768"}},
        {"NulInPrompt", [](auto* r) { r->set_prompt(std::string("a\0b", 3)); }, {"prompt"}},
        {"EscapeInPrompt", [](auto* r) { r->set_prompt("a\x1b[31m"); }, {"prompt"}},
        {"C1ControlInPrompt", [](auto* r) { r->set_prompt("a\xC2\x85"); }, {"prompt"}},
        {"BrokenUtf8Prompt", [](auto* r) { r->set_prompt("a\xff"); }, {"prompt"}},
        {"LongNegativePrompt", [](auto* r) { r->set_negative_prompt(std::string(32'769, 'x')); }, {"negative_prompt", "32769"}},
        {"ControlInNegativePrompt", [](auto* r) { r->set_negative_prompt("\x01"); }, {"negative_prompt"}},
        {"NoImages", [](auto* r) { r->set_image_count(0); }, {"image_count", "0", "1", "10"}},
        {"NegativeImages", [](auto* r) { r->set_image_count(-1); }, {"image_count", "-1"}},
        {"ElevenImages", [](auto* r) { r->set_image_count(11); }, {"image_count", "11", "10"}},
        {"IntMaxImages", [](auto* r) { r->set_image_count(2147483647); }, {"image_count", "2147483647"}},
        {"NoCandidates", [](auto* r) { r->set_candidate_count(0); }, {"candidate_count", "0", "16"}},
        {"ManyCandidates", [](auto* r) { r->set_candidate_count(17); }, {"candidate_count", "17", "16"}},
        {"OtherSize",
         [](auto* r) {
           r->mutable_size()->set_width_px(100);
           r->mutable_size()->set_height_px(100);
         },
         {"size is 100x100", "8x8, 64x64", "1024x1024"}},
        {"OblongSize",
         [](auto* r) {
           r->mutable_size()->set_width_px(64);
           r->mutable_size()->set_height_px(128);
         },
         {"size is 64x128"}},
        {"EmptySize", [](auto* r) { r->mutable_size(); }, {"size is 0x0"}},
        {"NegativeSize", [](auto* r) { r->mutable_size()->set_width_px(-8); }, {"size is -8x0"}},
        {"OnePriorStep", [](auto* r) { r->set_prior_step_count(1); }, {"prior_step_count", "1", "2", "1000"}},
        {"ManyPriorSteps", [](auto* r) { r->set_prior_step_count(1'000'000); }, {"prior_step_count", "1000000", "1000"}},
        {"OneDecoderStep", [](auto* r) { r->set_decoder_step_count(1); }, {"decoder_step_count", "1", "1000"}},
        {"NoDecoderSteps", [](auto* r) { r->set_decoder_step_count(0); }, {"decoder_step_count", "0"}},
        {"OneSuperResStep", [](auto* r) { r->add_super_res_step_counts(1); }, {"super_res_step_counts[0]", "1", "1000"}},
        {"TooManySuperResStages",
         [](auto* r) {
           r->add_super_res_step_counts(7);
           r->add_super_res_step_counts(7);
         },
         {"super_res_step_counts has 2 values", "1 upsamplers"}},
        {"NanPriorGuidance", [](auto* r) { r->set_prior_guidance_scale(kNan); }, {"prior_guidance_scale", "nan", "100"}},
        {"InfinitePriorGuidance", [](auto* r) { r->set_prior_guidance_scale(kInf); }, {"prior_guidance_scale", "inf"}},
        {"NegativePriorGuidance", [](auto* r) { r->set_prior_guidance_scale(-0.5); }, {"prior_guidance_scale", "-0.5", "0"}},
        {"HugeDecoderGuidance", [](auto* r) { r->set_decoder_guidance_scale(1e30); }, {"decoder_guidance_scale", "100"}},
        {"MinusInfiniteDecoderGuidance",
         [](auto* r) { r->set_decoder_guidance_scale(-kInf); },
         {"decoder_guidance_scale", "-inf"}},
        {"RawFormat",
         [](auto* r) { r->set_output_format(common::v1::IMAGE_FORMAT_RGB8); },
         {"output_format is 4", "IMAGE_FORMAT_PNG"}},
        {"UnknownFormat",
         [](auto* r) { r->set_output_format(static_cast<common::v1::ImageFormat>(99)); },
         {"output_format is 99"}},
        {"NoQuality", [](auto* r) { r->set_quality(0); }, {"quality", "0", "1", "100"}},
        {"QualityOf101", [](auto* r) { r->set_quality(101); }, {"quality", "101", "100"}},
        {"UnknownSpeed", [](auto* r) { r->set_speed(static_cast<v1::Speed>(4)); }, {"speed is 4", "SPEED_FAST (3)"}},
        {"UnknownSampler",
         [](auto* r) { r->mutable_prior_sampling()->set_sampler(static_cast<common::v1::Sampler>(7)); },
         {"prior_sampling.sampler is 7", "SAMPLER_DPM_SOLVER (3)"}},
        {"EtaWithoutDdim", [](auto* r) { r->mutable_decoder_sampling()->set_eta(1); }, {"decoder_sampling.eta is 1", "DDIM"}},
        {"NanGuidanceStart",
         [](auto* r) { r->mutable_prior_sampling()->set_guidance_start(kNan); },
         {"prior_sampling.guidance_start is nan"}},
        {"GuidedUpsampler",
         [](auto* r) { r->mutable_super_res_sampling()->set_guidance_end(0.5); },
         {"super_res_sampling.guidance_end is 0.5", "no guidance"}},
        {"DeepFeaturesOfThePrior",
         [](auto* r) { r->mutable_prior_sampling()->set_deep_feature_interval(2); },
         {"prior_sampling.deep_feature_interval is 2"}},
        {"NoDeepFeatureInterval",
         [](auto* r) { r->mutable_super_res_sampling()->set_deep_feature_interval(0); },
         {"super_res_sampling.deep_feature_interval is 0", "100"}},
    }),
    [](const testing::TestParamInfo<BadRequest>& info) { return info.param.name; });

TEST(GenerationRequestTest, NeverRepeatsThePromptInAnError) {
  v1::GenerateImageRequest proto;
  proto.set_prompt("SECRET\x01SECRET");
  EXPECT_THAT(Parse(proto), StatusIs(absl::StatusCode::kInvalidArgument, Not(HasSubstr("SECRET"))));
}

TEST(GenerationRequestTest, StreamTakesAPreviewInterval) {
  v1::StreamGenerateImageRequest proto;
  *proto.mutable_request() = Minimal();
  proto.set_preview_step_interval(1000);
  ASSERT_OK_AND_ASSIGN(const GenerationRequest request, ParseGenerationRequest(proto, TestCapabilities(), kDrawnSeed));
  EXPECT_EQ(request.preview_step_interval, 1000);
  for (const int interval : {0, -1, 1001}) {
    proto.set_preview_step_interval(interval);
    EXPECT_THAT(ParseGenerationRequest(proto, TestCapabilities(), kDrawnSeed),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("preview_step_interval")));
  }
}

TEST(GenerationRequestTest, StreamNamesFieldsByTheirPath) {
  EXPECT_THAT(ParseGenerationRequest(v1::StreamGenerateImageRequest(), TestCapabilities(), kDrawnSeed),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("request.prompt is empty")));
}

TEST(GenerationRequestTest, RefusesSuperResStepsWhereThereIsNoUpsampler) {
  decoder::v1::GetModelInfoResponse decoder = FakeDecoderInfo();
  decoder.clear_super_res_sizes();
  ASSERT_OK_AND_ASSIGN(const Capabilities capabilities, CombineCapabilities(FakeClipInfo(), FakePriorInfo(), decoder));
  v1::GenerateImageRequest proto = Minimal();
  EXPECT_OK(ParseGenerationRequest("", proto, capabilities, kDrawnSeed));
  proto.add_super_res_step_counts(7);
  EXPECT_THAT(ParseGenerationRequest("", proto, capabilities, kDrawnSeed),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("super_res_step_counts"), HasSubstr("0 upsamplers"))));
}

}  // namespace
}  // namespace unclip::gateway
