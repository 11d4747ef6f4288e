#include "gateway/clients/upstream_call.h"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "base/status_matchers.h"
#include "common/rpc/channel.h"
#include "common/rpc/retry_info.h"
#include "gateway/clients/clip_client.h"
#include "gateway/clients/prior_client.h"
#include "gateway/testing/fake_server.h"
#include "gateway/testing/fake_services.h"
#include "unclip/prior/v1/prior_service.grpc.pb.h"

namespace unclip::gateway {
namespace {

using ::testing::_;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A real call to a fake prior.
class UpstreamCallTest : public testing::Test {
 protected:
  void SetUp() override {
    server_.Start();
    const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel =
        CreateServiceChannel("target", server_.address(), "unclip.prior.v1.PriorService");
    ASSERT_OK(channel);
    client_ = NewPriorClient({.name = "prior", .target = "prior:1", .on_reissue = [this] { ++reissues_; }}, *channel);
    message_.set_step_count(3);
    message_.set_candidate_count(2);
    message_.set_seed(7);
  }

  absl::StatusOr<prior::v1::SamplePriorResult> Sample() {
    return client_->SamplePrior(request_, message_,
                                [this](const common::v1::StageProgress& progress) { steps_.push_back(progress.step()); });
  }

  // Makes the first `count` calls fail with `code`, after `step` steps.
  void FailFirst(int count, int step, grpc::StatusCode code) {
    service_.on_step = [=, this](grpc::ServerContext&, const prior::v1::SamplePriorRequest&, int now) {
      return now == step && service_.log.size() <= static_cast<size_t>(count) ? grpc::Status(code, "made to fail")
                                                                              : grpc::Status::OK;
    };
  }

  Cancellation cancellation_;
  RequestContext request_{.request_id = "the-id", .cancellation = &cancellation_};
  prior::v1::SamplePriorRequest message_;
  std::vector<int> steps_;
  std::atomic<int> reissues_ = 0;

  FakePriorService service_;
  FakeServer server_{&service_, "unclip.prior.v1.PriorService"};
  std::unique_ptr<PriorClient> client_;
};

TEST_F(UpstreamCallTest, StreamsProgressAndReturnsTheResult) {
  ASSERT_OK_AND_ASSIGN(const prior::v1::SamplePriorResult result, Sample());
  EXPECT_EQ(result.SerializeAsString(), FakeSamplePrior(message_).SerializeAsString());
  EXPECT_THAT(steps_, ElementsAre(1, 2, 3));
  EXPECT_EQ(reissues_, 0);
}

TEST_F(UpstreamCallTest, SendsTheRequestIdAlong) {
  ASSERT_OK(Sample());
  EXPECT_EQ(service_.log.calls().at(0).request_id, "the-id");
}

TEST_F(UpstreamCallTest, SendsTheTimeThatIsLeft) {
  request_.deadline = request_.clock->Now() + absl::Seconds(100);
  ASSERT_OK(Sample());
  EXPECT_LE(service_.log.calls().at(0).remaining, absl::Seconds(120));
  EXPECT_GT(service_.log.calls().at(0).remaining, absl::Seconds(10));
}

TEST_F(UpstreamCallTest, IssuesAStreamAgainThatBroke) {
  FailFirst(1, 2, grpc::StatusCode::UNAVAILABLE);
  ASSERT_OK_AND_ASSIGN(const prior::v1::SamplePriorResult result, Sample());
  EXPECT_EQ(result.SerializeAsString(), FakeSamplePrior(message_).SerializeAsString());
  EXPECT_THAT(steps_, ElementsAre(1, 2, 1, 2, 3));
  EXPECT_EQ(reissues_, 1);
}

TEST_F(UpstreamCallTest, IssuesACallAgainThatEndedWithCancelledUnasked) {
  FailFirst(1, 0, grpc::StatusCode::CANCELLED);
  EXPECT_OK(Sample());
  EXPECT_EQ(reissues_, 1);
}

TEST_F(UpstreamCallTest, GivesUpAfterThreeTimes) {
  FailFirst(99, 1, grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(Sample(), StatusIs(absl::StatusCode::kUnavailable, "the prior service (prior:1) is not up: made to fail"));
  EXPECT_EQ(service_.log.size(), static_cast<size_t>(kMaxAttempts));
  EXPECT_EQ(reissues_, kMaxAttempts - 1);
}

TEST_F(UpstreamCallTest, ACallThatIsAlwaysCancelledUnaskedIsUnavailable) {
  FailFirst(99, 0, grpc::StatusCode::CANCELLED);
  EXPECT_THAT(Sample(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("ended the call unasked")));
}

TEST_F(UpstreamCallTest, LeavesRetriesBeforeTheFirstAnswerToTheChannel) {
  FailFirst(2, 0, grpc::StatusCode::UNAVAILABLE);
  EXPECT_OK(Sample());
  EXPECT_EQ(service_.log.size(), 3u);
  EXPECT_EQ(reissues_, 0);
}

TEST_F(UpstreamCallTest, DoesNotRetryOtherErrors) {
  for (const grpc::StatusCode code : {grpc::StatusCode::INTERNAL, grpc::StatusCode::INVALID_ARGUMENT,
                                      grpc::StatusCode::RESOURCE_EXHAUSTED, grpc::StatusCode::DEADLINE_EXCEEDED}) {
    const size_t before = service_.log.size();
    FailFirst(99, 1, code);
    EXPECT_THAT(Sample(), StatusIs(static_cast<absl::StatusCode>(code),
                                   AllOf(HasSubstr("the prior service (prior:1)"), HasSubstr("made to fail"))));
    EXPECT_EQ(service_.log.size(), before + 1);
  }
}

TEST_F(UpstreamCallTest, HidesErrorsThatTheCallerCanDoNothingAbout) {
  for (const grpc::StatusCode code : {grpc::StatusCode::UNKNOWN, grpc::StatusCode::UNIMPLEMENTED, grpc::StatusCode::NOT_FOUND,
                                      grpc::StatusCode::FAILED_PRECONDITION, grpc::StatusCode::DATA_LOSS}) {
    FailFirst(99, 0, code);
    EXPECT_THAT(Sample(),
                StatusIs(absl::StatusCode::kInternal, HasSubstr(absl::StatusCodeToString(static_cast<absl::StatusCode>(code)))));
  }
}

TEST_F(UpstreamCallTest, KeepsTheTimeToRetryAfter) {
  service_.on_step = [](grpc::ServerContext& context, const prior::v1::SamplePriorRequest&, int) {
    context.AddTrailingMetadata(kRetryAfterKey, "1500");
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "64 jobs wait");
  };
  const absl::Status status = Sample().status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, "the prior service (prior:1) is full: 64 jobs wait"));
  EXPECT_EQ(GetRetryAfter(status), absl::Milliseconds(1500));
}

TEST_F(UpstreamCallTest, CancellationReachesTheServiceAndIsTheResult) {
  service_.on_step = [this](grpc::ServerContext& context, const prior::v1::SamplePriorRequest&, int step) {
    if (step == 2) {
      cancellation_.Cancel(absl::CancelledError("the caller left"));
      WaitUntilCancelled(context);
    }
    return grpc::Status::OK;
  };
  EXPECT_THAT(Sample(), StatusIs(absl::StatusCode::kCancelled, "the caller left"));
  EXPECT_EQ(reissues_, 0);
}

TEST_F(UpstreamCallTest, MakesNoCallForARequestThatIsCancelled) {
  cancellation_.Cancel(absl::CancelledError("the caller left"));
  EXPECT_THAT(Sample(), StatusIs(absl::StatusCode::kCancelled, "the caller left"));
  EXPECT_EQ(service_.log.size(), 0u);
}

TEST_F(UpstreamCallTest, MakesNoCallAfterTheDeadline) {
  request_.deadline = request_.clock->Now();
  EXPECT_THAT(Sample(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("before the prior service was called")));
  EXPECT_EQ(service_.log.size(), 0u);
}

TEST_F(UpstreamCallTest, DeadlineEndsTheCall) {
  service_.on_step = [](grpc::ServerContext& context, const prior::v1::SamplePriorRequest&, int) {
    WaitUntilCancelled(context);
    return grpc::Status::CANCELLED;
  };
  request_.deadline = request_.clock->Now() + absl::Milliseconds(100);
  EXPECT_THAT(Sample(), StatusIs(absl::StatusCode::kDeadlineExceeded, _));
}

TEST_F(UpstreamCallTest, StreamWithoutAResultIsAnError) {
  service_.end_without_result = true;
  EXPECT_THAT(Sample(), StatusIs(absl::StatusCode::kInternal, HasSubstr("without a result")));
}

TEST_F(UpstreamCallTest, NamesAServiceThatIsGone) {
  server_.Kill();
  EXPECT_THAT(Sample(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("the prior service (prior:1) is not up")));
}

// What the caller makes of a message can end the call.
TEST_F(UpstreamCallTest, RefusalEndsTheCall) {
  service_.on_step = [](grpc::ServerContext& context, const prior::v1::SamplePriorRequest&, int step) {
    if (step == 1) WaitUntilCancelled(context);
    return grpc::Status::OK;
  };
  const auto stub = prior::v1::PriorService::NewStub(grpc::CreateChannel(server_.address(), grpc::InsecureChannelCredentials()));
  const absl::Status status =
      CallUpstream({.name = "prior"}, "unclip.prior.v1.PriorService/SamplePrior", request_, [&](grpc::ClientContext* context) {
        return ReadStream<prior::v1::SamplePriorResponse>(
            *stub->SamplePrior(context, message_), context,
            [](const prior::v1::SamplePriorResponse&) { return absl::InternalError("nonsense"); });
      });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal, "nonsense"));
}

TEST(ClipClientTest, RefusesAnAnswerOfAnotherLength) {
  class TwoForOne final : public clip::v1::ClipService::Service {
    grpc::Status EmbedText(grpc::ServerContext*, const clip::v1::EmbedTextRequest*,
                           clip::v1::EmbedTextResponse* response) override {
      response->add_embeddings();
      response->add_embeddings();
      return grpc::Status::OK;
    }
  };
  TwoForOne service;
  FakeServer server(&service, "unclip.clip.v1.ClipService");
  server.Start();
  const auto client = NewClipClient({.name = "clip"}, grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials()));
  Cancellation cancellation;
  EXPECT_THAT(client->EmbedText({.cancellation = &cancellation}, {"one"}),
              StatusIs(absl::StatusCode::kInternal, "the clip service answered 2 embeddings to 1 prompts"));
}

}  // namespace
}  // namespace unclip::gateway
