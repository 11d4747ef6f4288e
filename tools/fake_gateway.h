// A gateway for tests: a real gRPC server on a free port whose answers are the test's.
#ifndef UNCLIP_TOOLS_FAKE_GATEWAY_H_
#define UNCLIP_TOOLS_FAKE_GATEWAY_H_

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "unclip/gateway/v1/image_generation_service.grpc.pb.h"

namespace unclip {

class FakeGateway final : public gateway::v1::ImageGenerationService::Service {
 public:
  using Writer = grpc::ServerWriter<gateway::v1::StreamGenerateImageResponse>;
  using Handler = std::function<grpc::Status(grpc::ServerContext&, const gateway::v1::StreamGenerateImageRequest&, Writer&)>;

  explicit FakeGateway(Handler handler) : handler_(std::move(handler)) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }

  const std::string& address() const { return address_; }

  grpc::Status StreamGenerateImage(grpc::ServerContext* context, const gateway::v1::StreamGenerateImageRequest* request,
                                   Writer* writer) override {
    return handler_(*context, *request, *writer);
  }

  // Sends one picture: the bytes are "picture INDEX".
  static void SendImage(Writer& writer, int index) {
    gateway::v1::StreamGenerateImageResponse response;
    response.mutable_image()->set_index(index);
    response.mutable_image()->set_seed(100 + index);
    response.mutable_image()->mutable_image()->set_format(common::v1::IMAGE_FORMAT_PNG);
    response.mutable_image()->mutable_image()->set_data(absl::StrCat("picture ", index));
    writer.Write(response);
  }

  // Sends the last message.
  static void SendSummary(Writer& writer) {
    gateway::v1::StreamGenerateImageResponse response;
    response.mutable_summary()->set_request_id("r1");
    writer.Write(response);
  }

 private:
  const Handler handler_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_FAKE_GATEWAY_H_
