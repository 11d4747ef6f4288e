// Bad requests over real gRPC: each gets INVALID_ARGUMENT with the field's name, touches no service, and does no harm to the
// next.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/status_matchers.h"
#include "common/rpc/request_id.h"
#include "common/rpc/status_conversion.h"
#include "gateway/testing/fake_cluster.h"

namespace unclip::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class BadRequestTest : public testing::Test {
 protected:
  void SetUp() override { cluster_.Start(); }

  // Whatever a test did, the gateway must be well afterwards.
  void TearDown() override {
    const size_t before = cluster_.clip().log.size();
    v1::GenerateImageRequest request;
    request.set_prompt("a red heart");
    EXPECT_OK(Generate(request));
    EXPECT_EQ(cluster_.clip().log.size(), before + 1);
    EXPECT_EQ(before, 0u) << "a bad request reached a service";
  }

  absl::Status Generate(const v1::GenerateImageRequest& request) {
    grpc::ClientContext context;
    v1::GenerateImageResponse response;
    return FromGrpcStatus(cluster_.stub().GenerateImage(&context, request, &response));
  }

  absl::Status Stream(const v1::StreamGenerateImageRequest& request) {
    grpc::ClientContext context;
    const auto reader = cluster_.stub().StreamGenerateImage(&context, request);
    v1::StreamGenerateImageResponse event;
    while (reader->Read(&event)) ADD_FAILURE() << "answered a bad request";
    return FromGrpcStatus(reader->Finish());
  }

  // Sends bytes that no client library would.
  absl::Status Send(const char* method, absl::string_view bytes) {
    const std::string path = absl::StrCat("/unclip.gateway.v1.ImageGenerationService/", method);
    const grpc::Slice slice(bytes.data(), bytes.size());
    grpc::ClientContext context;
    grpc::ByteBuffer response;
    return FromGrpcStatus(grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
        cluster_.channel().get(), grpc::internal::RpcMethod(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC), &context,
        grpc::ByteBuffer(&slice, 1), &response));
  }

  FakeCluster cluster_;
};

TEST_F(BadRequestTest, EmptyRequest) {
  EXPECT_THAT(Generate({}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("prompt is empty")));
  EXPECT_THAT(Stream({}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("request.prompt is empty")));
}

TEST_F(BadRequestTest, PromptThatIsNotUtf8) {
  // Field 1, length 3: "a", 0xff, "b".
  EXPECT_THAT(Send("GenerateImage", "\x0a\x03\x61\xff\x62"),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("prompt"), HasSubstr("UTF-8"))));
  // Field 2, negative_prompt, with a surrogate.
  EXPECT_THAT(Send("GenerateImage", absl::string_view("\x0a\x01\x61\x12\x03\xed\xa0\x80", 8)),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("negative_prompt"), HasSubstr("UTF-8"))));
  // Inside the streaming request's field 1.
  EXPECT_THAT(Send("StreamGenerateImage", "\x0a\x05\x0a\x03\x61\xff\x62"),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("request.prompt"), HasSubstr("UTF-8"))));
}

TEST_F(BadRequestTest, BytesThatAreNoMessage) {
  EXPECT_THAT(Send("GenerateImage", "\x0a\xff\xff\xff"), StatusIs(absl::StatusCode::kInvalidArgument, testing::_));
  EXPECT_THAT(Send("GenerateImage", "not a message"), StatusIs(absl::StatusCode::kInvalidArgument, testing::_));
  EXPECT_THAT(Send("StreamGenerateImage", "\x0a"), StatusIs(absl::StatusCode::kInvalidArgument, testing::_));
}

TEST_F(BadRequestTest, UnknownMethod) { EXPECT_THAT(Send("Paint", ""), StatusIs(absl::StatusCode::kUnimplemented, testing::_)); }

TEST_F(BadRequestTest, PromptOf10Megabytes) {
  v1::GenerateImageRequest request;
  request.set_prompt(std::string(10'000'000, 'x'));
  EXPECT_THAT(Generate(request), StatusIs(absl::StatusCode::kInvalidArgument,
                                          AllOf(HasSubstr("prompt"), HasSubstr("10000000"), HasSubstr("32768"))));
}

TEST_F(BadRequestTest, ErrorsNeverHoldThePrompt) {
  v1::GenerateImageRequest request;
  request.set_prompt("SECRET\x02");
  EXPECT_THAT(Generate(request),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("prompt"), Not(HasSubstr("SECRET")))));
  EXPECT_THAT(Send("GenerateImage", "\x0a\x07SECRET\xff"),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("prompt"), Not(HasSubstr("SECRET")))));
}

TEST_F(BadRequestTest, NumbersOutOfRange) {
  v1::GenerateImageRequest good;
  good.set_prompt("a red heart");
  v1::GenerateImageRequest request = good;
  request.set_image_count(11);
  EXPECT_THAT(Generate(request), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("image_count")));
  request = good;
  request.set_prior_step_count(1);
  EXPECT_THAT(Generate(request), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("prior_step_count")));
  request = good;
  request.set_decoder_guidance_scale(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(Generate(request), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("decoder_guidance_scale")));
  request = good;
  request.set_output_format(static_cast<common::v1::ImageFormat>(77));
  EXPECT_THAT(Generate(request), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("output_format")));
  v1::StreamGenerateImageRequest stream;
  *stream.mutable_request() = good;
  stream.set_preview_step_interval(0);
  EXPECT_THAT(Stream(stream), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("preview_step_interval")));
}

TEST_F(BadRequestTest, RequestIdThatIsNotValid) {
  v1::GenerateImageRequest request;
  request.set_prompt("a red heart");
  for (const std::string& id : {std::string("with space"), std::string(129, 'x'), std::string()}) {
    grpc::ClientContext context;
    context.AddMetadata(kRequestIdKey, id);
    v1::GenerateImageResponse response;
    EXPECT_THAT(FromGrpcStatus(cluster_.stub().GenerateImage(&context, request, &response)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("x-request-id")));
  }
}

}  // namespace
}  // namespace unclip::gateway
