// For tests: the decoder service over a real server, with an engine that the test steers.
#ifndef UNCLIP_SERVICES_DECODER_DECODER_SERVICE_FIXTURE_H_
#define UNCLIP_SERVICES_DECODER_DECODER_SERVICE_FIXTURE_H_

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
#include "common/image/image_codec.h"
#include "common/metrics/metric_value.h"
#include "common/rpc/retry_info.h"
#include "common/rpc/status_conversion.h"
#include "services/decoder/decoder_service.h"
#include "services/decoder/fake_decoder_engine.h"

namespace unclip::decoder {

inline common::v1::TextConditioning Conditioning(float value) {
  common::v1::TextConditioning text;
  for (int i = 0; i < 4; ++i) text.add_text_embedding(value);
  for (int i = 0; i < 6; ++i) text.add_hidden_states(value);
  for (const bool token : {true, true, false}) text.add_attention_mask(token);
  return text;
}

inline v1::DecodeImageRequest GoodRequest() {
  v1::DecodeImageRequest request;
  for (int i = 0; i < 4; ++i) request.mutable_image_embedding()->add_values(3);
  *request.mutable_text() = Conditioning(1);
  *request.mutable_negative_text() = Conditioning(2);
  request.set_decoder_step_count(3);
  request.add_super_res_step_counts(2);
  request.add_super_res_step_counts(4);
  request.set_seed(7);
  request.set_output_format(common::v1::IMAGE_FORMAT_RGB8);
  return request;
}

// What a client got.
struct Answer {
  absl::Status status;
  std::vector<v1::DecodeImageResponse> messages;

  const v1::DecodeImageResult& result() const { return messages.back().result(); }
};

// The service over a real server, with a fake engine.
class DecoderServiceTest : public testing::Test {
 protected:
  explicit DecoderServiceTest(DecoderServiceOptions options = {}) : service_(WithClock(std::move(options)), &metrics_) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ =
        v1::DecoderService::NewStub(grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  ~DecoderServiceTest() override {
    service_.Drain(absl::ZeroDuration());
    server_->Shutdown();
  }

  void Load(FakeDecoderEngine::BeforeStep before_step = nullptr) {
    auto engine = std::make_unique<FakeDecoderEngine>(std::move(before_step));
    engine_ = engine.get();
    ASSERT_OK(service_.Load([&] { return std::move(engine); }));
  }

  DecoderServiceOptions WithClock(DecoderServiceOptions options) const {
    options.clock = &clock_;
    return options;
  }

  Answer Decode(const v1::DecodeImageRequest& request, grpc::ClientContext* context) {
    Answer answer;
    const auto reader = stub_->DecodeImage(context, request);
    for (v1::DecodeImageResponse message; reader->Read(&message);) answer.messages.push_back(message);
    answer.status = FromGrpcStatus(reader->Finish(), *context);
    return answer;
  }

  Answer Decode(const v1::DecodeImageRequest& request) {
    grpc::ClientContext context;
    return Decode(request, &context);
  }

  // A call to the server and back: what an engine does to take its time at a step, so that 1000 steps take far longer than it
  // takes for a cancellation to get through.
  absl::Status RoundTrip() {
    grpc::ClientContext context;
    v1::GetModelInfoResponse response;
    return FromGrpcStatus(stub_->GetModelInfo(&context, {}, &response));
  }

  double Metric(const char* what) const { return MetricValue(metrics_.registry, what); }

  FakeClock clock_;
  DecoderMetrics metrics_;
  DecoderService service_;
  FakeDecoderEngine* engine_ = nullptr;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::DecoderService::Stub> stub_;
};

// Holds an engine busy in its first step until it is opened.
class Gate {
 public:
  FakeDecoderEngine::BeforeStep BeforeStep() {
    return [this](int /*stage*/, int /*step*/) {
      if (!entered.HasBeenNotified()) {
        entered.Notify();
        open.WaitForNotification();
      }
      return absl::OkStatus();
    };
  }

  absl::Notification entered;  // the first request is running
  absl::Notification open;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_DECODER_SERVICE_FIXTURE_H_
