// For tests: the prior service over a real server, with an engine that the test steers.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_SERVICE_FIXTURE_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_SERVICE_FIXTURE_H_

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/metrics/metric_value.h"
#include "common/rpc/retry_info.h"
#include "common/rpc/status_conversion.h"
#include "services/prior/fake_prior_engine.h"
#include "services/prior/prior_service.h"

namespace unclip::prior {

inline common::v1::TextConditioning Conditioning(float value) {
  common::v1::TextConditioning text;
  for (int i = 0; i < 4; ++i) text.add_text_embedding(value);
  for (int i = 0; i < 6; ++i) text.add_hidden_states(value);
  for (const bool token : {true, true, false}) text.add_attention_mask(token);
  return text;
}

inline v1::SamplePriorRequest GoodRequest() {
  v1::SamplePriorRequest request;
  *request.mutable_text() = Conditioning(1);
  *request.mutable_negative_text() = Conditioning(2);
  request.set_candidate_count(2);
  request.set_step_count(3);
  request.set_seed(7);
  return request;
}

// What a client got.
struct Answer {
  absl::Status status;
  std::vector<v1::SamplePriorResponse> messages;
};

// The service over a real server, with a fake engine.
class PriorServiceTest : public testing::Test {
 protected:
  explicit PriorServiceTest(PriorServiceOptions options = {}) : service_(WithClock(std::move(options)), &metrics_) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::PriorService::NewStub(grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  ~PriorServiceTest() override {
    service_.Drain(absl::ZeroDuration());
    server_->Shutdown();
  }

  void Load(FakePriorEngine::BeforeStep before_step = nullptr) {
    auto engine = std::make_unique<FakePriorEngine>(std::move(before_step));
    engine_ = engine.get();
    ASSERT_OK(service_.Load([&] { return std::move(engine); }));
  }

  PriorServiceOptions WithClock(PriorServiceOptions options) const {
    options.clock = &clock_;
    return options;
  }

  Answer Sample(const v1::SamplePriorRequest& request, grpc::ClientContext* context) {
    Answer answer;
    const auto reader = stub_->SamplePrior(context, request);
    for (v1::SamplePriorResponse message; reader->Read(&message);) answer.messages.push_back(message);
    answer.status = FromGrpcStatus(reader->Finish(), *context);
    return answer;
  }

  Answer Sample(const v1::SamplePriorRequest& request) {
    grpc::ClientContext context;
    return Sample(request, &context);
  }

  // A call to the server and back: what an engine does to take its time at a step, so that 1000 steps take far longer than it
  // takes for a cancellation to get through.
  absl::Status RoundTrip() {
    grpc::ClientContext context;
    v1::GetModelInfoResponse response;
    return FromGrpcStatus(stub_->GetModelInfo(&context, {}, &response));
  }

  double InFlight() const { return MetricValue(metrics_.registry, "in_flight"); }

  FakeClock clock_;
  PriorMetrics metrics_;
  PriorService service_;
  FakePriorEngine* engine_ = nullptr;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::PriorService::Stub> stub_;
};

// Holds an engine busy in the first step of each request until it is opened.
class Gate {
 public:
  FakePriorEngine::BeforeStep BeforeStep() {
    return [this](int step) {
      if (step == 1 && !entered.HasBeenNotified()) {
        entered.Notify();
        open.WaitForNotification();
      }
      return absl::OkStatus();
    };
  }

  absl::Notification entered;  // the first request is running
  absl::Notification open;
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_SERVICE_FIXTURE_H_
