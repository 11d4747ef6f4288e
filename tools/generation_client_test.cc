#include "tools/generation_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"
#include "tools/fake_gateway.h"

namespace unclip {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

gateway::v1::StreamGenerateImageRequest RequestFor(int image_count) {
  gateway::v1::StreamGenerateImageRequest request;
  request.mutable_request()->set_prompt("a red heart");
  request.mutable_request()->set_image_count(image_count);
  return request;
}

absl::Status Ignore(const gateway::v1::StreamGenerateImageResponse&) { return absl::OkStatus(); }

// Holds a call until its client is gone.
void WaitForCancellation(grpc::ServerContext& context) {
  while (!context.IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
}

TEST(GenerationClientTest, HandsEventsOverAndReturnsTheSummary) {
  FakeGateway gateway([](grpc::ServerContext&, const auto& request, FakeGateway::Writer& writer) {
    EXPECT_EQ(request.request().prompt(), "a red heart");
    FakeGateway::SendImage(writer, 1);
    FakeGateway::SendImage(writer, 0);
    FakeGateway::SendSummary(writer);
    return grpc::Status::OK;
  });
  GenerationClient client(gateway.address());
  std::vector<std::string> got;
  ASSERT_OK_AND_ASSIGN(const auto summary, client.Generate(RequestFor(2), absl::Minutes(1), [&](const auto& event) {
    got.push_back(event.image().image().data());
    return absl::OkStatus();
  }));
  EXPECT_EQ(summary.request_id(), "r1");
  EXPECT_THAT(got, ElementsAre("picture 1", "picture 0"));
}

TEST(GenerationClientTest, PassesTheGatewaysErrorOnWithItsName) {
  FakeGateway gateway([](grpc::ServerContext&, const auto&, FakeGateway::Writer&) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "image_count is 11, must be 1 to 10");
  });
  GenerationClient client(gateway.address());
  EXPECT_THAT(client.Generate(RequestFor(1), absl::Minutes(1), Ignore),
              StatusIs(absl::StatusCode::kInvalidArgument, "INVALID_ARGUMENT: image_count is 11, must be 1 to 10"));
}

TEST(GenerationClientTest, NamesATargetThatIsNotThere) {
  std::string address;
  {
    FakeGateway gone([](grpc::ServerContext&, const auto&, FakeGateway::Writer&) { return grpc::Status::OK; });
    address = gone.address();
  }
  GenerationClient client(address);
  EXPECT_THAT(client.Generate(RequestFor(1), absl::Minutes(1), Ignore),
              StatusIs(absl::StatusCode::kUnavailable, AllOf(StartsWith("UNAVAILABLE: "), HasSubstr(address))));
}

TEST(GenerationClientTest, RefusesAStreamThatEndsEarly) {
  FakeGateway gateway([](grpc::ServerContext&, const auto& request, FakeGateway::Writer& writer) {
    FakeGateway::SendImage(writer, 0);
    if (request.request().image_count() == 2) FakeGateway::SendSummary(writer);
    return grpc::Status::OK;
  });
  GenerationClient client(gateway.address());
  EXPECT_THAT(client.Generate(RequestFor(2), absl::Minutes(1), Ignore),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("after 1 of 2 pictures")));
  EXPECT_THAT(client.Generate(RequestFor(1), absl::Minutes(1), Ignore),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("without a summary")));
}

TEST(GenerationClientTest, AnErrorOfTheHandlerEndsTheCall) {
  absl::Notification ended;
  FakeGateway gateway([&](grpc::ServerContext& context, const auto&, FakeGateway::Writer& writer) {
    FakeGateway::SendImage(writer, 0);
    WaitForCancellation(context);
    ended.Notify();
    return grpc::Status::CANCELLED;
  });
  GenerationClient client(gateway.address());
  EXPECT_THAT(
      client.Generate(RequestFor(1), absl::Minutes(1), [](const auto&) { return absl::ResourceExhaustedError("disk full"); }),
      StatusIs(absl::StatusCode::kResourceExhausted, "disk full"));
  ended.WaitForNotification();
}

TEST(GenerationClientTest, CancelReachesTheServerAndIsReportedAsSuch) {
  absl::Notification begun;
  absl::Notification ended;
  FakeGateway gateway([&](grpc::ServerContext& context, const auto&, FakeGateway::Writer&) {
    begun.Notify();
    WaitForCancellation(context);
    ended.Notify();
    return grpc::Status::CANCELLED;
  });
  GenerationClient client(gateway.address());
  std::thread other([&] {
    begun.WaitForNotification();
    client.Cancel();
  });
  EXPECT_THAT(client.Generate(RequestFor(1), absl::Minutes(1), Ignore), StatusIs(absl::StatusCode::kCancelled, testing::_));
  ended.WaitForNotification();
  other.join();
  // Also what is asked for afterwards.
  EXPECT_THAT(client.Generate(RequestFor(1), absl::Minutes(1), Ignore), StatusIs(absl::StatusCode::kCancelled, testing::_));
}

TEST(GenerationClientTest, TheGatewaysOwnCancellationIsNoCtrlC) {
  FakeGateway gateway([](grpc::ServerContext&, const auto&, FakeGateway::Writer&) { return grpc::Status::CANCELLED; });
  GenerationClient client(gateway.address());
  EXPECT_THAT(client.Generate(RequestFor(1), absl::Minutes(1), Ignore),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("CANCELLED")));
}

TEST(GenerationClientTest, EndsAtItsTimeout) {
  FakeGateway gateway([](grpc::ServerContext& context, const auto&, FakeGateway::Writer&) {
    WaitForCancellation(context);
    return grpc::Status::CANCELLED;
  });
  GenerationClient client(gateway.address());
  EXPECT_THAT(client.Generate(RequestFor(1), absl::Milliseconds(50), Ignore),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("DEADLINE_EXCEEDED")));
}

}  // namespace
}  // namespace unclip
