// For tests of the gateway as its callers see it, with fake services behind it.
#ifndef UNCLIP_GATEWAY_TESTING_GATEWAY_FIXTURE_H_
#define UNCLIP_GATEWAY_TESTING_GATEWAY_FIXTURE_H_

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "common/rpc/status_conversion.h"
#include "gateway/testing/fake_cluster.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// One small picture.
inline v1::GenerateImageRequest PictureRequest(uint64_t seed = 7) {
  v1::GenerateImageRequest request;
  request.set_prompt("a red heart");
  request.set_seed(seed);
  return request;
}

// The cluster is not started yet.
class GatewayFixture : public testing::Test {
 protected:
  absl::StatusOr<v1::GenerateImageResponse> Generate(const v1::GenerateImageRequest& request, grpc::ClientContext& context) {
    v1::GenerateImageResponse response;
    const grpc::Status status = cluster_.stub().GenerateImage(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status, context);
    return response;
  }

  absl::StatusOr<v1::GenerateImageResponse> Generate(const v1::GenerateImageRequest& request = PictureRequest()) {
    grpc::ClientContext context;
    return Generate(request, context);
  }

  // Adds what was streamed to `*events`.
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
  FakeCluster cluster_;  // last, as its services touch the rest
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_TESTING_GATEWAY_FIXTURE_H_
