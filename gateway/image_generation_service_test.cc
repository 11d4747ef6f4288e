// The gateway as its callers see it, with fake services behind it; see also bad_request_test.cc and failover_test.cc.
#include "gateway/image_generation_service.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"
#include "common/rpc/request_id.h"
#include "common/rpc/retry_info.h"
#include "common/rpc/status_conversion.h"
#include "gateway/testing/fake_cluster.h"

namespace unclip::gateway {
namespace {

using ::testing::_;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

v1::GenerateImageRequest Request(uint64_t seed = 7) {
  v1::GenerateImageRequest request;
  request.set_prompt("a red heart");
  request.set_seed(seed);
  return request;
}

class ImageGenerationServiceTest : public testing::Test {
 protected:
  absl::StatusOr<v1::GenerateImageResponse> Generate(const v1::GenerateImageRequest& request, grpc::ClientContext& context) {
    v1::GenerateImageResponse response;
    const grpc::Status status = cluster_.stub().GenerateImage(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status, context);
    return response;
  }

  absl::StatusOr<v1::GenerateImageResponse> Generate(const v1::GenerateImageRequest& request = Request()) {
    grpc::ClientContext context;
    return Generate(request, context);
  }

  absl::Status Stream(const v1::StreamGenerateImageRequest& request, std::vector<v1::StreamGenerateImageResponse>* events) {
    grpc::ClientContext context;
    const auto reader = cluster_.stub().StreamGenerateImage(&context, request);
    for (v1::StreamGenerateImageResponse event; reader->Read(&event);) events->push_back(event);
    return FromGrpcStatus(reader->Finish(), context);
  }

  // Makes the decoder wait at `step` until the caller leaves, and tell when it gets there and when it is let go.
  void BlockDecoderAt(int step) {
    cluster_.decoder().on_step = [this, step](grpc::ServerContext& context, const decoder::v1::DecodeImageRequest&, int now) {
      if (now != step) return grpc::Status::OK;
      if (!blocked_.HasBeenNotified()) blocked_.Notify();
      WaitUntilCancelled(context);
      if (!let_go_.HasBeenNotified()) let_go_.Notify();
      return grpc::Status::CANCELLED;
    };
  }

  absl::Notification blocked_;
  absl::Notification let_go_;
  FakeCluster cluster_;
};

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
      const absl::StatusOr<v1::GenerateImageResponse> other = Generate(Request(i % 2 == 0 ? 7 : 100 + i));
      ASSERT_OK(other);
      EXPECT_EQ(other->images(0).image().data() == alone.images(0).image().data(), i % 2 == 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ImageGenerationServiceTest, AnswersPicturesInOrderWithSeedsThatReproduceThem) {
  cluster_.Start();
  v1::GenerateImageRequest request = Request();
  request.set_image_count(3);
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse response, Generate(request));
  ASSERT_EQ(response.images_size(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(response.images(i).index(), i);
    ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse again, Generate(Request(response.images(i).seed())));
    EXPECT_EQ(again.images(0).image().data(), response.images(i).image().data());
  }
}

TEST_F(ImageGenerationServiceTest, DrawsASeedAndReportsIt) {
  cluster_.Start();
  v1::GenerateImageRequest request = Request();
  request.clear_seed();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse first, Generate(request));
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse second, Generate(request));
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse third, Generate(request));
  EXPECT_GT((std::set<uint64_t>{first.images(0).seed(), second.images(0).seed(), third.images(0).seed()}.size()), 1u);
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse again, Generate(Request(first.images(0).seed())));
  EXPECT_EQ(again.images(0).image().data(), first.images(0).image().data());
}

TEST_F(ImageGenerationServiceTest, WarnsOfWhatItDidOtherwise) {
  cluster_.Start();
  v1::GenerateImageRequest request = Request();
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
  *request.mutable_request() = Request();
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
  *request.mutable_request() = Request();
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

TEST_F(ImageGenerationServiceTest, StreamsPreviewsInTheAskedFormat) {
  cluster_.Start();
  absl::Notification preview_seen;
  // Holds the decoder until the client has the preview, so that no later one takes its place.
  cluster_.decoder().on_step = [&](grpc::ServerContext&, const decoder::v1::DecodeImageRequest&, int step) {
    if (step == 2) preview_seen.WaitForNotification();
    return grpc::Status::OK;
  };
  v1::StreamGenerateImageRequest request;
  *request.mutable_request() = Request();
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
  *request.mutable_request() = Request();
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
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse response, Generate(Request(), context));
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

TEST_F(ImageGenerationServiceTest, ServicesSeeTheTimeThatIsLeft) {
  cluster_.Start();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(100));
  ASSERT_OK(Generate(Request(), context));
  // Up to a few percent more: gRPC rounds a deadline up on each hop.
  EXPECT_LE(cluster_.prior().log.calls().at(0).remaining, absl::Seconds(120));
  EXPECT_LE(cluster_.decoder().log.calls().at(0).remaining, absl::Seconds(120));
}

TEST_F(ImageGenerationServiceTest, CallersWithoutADeadlineGetTheDefault) {
  cluster_.Start({.default_deadline = absl::Seconds(50)});
  ASSERT_OK(Generate());
  EXPECT_LE(cluster_.decoder().log.calls().at(0).remaining, absl::Seconds(60));
}

TEST_F(ImageGenerationServiceTest, CancelReachesTheServiceAtOnce) {
  BlockDecoderAt(2);
  cluster_.Start();
  grpc::ClientContext context;
  std::thread canceller([&] {
    blocked_.WaitForNotification();
    context.TryCancel();
  });
  EXPECT_THAT(Generate(Request(), context), StatusIs(absl::StatusCode::kCancelled, _));
  canceller.join();
  let_go_.WaitForNotification();
}

TEST_F(ImageGenerationServiceTest, CancelOfAStreamReachesTheServiceAtOnce) {
  BlockDecoderAt(1);
  cluster_.Start();
  v1::StreamGenerateImageRequest request;
  *request.mutable_request() = Request();
  grpc::ClientContext context;
  const auto reader = cluster_.stub().StreamGenerateImage(&context, request);
  blocked_.WaitForNotification();
  context.TryCancel();
  let_go_.WaitForNotification();
  v1::StreamGenerateImageResponse event;
  while (reader->Read(&event)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(ImageGenerationServiceTest, DeadlineEndsTheRequestAndTheServicesWork) {
  BlockDecoderAt(0);
  cluster_.Start();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  EXPECT_THAT(Generate(Request(), context), StatusIs(absl::StatusCode::kDeadlineExceeded, _));
  if (blocked_.HasBeenNotified()) let_go_.WaitForNotification();
}

TEST_F(ImageGenerationServiceTest, ADeadlineThatIsTheGatewaysOwnNamesTheService) {
  BlockDecoderAt(0);
  cluster_.Start({.default_deadline = absl::Milliseconds(300)});
  EXPECT_THAT(Generate(), StatusIs(absl::StatusCode::kDeadlineExceeded, _));
  if (blocked_.HasBeenNotified()) let_go_.WaitForNotification();
}

TEST_F(ImageGenerationServiceTest, RefusesWhenFullWithATimeToRetry) {
  absl::Notification release;
  absl::BlockingCounter held(2);
  cluster_.decoder().on_step = [&](grpc::ServerContext&, const decoder::v1::DecodeImageRequest&, int step) {
    if (step == 0 && !release.HasBeenNotified()) {
      held.DecrementCount();
      release.WaitForNotification();
    }
    return grpc::Status::OK;
  };
  cluster_.Start({.max_requests = 2});
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([this] { EXPECT_OK(Generate()); });
  }
  held.Wait();
  const absl::Status refused = Generate().status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("2 requests")));
  EXPECT_TRUE(GetRetryAfter(refused).has_value());
  release.Notify();
  for (std::thread& thread : threads) thread.join();
  EXPECT_OK(Generate());
}

TEST_F(ImageGenerationServiceTest, PassesAServicesTimeToRetryOn) {
  cluster_.prior().on_step = [](grpc::ServerContext& context, const prior::v1::SamplePriorRequest&, int) {
    context.AddTrailingMetadata(kRetryAfterKey, "2500");
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "64 jobs wait");
  };
  cluster_.Start();
  const absl::Status refused = Generate().status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, AllOf(HasSubstr("prior"), HasSubstr("64 jobs wait"))));
  EXPECT_EQ(GetRetryAfter(refused), absl::Milliseconds(2500));
}

TEST_F(ImageGenerationServiceTest, AServicesFaultFailsThatRequestOnly) {
  cluster_.decoder().on_step = [](grpc::ServerContext&, const decoder::v1::DecodeImageRequest& request, int) {
    return request.seed() == 13 ? grpc::Status(grpc::StatusCode::INTERNAL, "non-finite values in the decoder") : grpc::Status::OK;
  };
  cluster_.Start();
  EXPECT_THAT(Generate(Request(13)), StatusIs(absl::StatusCode::kInternal, HasSubstr("non-finite values in the decoder")));
  EXPECT_OK(Generate(Request(14)));
}

TEST_F(ImageGenerationServiceTest, DrainFinishesWhatIsHeldAndRefusesTheRest) {
  absl::Notification release;
  cluster_.decoder().on_step = [&](grpc::ServerContext&, const decoder::v1::DecodeImageRequest&, int step) {
    if (step == 0) {
      blocked_.Notify();
      release.WaitForNotification();
    }
    return grpc::Status::OK;
  };
  cluster_.Start();
  std::thread held([this] { EXPECT_OK(Generate()); });
  blocked_.WaitForNotification();
  std::thread drain([this] { cluster_.gateway().service().Drain(absl::InfiniteDuration()); });
  release.Notify();
  held.join();
  drain.join();
  EXPECT_THAT(Generate(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("shutting down")));
}

TEST_F(ImageGenerationServiceTest, DrainEndsWhatIsHeldAfterTheGrace) {
  BlockDecoderAt(1);
  cluster_.Start();
  std::thread held([this] { EXPECT_THAT(Generate(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("shut down"))); });
  blocked_.WaitForNotification();
  cluster_.gateway().service().Drain(absl::ZeroDuration());
  held.join();
  let_go_.WaitForNotification();
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
