#include "gateway/progress_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <string>
#include <thread>
#include <vector>

#include "base/fake_clock.h"
#include "common/metrics/metric_value.h"

namespace unclip::gateway {
namespace {

class Recorder final : public GenerationObserver {
 public:
  void OnProgress(v1::GenerationProgress progress) override { progress_.push_back(std::move(progress)); }
  void OnImage(v1::GeneratedImage image) override { images_.push_back(std::move(image)); }

  std::vector<v1::GenerationProgress> progress_;
  std::vector<v1::GeneratedImage> images_;
};

// 4 + 4 + (2 + 6) = 16 steps a picture.
GenerationRequest TwoPictures() {
  GenerationRequest request;
  request.image_count = 2;
  request.prior_step_count = 4;
  request.decoder_step_count = 4;
  request.super_res_step_counts = {2, 6};
  return request;
}

common::v1::StageProgress PriorStep(int step) {
  common::v1::StageProgress progress;
  progress.set_stage(common::v1::STAGE_PRIOR);
  progress.set_step(step);
  progress.set_step_count(4);
  return progress;
}

decoder::v1::DecodeImageProgress DecoderStep(common::v1::Stage stage, int super_res_index, int step) {
  decoder::v1::DecodeImageProgress progress;
  progress.mutable_progress()->set_stage(stage);
  progress.mutable_progress()->set_step(step);
  progress.set_super_res_index(super_res_index);
  return progress;
}

class ProgressTrackerTest : public testing::Test {
 protected:
  const GenerationRequest request_ = TwoPictures();
  FakeClock clock_;
  RequestContext context_{.clock = &clock_, .arrival = clock_.Now()};
  MetricsRegistry registry_{"gateway"};
  GatewayMetrics metrics_{registry_};
  Recorder recorder_;
  ProgressTracker tracker_{request_, context_, recorder_, &metrics_};
};

TEST_F(ProgressTrackerTest, CountsTheStepsOfAllPictures) {
  tracker_.PriorStepDone(0, PriorStep(4));
  EXPECT_DOUBLE_EQ(recorder_.progress_.back().fraction_done(), 4.0 / 32);
  tracker_.PriorStepDone(1, PriorStep(2));
  EXPECT_DOUBLE_EQ(recorder_.progress_.back().fraction_done(), 6.0 / 32);
  tracker_.DecoderStepDone(0, DecoderStep(common::v1::STAGE_DECODER, 0, 4), std::nullopt);
  EXPECT_DOUBLE_EQ(recorder_.progress_.back().fraction_done(), 10.0 / 32);
}

TEST_F(ProgressTrackerTest, TellsPictureAndStage) {
  tracker_.PriorStepDone(1, PriorStep(3));
  const v1::GenerationProgress& report = recorder_.progress_.back();
  EXPECT_EQ(report.image_index(), 1);
  EXPECT_EQ(report.progress().stage(), common::v1::STAGE_PRIOR);
  EXPECT_EQ(report.progress().step(), 3);
  EXPECT_EQ(report.progress().step_count(), 4);
  EXPECT_FALSE(report.has_preview());
}

TEST_F(ProgressTrackerTest, CountsTheUpsamplersAsOneStage) {
  tracker_.DecoderStepDone(0, DecoderStep(common::v1::STAGE_SUPER_RES, 0, 1), std::nullopt);
  EXPECT_EQ(recorder_.progress_.back().progress().step(), 1);
  EXPECT_EQ(recorder_.progress_.back().progress().step_count(), 8);
  tracker_.DecoderStepDone(0, DecoderStep(common::v1::STAGE_SUPER_RES, 1, 6), std::nullopt);
  EXPECT_EQ(recorder_.progress_.back().progress().stage(), common::v1::STAGE_SUPER_RES);
  EXPECT_EQ(recorder_.progress_.back().progress().step(), 8);
  EXPECT_DOUBLE_EQ(recorder_.progress_.back().fraction_done(), 0.5);
}

TEST_F(ProgressTrackerTest, PassesOverStepsThatAreRepeated) {
  for (const int step : {1, 2, 3, /* another replica: */ 1, 2, 3, 4}) tracker_.PriorStepDone(0, PriorStep(step));
  std::vector<int> steps;
  for (const v1::GenerationProgress& report : recorder_.progress_) steps.push_back(report.progress().step());
  EXPECT_EQ(steps, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(ProgressTrackerTest, StaysWithinBoundsWhenAServiceMiscounts) {
  tracker_.PriorStepDone(0, PriorStep(99));
  EXPECT_EQ(recorder_.progress_.back().progress().step(), 4);
  tracker_.DecoderStepDone(0, DecoderStep(common::v1::STAGE_SUPER_RES, 99, 99), std::nullopt);
  EXPECT_DOUBLE_EQ(recorder_.progress_.back().fraction_done(), 0.5);
  tracker_.DecoderStepDone(1, DecoderStep(common::v1::STAGE_SUPER_RES, -1, -1), std::nullopt);
  EXPECT_LE(recorder_.progress_.back().fraction_done(), 1);
}

TEST_F(ProgressTrackerTest, HandsPreviewsAndPicturesOn) {
  common::v1::EncodedImage preview;
  preview.set_data("preview");
  tracker_.DecoderStepDone(0, DecoderStep(common::v1::STAGE_DECODER, 0, 1), preview);
  EXPECT_EQ(recorder_.progress_.back().preview().data(), "preview");
  v1::GeneratedImage image;
  image.set_index(1);
  tracker_.ImageDone(image);
  ASSERT_EQ(recorder_.images_.size(), 1u);
  EXPECT_EQ(recorder_.images_[0].index(), 1);
}

TEST_F(ProgressTrackerTest, CountsPreviewsAndTheTimeToTheFirst) {
  tracker_.DecoderStepDone(0, DecoderStep(common::v1::STAGE_DECODER, 0, 1), std::nullopt);
  EXPECT_EQ(MetricValue(registry_, "first_preview_seconds"), 0);
  for (const int step : {2, 3, /* another replica: */ 3}) {
    clock_.Advance(absl::Seconds(20));
    tracker_.DecoderStepDone(0, DecoderStep(common::v1::STAGE_DECODER, 0, step), common::v1::EncodedImage());
  }
  EXPECT_EQ(MetricValue(registry_, "previews_total"), 2);
  EXPECT_EQ(MetricValue(registry_, "first_preview_seconds"), 1);
  const std::string text = prometheus::TextSerializer().Serialize(registry_.prometheus_registry()->Collect());
  EXPECT_THAT(text, testing::HasSubstr("unclip_gateway_first_preview_seconds_sum 20\n"));
}

TEST_F(ProgressTrackerTest, NeverGoesBackWhileThreadsReport) {
  std::vector<std::thread> threads;
  for (int image = 0; image < 2; ++image) {
    threads.emplace_back([this, image] {
      for (int step = 1; step <= 4; ++step) tracker_.PriorStepDone(image, PriorStep(step));
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(recorder_.progress_.size(), 8u);
  for (size_t i = 1; i < recorder_.progress_.size(); ++i) {
    EXPECT_GT(recorder_.progress_[i].fraction_done(), recorder_.progress_[i - 1].fraction_done());
  }
}

}  // namespace
}  // namespace unclip::gateway
