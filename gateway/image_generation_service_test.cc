// The gateway as its callers see it, with fake services behind it; see also request_lifetime_test.cc, bad_request_test.cc,
// repeated_prompt_test.cc and failover_test.cc.
#include "gateway/image_generation_service.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"
#include "common/rpc/request_id.h"
#include "gateway/testing/gateway_fixture.h"

namespace unclip::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

using ImageGenerationServiceTest = GatewayFixture;

TEST_F(ImageGenerationServiceTest, TurnsAPromptIntoAPicture) {
  cluster_.Start();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse response, Generate());
  ASSERT_EQ(response.images_size(), 1);
  const v1::GeneratedImage& image = response.images(0);
  EXPECT_EQ(image.image().format(), common::v1::IMAGE_FORMAT_PNG);
  EXPECT_EQ(image.image().data().substr(1, 3), "PNG");
  EXPECT_EQ(image.image().size().width_px(), kFakeNativeSide);
  EXPECT_EQ(image.seed(), 7u);
  EXPECT_THAT(image.candidate_similarities(), SizeIs(2));
  EXPECT_EQ(image.similarity(), image.candidate_similarities(image.candidate_index()));
  EXPECT_GE(image.similarity(), image.candidate_similarities(1 - image.candidate_index()));
  EXPECT_EQ(image.timings_size(), 5);
  EXPECT_TRUE(image.has_total_duration());
  EXPECT_EQ(response.warnings_size(), 0);
}

TEST_F(ImageGenerationServiceTest, DecodesTheCandidateWithTheLargerDotProduct) {
  cluster_.Start();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse response, Generate());
  // The fake prior's own word on what it drew for that request.
  const auto drawn = FakeSamplePrior(cluster_.prior().log.calls().at(0).request);
  ASSERT_EQ(drawn.embeddings_size(), 2);
  const int chosen = response.images(0).candidate_index();
  EXPECT_EQ(cluster_.decoder().log.calls().at(0).request.image_embedding().SerializeAsString(),
            drawn.embeddings(chosen).SerializeAsString());
  EXPECT_NE(drawn.embeddings(0).SerializeAsString(), drawn.embeddings(1).SerializeAsString());
}

TEST_F(ImageGenerationServiceTest, SameSeedGivesTheSameBytesWithOthersInFlight) {
  cluster_.Start();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse alone, Generate());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const absl::StatusOr<v1::GenerateImageResponse> other = Generate(PictureRequest(i % 2 == 0 ? 7 : 100 + i));
      ASSERT_OK(other);
      EXPECT_EQ(other->images(0).image().data() == alone.images(0).image().data(), i % 2 == 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ImageGenerationServiceTest, AnswersPicturesInOrderWithSeedsThatReproduceThem) {
  cluster_.Start();
  v1::GenerateImageRequest request = PictureRequest();
  request.set_image_count(3);
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse response, Generate(request));
  ASSERT_EQ(response.images_size(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(response.images(i).index(), i);
    ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse again, Generate(PictureRequest(response.images(i).seed())));
    EXPECT_EQ(again.images(0).image().data(), response.images(i).image().data());
  }
}

TEST_F(ImageGenerationServiceTest, DrawsASeedAndReportsIt) {
  cluster_.Start();
  v1::GenerateImageRequest request = PictureRequest();
  request.clear_seed();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse first, Generate(request));
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse second, Generate(request));
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse third, Generate(request));
  EXPECT_GT((std::set<uint64_t>{first.images(0).seed(), second.images(0).seed(), third.images(0).seed()}.size()), 1u);
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse again, Generate(PictureRequest(first.images(0).seed())));
  EXPECT_EQ(again.images(0).image().data(), first.images(0).image().data());
}

TEST_F(ImageGenerationServiceTest, WarnsOfWhatItDidOtherwise) {
  cluster_.Start();
  v1::GenerateImageRequest request = PictureRequest();
  request.set_prompt(std::string(kFakeMaxPromptBytes + 1, 'x'));
  request.mutable_size()->set_width_px(64);
  request.mutable_size()->set_height_px(64);
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse response, Generate(request));
  ASSERT_EQ(response.warnings_size(), 2);
  EXPECT_EQ(response.warnings(0).code(), v1::Warning::CODE_PROMPT_TRUNCATED);
  EXPECT_EQ(response.warnings(1).code(), v1::Warning::CODE_IMAGE_RESIZED);
  EXPECT_EQ(response.images(0).image().size().width_px(), 64);
}

TEST_F(ImageGenerationServiceTest, StreamsProgressThenEachPictureThenTheSummary) {
  cluster_.Start();
  v1::StreamGenerateImageRequest request;
  *request.mutable_request() = PictureRequest();
  request.mutable_request()->set_image_count(2);
  std::vector<v1::StreamGenerateImageResponse> events;
  ASSERT_OK(Stream(request, &events));
  ASSERT_FALSE(events.empty());
  EXPECT_TRUE(events.back().has_summary());
  EXPECT_FALSE(events.back().summary().request_id().empty());
  double fraction = 0;
  std::set<int> finished;
  for (size_t i = 0; i + 1 < events.size(); ++i) {
    if (events[i].has_image()) {
      EXPECT_TRUE(finished.insert(events[i].image().index()).second);
      EXPECT_FALSE(events[i].image().image().data().empty());
      continue;
    }
    ASSERT_TRUE(events[i].has_progress());
    EXPECT_EQ(finished.count(events[i].progress().image_index()), 0u) << "progress of a picture that is finished";
    EXPECT_GT(events[i].progress().fraction_done(), fraction);
    fraction = events[i].progress().fraction_done();
  }
  EXPECT_THAT(finished, ElementsAre(0, 1));
}

TEST_F(ImageGenerationServiceTest, StreamGivesTheSamePictureAsGenerate) {
  cluster_.Start();
  v1::StreamGenerateImageRequest request;
  *request.mutable_request() = PictureRequest();
  request.set_preview_step_interval(1);
  std::vector<v1::StreamGenerateImageResponse> events;
  ASSERT_OK(Stream(request, &events));
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse unary, Generate());
  for (const v1::StreamGenerateImageResponse& event : events) {
    if (event.has_image()) {
      EXPECT_EQ(event.image().image().data(), unary.images(0).image().data());
    }
  }
}

TEST_F(ImageGenerationServiceTest, AsksForProgressOnlyWhenItIsStreamed) {
  cluster_.Start();
  ASSERT_OK(Generate());
  v1::StreamGenerateImageRequest request;
  *request.mutable_request() = PictureRequest();
  std::vector<v1::StreamGenerateImageResponse> events;
  ASSERT_OK(Stream(request, &events));
  const auto prior_calls = cluster_.prior().log.calls();
  const auto decoder_calls = cluster_.decoder().log.calls();
  ASSERT_THAT(prior_calls, SizeIs(2));
  ASSERT_THAT(decoder_calls, SizeIs(2));
  EXPECT_TRUE(prior_calls[0].request.omit_progress());
  EXPECT_TRUE(decoder_calls[0].request.omit_progress());
  EXPECT_FALSE(prior_calls[1].request.omit_progress());
  EXPECT_FALSE(decoder_calls[1].request.omit_progress());
}

TEST_F(ImageGenerationServiceTest, StreamsPreviewsInTheAskedFormat) {
  cluster_.Start();
  absl::Notification preview_seen;
  // Holds the decoder until the client has the preview, so that no later one takes its place.
  cluster_.decoder().on_step = [&](grpc::ServerContext&, const decoder::v1::DecodeImageRequest&, int step) {
    if (step == 2) preview_seen.WaitForNotification();
    return grpc::Status::OK;
  };
  v1::StreamGenerateImageRequest request;
  *request.mutable_request() = PictureRequest();
  request.mutable_request()->set_output_format(common::v1::IMAGE_FORMAT_WEBP);
  request.set_preview_step_interval(2);
  grpc::ClientContext context;
  const auto reader = cluster_.stub().StreamGenerateImage(&context, request);
  for (v1::StreamGenerateImageResponse event; reader->Read(&event);) {
    if (!event.has_progress() || !event.progress().has_preview() || preview_seen.HasBeenNotified()) continue;
    EXPECT_EQ(event.progress().progress().stage(), common::v1::STAGE_DECODER);
    EXPECT_EQ(event.progress().progress().step(), 2);
    EXPECT_EQ(event.progress().preview().format(), common::v1::IMAGE_FORMAT_WEBP);
    EXPECT_EQ(event.progress().preview().data().substr(8, 4), "WEBP");
    EXPECT_EQ(event.progress().preview().size().width_px(), kFakeBaseSide);
    preview_seen.Notify();
  }
  EXPECT_TRUE(reader->Finish().ok());
  if (!preview_seen.HasBeenNotified()) {
    preview_seen.Notify();
    ADD_FAILURE() << "no preview came";
  }
}

TEST_F(ImageGenerationServiceTest, AReaderThatStallsStillGetsEveryPicture) {
  cluster_.Start();
  v1::StreamGenerateImageRequest request;
  *request.mutable_request() = PictureRequest();
  request.mutable_request()->set_image_count(10);
  grpc::ClientContext context;
  const auto reader = cluster_.stub().StreamGenerateImage(&context, request);
  ASSERT_OK(Generate());  // the client reads nothing meanwhile
  int images = 0;
  for (v1::StreamGenerateImageResponse event; reader->Read(&event);) images += event.has_image();
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(images, 10);
}

TEST_F(ImageGenerationServiceTest, PassesTheRequestIdOnAndBack) {
  cluster_.Start();
  grpc::ClientContext context;
  context.AddMetadata(kRequestIdKey, "from-the-caller");
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse response, Generate(PictureRequest(), context));
  EXPECT_EQ(response.request_id(), "from-the-caller");
  const auto returned = context.GetServerInitialMetadata().find(kRequestIdKey);
  ASSERT_NE(returned, context.GetServerInitialMetadata().end());
  EXPECT_EQ(std::string(returned->second.begin(), returned->second.end()), "from-the-caller");
  EXPECT_EQ(cluster_.clip().log.calls().at(0).request_id, "from-the-caller");
  EXPECT_EQ(cluster_.prior().log.calls().at(0).request_id, "from-the-caller");
  EXPECT_EQ(cluster_.decoder().log.calls().at(0).request_id, "from-the-caller");
}

TEST_F(ImageGenerationServiceTest, MakesARequestIdUpWhenThereIsNone) {
  cluster_.Start();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse response, Generate());
  EXPECT_TRUE(IsValidRequestId(response.request_id()));
  EXPECT_EQ(cluster_.decoder().log.calls().at(0).request_id, response.request_id());
}

TEST_F(ImageGenerationServiceTest, TellsWhatTheModelsCanDo) {
  cluster_.Start();
  grpc::ClientContext context;
  v1::GetCapabilitiesResponse response;
  ASSERT_TRUE(cluster_.stub().GetCapabilities(&context, {}, &response).ok());
  EXPECT_EQ(response.native_size().width_px(), kFakeNativeSide);
  EXPECT_EQ(response.prior_step_count().default_value(), kFakePriorSteps);
  EXPECT_EQ(context.GetServerInitialMetadata().count(kRequestIdKey), 1u);
}

}  // namespace
}  // namespace unclip::gateway
