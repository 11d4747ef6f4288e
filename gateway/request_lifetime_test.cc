// How requests end otherwise than with their picture: deadlines, callers that leave, a full gateway, faults, and the gateway's
// own end.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"
#include "common/rpc/retry_info.h"
#include "gateway/testing/gateway_fixture.h"

namespace unclip::gateway {
namespace {

using ::testing::_;
using ::testing::AllOf;
using ::testing::HasSubstr;

using RequestLifetimeTest = GatewayFixture;

TEST_F(RequestLifetimeTest, ServicesSeeTheTimeThatIsLeft) {
  cluster_.Start();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(100));
  ASSERT_OK(Generate(PictureRequest(), context));
  // Up to a few percent more: gRPC rounds a deadline up on each hop.
  EXPECT_LE(cluster_.prior().log.calls().at(0).remaining, absl::Seconds(120));
  EXPECT_LE(cluster_.decoder().log.calls().at(0).remaining, absl::Seconds(120));
}

TEST_F(RequestLifetimeTest, CallersWithoutADeadlineGetTheDefault) {
  cluster_.Start({.default_deadline = absl::Seconds(50)});
  ASSERT_OK(Generate());
  EXPECT_LE(cluster_.decoder().log.calls().at(0).remaining, absl::Seconds(60));
}

TEST_F(RequestLifetimeTest, CancelReachesTheServiceAtOnce) {
  BlockDecoderAt(2);
  cluster_.Start();
  grpc::ClientContext context;
  std::thread canceller([&] {
    blocked_.WaitForNotification();
    context.TryCancel();
  });
  EXPECT_THAT(Generate(PictureRequest(), context), StatusIs(absl::StatusCode::kCancelled, _));
  canceller.join();
  let_go_.WaitForNotification();
}

TEST_F(RequestLifetimeTest, CancelOfAStreamReachesTheServiceAtOnce) {
  BlockDecoderAt(1);
  cluster_.Start();
  v1::StreamGenerateImageRequest request;
  *request.mutable_request() = PictureRequest();
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

TEST_F(RequestLifetimeTest, DeadlineEndsTheRequestAndTheServicesWork) {
  BlockDecoderAt(0);
  cluster_.Start();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  EXPECT_THAT(Generate(PictureRequest(), context), StatusIs(absl::StatusCode::kDeadlineExceeded, _));
  if (blocked_.HasBeenNotified()) let_go_.WaitForNotification();
}

TEST_F(RequestLifetimeTest, ADeadlineThatIsTheGatewaysOwnNamesTheService) {
  BlockDecoderAt(0);
  cluster_.Start({.default_deadline = absl::Milliseconds(300)});
  EXPECT_THAT(Generate(), StatusIs(absl::StatusCode::kDeadlineExceeded, _));
  if (blocked_.HasBeenNotified()) let_go_.WaitForNotification();
}

TEST_F(RequestLifetimeTest, RefusesWhenFullWithATimeToRetry) {
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

TEST_F(RequestLifetimeTest, PassesAServicesTimeToRetryOn) {
  cluster_.prior().on_step = [](grpc::ServerContext& context, const prior::v1::SamplePriorRequest&, int) {
    context.AddTrailingMetadata(kRetryAfterKey, "2500");
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "64 jobs wait");
  };
  cluster_.Start();
  const absl::Status refused = Generate().status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, AllOf(HasSubstr("prior"), HasSubstr("64 jobs wait"))));
  EXPECT_EQ(GetRetryAfter(refused), absl::Milliseconds(2500));
}

TEST_F(RequestLifetimeTest, AServicesFaultFailsThatRequestOnly) {
  cluster_.decoder().on_step = [](grpc::ServerContext&, const decoder::v1::DecodeImageRequest& request, int) {
    return request.seed() == 13 ? grpc::Status(grpc::StatusCode::INTERNAL, "non-finite values in the decoder") : grpc::Status::OK;
  };
  cluster_.Start();
  EXPECT_THAT(Generate(PictureRequest(13)), StatusIs(absl::StatusCode::kInternal, HasSubstr("non-finite values in the decoder")));
  EXPECT_OK(Generate(PictureRequest(14)));
}

TEST_F(RequestLifetimeTest, DrainFinishesWhatIsHeldAndRefusesTheRest) {
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
  std::thread drain([this] { cluster_.gateway().dispatcher().Drain(absl::InfiniteDuration()); });
  release.Notify();
  held.join();
  drain.join();
  EXPECT_THAT(Generate(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("shutting down")));
}

TEST_F(RequestLifetimeTest, DrainEndsWhatIsHeldAfterTheGrace) {
  BlockDecoderAt(1);
  cluster_.Start();
  std::thread held([this] { EXPECT_THAT(Generate(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("shut down"))); });
  blocked_.WaitForNotification();
  cluster_.gateway().dispatcher().Drain(absl::ZeroDuration());
  held.join();
  let_go_.WaitForNotification();
}

}  // namespace
}  // namespace unclip::gateway
