#include "services/decoder/decoder_service.h"

#include <limits>

#include "services/decoder/decoder_service_fixture.h"

namespace unclip::decoder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_F(DecoderServiceTest, IsUnavailableWhileLoading) {
  EXPECT_THAT(Decode(GoodRequest()).status,
              StatusIs(absl::StatusCode::kUnavailable, "decoder is loading its model; retry later"));
  EXPECT_THAT(RoundTrip(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("loading")));
  EXPECT_EQ(MetricValue(metrics_.registry, "rejections_total"), 1);
}

TEST_F(DecoderServiceTest, TellsWhatItHolds) {
  Load();
  grpc::ClientContext context;
  v1::GetModelInfoResponse response;
  ASSERT_OK(FromGrpcStatus(stub_->GetModelInfo(&context, {}, &response)));
  EXPECT_EQ(response.model().checkpoint_name(), "fake");
  EXPECT_EQ(response.model().fingerprint(), "00ff");
  EXPECT_EQ(response.model().parameter_count(), 42);
  EXPECT_EQ(response.model().dtype(), "float32");
  EXPECT_EQ(response.model().thread_count(), 1);
  EXPECT_EQ(response.embedding_dim(), 4);
  EXPECT_EQ(response.context_length(), 3);
  EXPECT_EQ(response.hidden_dim(), 2);
  EXPECT_EQ(response.base_size().width_px(), 2);
  EXPECT_EQ(response.base_size().height_px(), 2);
  ASSERT_EQ(response.super_res_sizes_size(), 2);
  EXPECT_EQ(response.super_res_sizes(0).width_px(), 4);
  EXPECT_EQ(response.super_res_sizes(1).height_px(), 8);
  EXPECT_EQ(response.decoder_step_count().minimum(), 2);
  EXPECT_EQ(response.decoder_step_count().maximum(), 1000);
  EXPECT_EQ(response.decoder_step_count().default_value(), 25);
  EXPECT_EQ(response.super_res_step_count().minimum(), 2);
  EXPECT_EQ(response.super_res_step_count().maximum(), 1000);
  EXPECT_EQ(response.super_res_step_count().default_value(), 7);
  EXPECT_EQ(response.guidance_scale().minimum(), 0);
  EXPECT_EQ(response.guidance_scale().maximum(), 100);
  EXPECT_EQ(response.guidance_scale().default_value(), 8);
}

TEST_F(DecoderServiceTest, StreamsProgressAndThePictureLast) {
  Load([this](int /*stage*/, int /*step*/) {
    clock_.Advance(absl::Seconds(1));
    return absl::OkStatus();
  });
  const Answer answer = Decode(GoodRequest());
  ASSERT_OK(answer.status);
  ASSERT_GE(answer.messages.size(), 2);
  for (size_t i = 0; i + 1 < answer.messages.size(); ++i) {
    ASSERT_TRUE(answer.messages[i].has_progress());
    const v1::DecodeImageProgress& progress = answer.messages[i].progress();
    EXPECT_FALSE(progress.has_preview());
    const bool base = progress.progress().stage() == common::v1::STAGE_DECODER;
    EXPECT_TRUE(base || progress.progress().stage() == common::v1::STAGE_SUPER_RES);
    EXPECT_EQ(progress.progress().step_count(), base ? 3 : progress.super_res_index() == 0 ? 2 : 4);
  }
  // The last step is never displaced: no newer one comes.
  const v1::DecodeImageProgress& last = answer.messages[answer.messages.size() - 2].progress();
  EXPECT_EQ(last.progress().stage(), common::v1::STAGE_SUPER_RES);
  EXPECT_EQ(last.super_res_index(), 1);
  EXPECT_EQ(last.progress().step(), 4);

  ASSERT_TRUE(answer.messages.back().has_result());
  EXPECT_EQ(answer.result().image().format(), common::v1::IMAGE_FORMAT_RGB8);
  EXPECT_EQ(answer.result().image().size().width_px(), 8);
  EXPECT_EQ(answer.result().image().size().height_px(), 8);
  EXPECT_EQ(answer.result().image().data(), std::string(192, 7));
  ASSERT_EQ(answer.result().timings_size(), 3);
  EXPECT_EQ(answer.result().timings(0).stage(), common::v1::STAGE_DECODER);
  EXPECT_EQ(answer.result().timings(0).run_duration().seconds(), 3);
  EXPECT_EQ(answer.result().timings(1).stage(), common::v1::STAGE_SUPER_RES);
  EXPECT_EQ(answer.result().timings(1).run_duration().seconds(), 6);
  EXPECT_EQ(answer.result().timings(2).stage(), common::v1::STAGE_ENCODE);
}

TEST_F(DecoderServiceTest, HandsTheEngineWhatWasAsked) {
  Load();
  v1::DecodeImageRequest request = GoodRequest();
  request.set_guidance_scale(2.5);
  request.set_preview_step_interval(5);
  request.set_seed(std::numeric_limits<uint64_t>::max());
  ASSERT_OK(Decode(request).status);
  const DecodeImageInput input = engine_->inputs().at(0);
  EXPECT_EQ(input.image_embedding, std::vector<float>(4, 3));
  EXPECT_EQ(input.text.text_embedding, std::vector<float>(4, 1));
  EXPECT_EQ(input.text.hidden_states, std::vector<float>(6, 1));
  EXPECT_EQ(input.text.attention_mask, (std::vector<uint8_t>{1, 1, 0}));
  EXPECT_EQ(input.negative_text.text_embedding, std::vector<float>(4, 2));
  EXPECT_EQ(input.decoder_step_count, 3);
  EXPECT_THAT(input.super_res_step_counts, ElementsAre(2, 4));
  EXPECT_EQ(input.guidance_scale, 2.5);
  EXPECT_EQ(input.seed, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(input.preview_step_interval, 5);
}

TEST_F(DecoderServiceTest, FillsInDefaults) {
  Load();
  v1::DecodeImageRequest request = GoodRequest();
  request.clear_decoder_step_count();
  request.clear_super_res_step_counts();
  ASSERT_OK(Decode(request).status);
  const DecodeImageInput input = engine_->inputs().at(0);
  EXPECT_EQ(input.decoder_step_count, 25);
  EXPECT_THAT(input.super_res_step_counts, ElementsAre(7, 7));
  EXPECT_EQ(input.guidance_scale, 8);
  EXPECT_EQ(input.preview_step_interval, 0);
}

TEST_F(DecoderServiceTest, EncodesAsAsked) {
  Load();
  struct Case {
    common::v1::ImageFormat format;
    const char* magic;
  };
  for (const Case& c : {Case{common::v1::IMAGE_FORMAT_PNG, "\x89PNG"}, Case{common::v1::IMAGE_FORMAT_JPEG, "\xff\xd8"},
                        Case{common::v1::IMAGE_FORMAT_WEBP, "RIFF"}}) {
    v1::DecodeImageRequest request = GoodRequest();
    request.set_output_format(c.format);
    request.set_quality(50);
    const Answer answer = Decode(request);
    ASSERT_OK(answer.status);
    EXPECT_EQ(answer.result().image().format(), c.format);
    EXPECT_THAT(answer.result().image().data(), testing::StartsWith(c.magic));
    ASSERT_OK_AND_ASSIGN(const RgbImage image, DecodeImage(answer.result().image().data()));
    EXPECT_EQ(image.width, 8);
    EXPECT_NEAR(image.pixels[0], 7, 3);
  }
}

TEST_F(DecoderServiceTest, NeedsNoNegativeTextWithoutGuidance) {
  Load();
  v1::DecodeImageRequest request = GoodRequest();
  request.clear_negative_text();
  request.set_guidance_scale(1);
  EXPECT_OK(Decode(request).status);
  request.clear_guidance_scale();
  EXPECT_THAT(Decode(request).status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("negative_text.text_embedding has 0")));
}

TEST_F(DecoderServiceTest, RefusesEachBadField) {
  Load();
  struct Case {
    void (*spoil)(v1::DecodeImageRequest&);
    const char* message;
  };
  const Case cases[] = {
      {[](auto& r) { r.clear_image_embedding(); }, "image_embedding.values has 0 values; it must have 4"},
      {[](auto& r) { r.mutable_image_embedding()->add_values(0); }, "image_embedding.values has 5 values; it must have 4"},
      {[](auto& r) { r.mutable_image_embedding()->set_values(3, kNan); }, "image_embedding.values[3] is nan"},
      {[](auto& r) { r.clear_text(); }, "text.text_embedding has 0 values; it must have 4"},
      {[](auto& r) { r.mutable_text()->set_hidden_states(1, 1 / 0.0f); }, "text.hidden_states[1] is inf"},
      {[](auto& r) { r.mutable_text()->add_attention_mask(true); }, "text.attention_mask has 4 values; it must have 3"},
      {[](auto& r) { r.clear_negative_text(); }, "negative_text.text_embedding has 0 values; it must have 4"},
      {[](auto& r) { r.set_decoder_step_count(1); }, "decoder_step_count is 1; it must be 2 to 1000"},
      {[](auto& r) { r.set_decoder_step_count(1'000'000); }, "decoder_step_count is 1000000; it must be 2 to 1000"},
      {[](auto& r) { r.add_super_res_step_counts(7); },
       "super_res_step_counts has 3 values; it must have none, or one for each of the 2 upsamplers"},
      {[](auto& r) { r.mutable_super_res_step_counts()->RemoveLast(); }, "super_res_step_counts has 1 values"},
      {[](auto& r) { r.set_super_res_step_counts(1, 1); }, "super_res_step_counts[1] is 1; it must be 2 to 1000"},
      {[](auto& r) { r.set_super_res_step_counts(0, -7); }, "super_res_step_counts[0] is -7; it must be 2 to 1000"},
      {[](auto& r) { r.set_guidance_scale(kNan); }, "guidance_scale is nan; it must be a number from 0 to 100"},
      {[](auto& r) { r.set_guidance_scale(100.5); }, "guidance_scale is 100.5; it must be a number from 0 to 100"},
      {[](auto& r) { r.mutable_decoder_sampling()->set_guidance_end(2); }, "decoder_sampling.guidance_end is 2; it must be"},
      {[](auto& r) { r.mutable_super_res_sampling()->set_guidance_end(1); },
       "super_res_sampling.guidance_end is 1; it must be absent"},
      {[](auto& r) { r.clear_output_format(); }, "output_format is 0; it must be IMAGE_FORMAT_PNG (1)"},
      {[](auto& r) { r.set_output_format(static_cast<common::v1::ImageFormat>(99)); }, "output_format is 99; it must be"},
      {[](auto& r) { r.set_quality(0); }, "quality is 0; it must be 1 to 100"},
      {[](auto& r) { r.set_quality(101); }, "quality is 101; it must be 1 to 100"},
      {[](auto& r) { r.set_preview_step_interval(0); }, "preview_step_interval is 0; it must be 1 to 1000"},
      {[](auto& r) { r.set_preview_step_interval(1001); }, "preview_step_interval is 1001; it must be 1 to 1000"},
  };
  for (const Case& c : cases) {
    v1::DecodeImageRequest request = GoodRequest();
    c.spoil(request);
    EXPECT_THAT(Decode(request).status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(c.message)));
  }
  EXPECT_TRUE(engine_->inputs().empty());
  EXPECT_OK(Decode(GoodRequest()).status);
}

TEST_F(DecoderServiceTest, SurvivesAnErrorOfTheEngine) {
  std::atomic<bool> fails = true;
  Load([&](int stage, int /*step*/) {
    return fails && stage == 1 ? absl::InternalError("super_res_first: not finite") : absl::OkStatus();
  });
  EXPECT_THAT(Decode(GoodRequest()).status, StatusIs(absl::StatusCode::kInternal, "super_res_first: not finite"));
  fails = false;
  EXPECT_OK(Decode(GoodRequest()).status);
}

TEST_F(DecoderServiceTest, CountsStepsAndTimesOfEachStage) {
  Load();
  ASSERT_OK(Decode(GoodRequest()).status);
  EXPECT_EQ(Metric("requests_total"), 1);
  EXPECT_EQ(Metric("steps_total"), 3 + 2 + 4);
  EXPECT_EQ(Metric("stage_seconds"), 3);
  EXPECT_EQ(Metric("queue_length"), 0);
  EXPECT_EQ(Metric("in_flight"), 0);
}

}  // namespace
}  // namespace unclip::decoder
