#include "gateway/generation_pipeline.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/rpc/proto_duration.h"
#include "gateway/clients/fake_clip_client.h"
#include "gateway/clients/fake_decoder_client.h"
#include "gateway/clients/fake_prior_client.h"
#include "gateway/testing/picture_file.h"

namespace unclip::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Recorder final : public GenerationObserver {
 public:
  void OnProgress(v1::GenerationProgress progress) override { progress_.push_back(std::move(progress)); }
  void OnImage(v1::GeneratedImage image) override {
    const int index = image.index();
    images_[index] = std::move(image);
  }

  std::vector<v1::GenerationProgress> progress_;
  std::map<int, v1::GeneratedImage> images_;
};

class GenerationPipelineTest : public testing::Test {
 protected:
  GenerationPipelineTest() {
    request_.prompt = "a red heart";
    request_.seed = 7;
    request_.candidate_count = 2;
    request_.size = capabilities_.native_size;
    request_.prior_step_count = 3;
    request_.decoder_step_count = 4;
    request_.super_res_step_counts = {2};
    request_.prior_guidance_scale = 4;
    request_.decoder_guidance_scale = 8;
  }

  absl::StatusOr<std::vector<v1::Warning>> Run(GenerationObserver& observer) {
    return pipeline_.Run(request_, capabilities_, context_, observer);
  }
  absl::StatusOr<std::vector<v1::Warning>> Run() { return Run(recorder_); }

  FakeClock clock_;
  Cancellation cancellation_;
  RequestContext context_{.request_id = "test", .clock = &clock_, .cancellation = &cancellation_};
  const Capabilities capabilities_ = *CombineCapabilities(FakeClipInfo(), FakePriorInfo(), FakeDecoderInfo());
  GenerationRequest request_;
  Recorder recorder_;

  FakeClipClient clip_;
  FakePriorClient prior_;
  FakeDecoderClient decoder_;
  MetricsRegistry registry_{"gateway"};
  GatewayMetrics metrics_{registry_};
  WorkerPool pool_{4};
  EmbeddingCache no_cache_{/*max_bytes=*/0, &metrics_};
  const GenerationPipeline pipeline_{{.clip = &clip_,
                                      .prior = &prior_,
                                      .decoder = &decoder_,
                                      .embedding_cache = &no_cache_,
                                      .picture_pool = &pool_,
                                      .metrics = &metrics_}};
};

TEST_F(GenerationPipelineTest, EmbedsBothPromptsInOneCall) {
  request_.negative_prompt = "blue";
  int calls = 0;
  clip_.embed = [&](const RequestContext&, const clip::v1::EmbedTextRequest& message) {
    ++calls;
    EXPECT_THAT(message.prompts(), ElementsAre("a red heart", "blue"));
    return FakeEmbedText(message);
  };
  EXPECT_OK(Run());
  EXPECT_EQ(calls, 1);
}

TEST_F(GenerationPipelineTest, AsksTheServicesForWhatWasAsked) {
  prior_.sample = [&](const RequestContext&, const prior::v1::SamplePriorRequest& message) {
    EXPECT_EQ(message.candidate_count(), 2);
    EXPECT_EQ(message.step_count(), 3);
    EXPECT_EQ(message.guidance_scale(), 4);
    EXPECT_EQ(message.seed(), 7u);
    EXPECT_TRUE(message.has_negative_text());
    return FakeSamplePrior(message);
  };
  decoder_.decode = [&](const RequestContext&, const decoder::v1::DecodeImageRequest& message) {
    EXPECT_EQ(message.decoder_step_count(), 4);
    EXPECT_THAT(message.super_res_step_counts(), ElementsAre(2));
    EXPECT_EQ(message.guidance_scale(), 8);
    EXPECT_EQ(message.seed(), 7u);
    EXPECT_EQ(message.output_format(), common::v1::IMAGE_FORMAT_RGB8);
    EXPECT_TRUE(message.has_negative_text());
    EXPECT_FALSE(message.has_preview_step_interval());
    return FakeDecodeImage(message);
  };
  EXPECT_OK(Run());
}

TEST_F(GenerationPipelineTest, SendsNoNegativeTextWhereThereIsNoGuidance) {
  request_.prior_guidance_scale = 1;
  request_.decoder_guidance_scale = 0;
  prior_.sample = [&](const RequestContext&, const prior::v1::SamplePriorRequest& message) {
    EXPECT_FALSE(message.has_negative_text());
    return FakeSamplePrior(message);
  };
  decoder_.decode = [&](const RequestContext&, const decoder::v1::DecodeImageRequest& message) {
    EXPECT_FALSE(message.has_negative_text());
    return FakeDecodeImage(message);
  };
  EXPECT_OK(Run());
}

TEST_F(GenerationPipelineTest, DecodesTheCandidateWithTheLargerDotProduct) {
  clip_.embed = [](const RequestContext&, const clip::v1::EmbedTextRequest& message) {
    clip::v1::EmbedTextResponse response = FakeEmbedText(message);
    for (int i = 0; i < kFakeEmbeddingDim; ++i) {
      response.mutable_embeddings(0)->mutable_conditioning()->set_text_embedding(i, static_cast<float>(i));  // 0 1 2 3
    }
    return response;
  };
  prior_.sample = [](const RequestContext&, const prior::v1::SamplePriorRequest&) {
    prior::v1::SamplePriorResult result;
    for (const float last : {0.5f, 2.0f}) {
      common::v1::ImageEmbedding* const embedding = result.add_embeddings();
      for (const float value : {9.0f, 0.0f, 0.0f, last}) embedding->add_values(value);
    }
    return result;
  };
  decoder_.decode = [](const RequestContext&, const decoder::v1::DecodeImageRequest& message) {
    EXPECT_THAT(message.image_embedding().values(), ElementsAre(9, 0, 0, 2));
    return FakeDecodeImage(message);
  };
  EXPECT_OK(Run());
  const v1::GeneratedImage& image = recorder_.images_[0];
  EXPECT_EQ(image.candidate_index(), 1);
  EXPECT_FLOAT_EQ(image.similarity(), 6);
  EXPECT_THAT(image.candidate_similarities(), ElementsAre(1.5f, 6.0f));
}

TEST_F(GenerationPipelineTest, ReportedSeedDrawsThatVeryPictureAlone) {
  request_.image_count = 4;
  request_.seed = std::numeric_limits<uint64_t>::max() - 1;  // the seeds pass the end
  EXPECT_OK(Run());
  ASSERT_THAT(recorder_.images_, SizeIs(4));
  std::set<std::string> pictures;
  for (const auto& [index, image] : recorder_.images_) {
    EXPECT_EQ(image.seed(), request_.seed + index);
    pictures.insert(image.image().data());
    GenerationRequest alone = request_;
    alone.image_count = 1;
    alone.seed = image.seed();
    Recorder recorder;
    EXPECT_OK(pipeline_.Run(alone, capabilities_, context_, recorder));
    EXPECT_EQ(recorder.images_[0].image().data(), image.image().data());
    EXPECT_EQ(recorder.images_[0].similarity(), image.similarity());
  }
  EXPECT_THAT(pictures, SizeIs(4)) << "different seeds should draw different pictures";
}

TEST_F(GenerationPipelineTest, MakesPicturesSideBySide) {
  request_.image_count = 4;
  absl::BlockingCounter all_run(4);
  absl::Notification go;
  prior_.sample = [&](const RequestContext&, const prior::v1::SamplePriorRequest& message) {
    if (all_run.DecrementCount()) go.Notify();
    go.WaitForNotification();
    return FakeSamplePrior(message);
  };
  EXPECT_OK(Run());
}

TEST_F(GenerationPipelineTest, OneFailingPictureFailsTheRequestAndStopsItsMates) {
  request_.image_count = 3;
  decoder_.decode = [&](const RequestContext& context,
                        const decoder::v1::DecodeImageRequest& message) -> absl::StatusOr<decoder::v1::DecodeImageResult> {
    if (message.seed() == request_.SeedOf(1)) return absl::InternalError("the decoder service says: no memory");
    absl::Notification cancelled;
    const Cancellation::Hook hook(context.cancellation, [&] { cancelled.Notify(); });
    cancelled.WaitForNotification();
    return context.cancellation->status();
  };
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kInternal, "the decoder service says: no memory"));
  EXPECT_TRUE(recorder_.images_.empty());
}

TEST_F(GenerationPipelineTest, EmbeddingErrorEndsTheRequest) {
  clip_.embed = [](const RequestContext&, const clip::v1::EmbedTextRequest&) { return absl::UnavailableError("clip is not up"); };
  prior_.sample = [](const RequestContext&, const prior::v1::SamplePriorRequest&) {
    ADD_FAILURE() << "asked the prior";
    return absl::InternalError("");
  };
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kUnavailable, "clip is not up"));
}

TEST_F(GenerationPipelineTest, ReportsEveryStepAndPreviewsInTheAskedFormat) {
  request_.preview_step_interval = 2;
  request_.encoding = ImageEncoding::kJpeg;
  EXPECT_OK(Run());
  std::vector<std::string> seen;
  for (const v1::GenerationProgress& progress : recorder_.progress_) {
    seen.push_back(absl::StrCat(common::v1::Stage_Name(progress.progress().stage()).substr(6), progress.progress().step(), "/",
                                progress.progress().step_count(), progress.has_preview() ? "+" : ""));
    if (progress.has_preview()) {
      EXPECT_EQ(progress.preview().format(), common::v1::IMAGE_FORMAT_JPEG);
    }
  }
  EXPECT_THAT(seen, ElementsAre("PRIOR1/3", "PRIOR2/3", "PRIOR3/3", "DECODER1/4", "DECODER2/4+", "DECODER3/4", "DECODER4/4+",
                                "SUPER_RES1/2", "SUPER_RES2/2+"));
  EXPECT_DOUBLE_EQ(recorder_.progress_.back().fraction_done(), 1);
}

TEST_F(GenerationPipelineTest, ReportsEveryStepOfAVariationAndOfAnEdit) {
  const std::string file = RgbaPng(8, 8, [](int x, int y) {
    return std::array<uint8_t, 4>{static_cast<uint8_t>(x), static_cast<uint8_t>(y), 0, static_cast<uint8_t>(x < 4 ? 0 : 255)};
  });
  request_.edit = {
      .image_field = "i", .mask_field = "m", .image = file, .mask = "", .steps = {.resample_count = 3, .jump_length = 2}};
  EXPECT_OK(Run());
  ASSERT_THAT(recorder_.progress_, SizeIs(3 + 8 + 2));
  EXPECT_EQ(recorder_.progress_[3].progress().step_count(), 8);
  EXPECT_DOUBLE_EQ(recorder_.progress_.back().fraction_done(), 1);

  Recorder recorder;
  request_.edit.reset();
  request_.variation = {.image_field = "i", .image = file};
  request_.prior_step_count = 0;
  EXPECT_OK(Run(recorder));
  ASSERT_THAT(recorder.progress_, SizeIs(4 + 2));
  EXPECT_EQ(recorder.progress_[0].progress().stage(), common::v1::STAGE_DECODER);
  EXPECT_DOUBLE_EQ(recorder.progress_.back().fraction_done(), 1);
}

TEST_F(GenerationPipelineTest, TimesEveryStage) {
  clip_.embed = [&](const RequestContext&, const clip::v1::EmbedTextRequest& message) {
    clock_.Advance(absl::Milliseconds(11));
    return FakeEmbedText(message);
  };
  EXPECT_OK(Run());
  std::map<common::v1::Stage, absl::Duration> run;
  for (const common::v1::StageTiming& timing : recorder_.images_[0].timings()) {
    EXPECT_TRUE(run.emplace(timing.stage(), FromProtoDuration(timing.run_duration())).second) << "a stage stands there twice";
  }
  EXPECT_EQ(run[common::v1::STAGE_EMBED_TEXT], absl::Milliseconds(11));
  EXPECT_EQ(run[common::v1::STAGE_PRIOR], absl::Milliseconds(2));
  EXPECT_EQ(run[common::v1::STAGE_DECODER], absl::Milliseconds(3));
  EXPECT_EQ(run[common::v1::STAGE_SUPER_RES], absl::Milliseconds(3));
  EXPECT_EQ(run[common::v1::STAGE_ENCODE], absl::Milliseconds(3));  // the decoder's; ours takes no time on this clock
  EXPECT_EQ(FromProtoDuration(recorder_.images_[0].total_duration()), absl::Milliseconds(11));
}

TEST_F(GenerationPipelineTest, ResamplesToTheAskedSizeAndSaysSo) {
  request_.size = {64, 64};
  ASSERT_OK_AND_ASSIGN(const std::vector<v1::Warning> warnings, Run());
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_EQ(warnings[0].code(), v1::Warning::CODE_IMAGE_RESIZED);
  EXPECT_THAT(warnings[0].message(), HasSubstr("8x8 pixels; the pictures were resampled to 64x64"));
  EXPECT_EQ(recorder_.images_[0].image().size().width_px(), 64);
  EXPECT_EQ(recorder_.images_[0].resized_from().width_px(), 8);
  EXPECT_EQ(recorder_.images_[0].resized_from().height_px(), 8);
}

TEST_F(GenerationPipelineTest, SaysNothingOfResamplingAtTheNativeSize) {
  ASSERT_OK_AND_ASSIGN(const std::vector<v1::Warning> warnings, Run());
  EXPECT_THAT(warnings, SizeIs(0));
  EXPECT_FALSE(recorder_.images_[0].has_resized_from());
}

TEST_F(GenerationPipelineTest, WarnsOfPromptsThatWereCutOff) {
  request_.prompt = std::string(kFakeMaxPromptBytes + 1, 'x');
  request_.negative_prompt = request_.prompt;
  ASSERT_OK_AND_ASSIGN(const std::vector<v1::Warning> warnings, Run());
  ASSERT_THAT(warnings, SizeIs(2));
  EXPECT_EQ(warnings[0].code(), v1::Warning::CODE_PROMPT_TRUNCATED);
  EXPECT_THAT(warnings[0].message(), HasSubstr("longer than the 3 tokens"));
  EXPECT_EQ(warnings[1].code(), v1::Warning::CODE_NEGATIVE_PROMPT_TRUNCATED);
}

TEST_F(GenerationPipelineTest, RefusesEmbeddingsThatAreBroken) {
  clip_.embed = [](const RequestContext&, const clip::v1::EmbedTextRequest& message) {
    clip::v1::EmbedTextResponse response = FakeEmbedText(message);
    response.mutable_embeddings(0)->mutable_conditioning()->set_text_embedding(0, std::nanf(""));
    return response;
  };
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kInternal, HasSubstr("the clip service answered with a broken embedding")));
  clip_.embed = [](const RequestContext&, const clip::v1::EmbedTextRequest& message) {
    clip::v1::EmbedTextResponse response = FakeEmbedText(message);
    response.mutable_embeddings(1)->mutable_conditioning()->add_text_embedding(0);
    return response;
  };
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kInternal, HasSubstr("negative_prompt's embedding")));
}

TEST_F(GenerationPipelineTest, RefusesCandidatesThatAreBroken) {
  prior_.sample = [](const RequestContext&, const prior::v1::SamplePriorRequest& message) {
    prior::v1::SamplePriorResult result = FakeSamplePrior(message);
    result.mutable_embeddings(1)->set_values(2, std::nanf(""));
    return result;
  };
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kInternal, HasSubstr("reranking")));
}

TEST_F(GenerationPipelineTest, RefusesPicturesThatAreBroken) {
  decoder_.decode = [](const RequestContext&, const decoder::v1::DecodeImageRequest& message) {
    decoder::v1::DecodeImageResult result = FakeDecodeImage(message);
    result.mutable_image()->mutable_data()->resize(10);
    return result;
  };
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kInternal, HasSubstr("the decoder service sent a broken picture")));
}

TEST_F(GenerationPipelineTest, CountsPicturesThatAreFinished) {
  request_.image_count = 3;
  EXPECT_OK(Run());
  decoder_.decode = [](const RequestContext&, const decoder::v1::DecodeImageRequest&) { return absl::InternalError("failed"); };
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kInternal, "failed"));
  for (const prometheus::MetricFamily& family : registry_.prometheus_registry()->Collect()) {
    if (family.name == "unclip_gateway_images_total") {
      EXPECT_EQ(family.metric.at(0).counter.value, 3);
    } else if (family.name == "unclip_gateway_images_in_progress") {
      EXPECT_EQ(family.metric.at(0).gauge.value, 0);
    }
  }
}

}  // namespace
}  // namespace unclip::gateway
