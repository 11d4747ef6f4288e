#include "common/rpc/status_conversion.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/status_matchers.h"
#include "common/rpc/loopback_call.h"
#include "common/rpc/retry_info.h"

namespace unclip {
namespace {

TEST(StatusConversionTest, KeepsEveryCodeBothWays) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_OK(FromGrpcStatus(grpc::Status::OK));
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    const grpc::Status converted = ToGrpcStatus(status);
    EXPECT_EQ(converted.error_code(), code);
    EXPECT_EQ(converted.error_message(), "why");
    EXPECT_EQ(FromGrpcStatus(converted), status);
  }
  EXPECT_EQ(ToGrpcStatus(absl::ResourceExhaustedError("")).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ToGrpcStatus(absl::UnauthenticatedError("")).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST(StatusConversionTest, MakesUnknownCodesUnknown) {
  for (const int code : {-1, 17, 1000}) {
    EXPECT_THAT(FromGrpcStatus(grpc::Status(static_cast<grpc::StatusCode>(code), "why")),
                StatusIs(absl::StatusCode::kUnknown, "why"));
  }
}

TEST(StatusConversionTest, CutsLongMessagesBetweenCharacters) {
  const grpc::Status status = ToGrpcStatus(absl::InternalError(std::string(1023, 'a') + "é" + std::string(10000, 'b')));
  EXPECT_EQ(status.error_message(), std::string(1023, 'a'));
  EXPECT_EQ(ToGrpcStatus(absl::InternalError(std::string(1024, 'a'))).error_message(), std::string(1024, 'a'));
}

TEST(StatusConversionTest, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(ToGrpcStatus(absl::InternalError("a\xff\xc3(\xe2\x82")).error_message(),
            "a?"
            "?(?"
            "?");
}

TEST(StatusConversionTest, SurvivesTheWire) {
  grpc::ClientContext context;
  const std::string message = "größe 100%\n" + std::string(1000, '\x01');
  const grpc::Status status =
      CallOverLoopback(&context, [&](grpc::CallbackServerContext*) { return ToGrpcStatus(absl::InvalidArgumentError(message)); });
  EXPECT_THAT(FromGrpcStatus(status), StatusIs(absl::StatusCode::kInvalidArgument, message));
}

TEST(RetryInfoTest, CarriesTheTimeOverTheWire) {
  grpc::ClientContext context;
  const grpc::Status status = CallOverLoopback(&context, [](grpc::CallbackServerContext* server_context) {
    absl::Status full = absl::ResourceExhaustedError("full");
    SetRetryAfter(absl::Microseconds(1'500'001), &full);
    return ToGrpcStatus(full, server_context);
  });
  const absl::Status converted = FromGrpcStatus(status, context);
  EXPECT_THAT(converted, StatusIs(absl::StatusCode::kResourceExhausted, "full"));
  EXPECT_EQ(GetRetryAfter(converted), absl::Milliseconds(1501));
  const auto& metadata = context.GetServerTrailingMetadata();
  EXPECT_EQ(metadata.find(kRetryAfterKey)->second, "1501");
  ASSERT_EQ(metadata.count(kRetryPushbackKey), 1);
  EXPECT_EQ(metadata.find(kRetryPushbackKey)->second, "1501");
}

TEST(RetryInfoTest, SaysNothingWhenNothingWasSaid) {
  EXPECT_EQ(GetRetryAfter(absl::ResourceExhaustedError("full")), std::nullopt);
  EXPECT_EQ(GetRetryAfter(absl::OkStatus()), std::nullopt);
  grpc::ClientContext context;
  const grpc::Status status = CallOverLoopback(&context, [](grpc::CallbackServerContext* server_context) {
    return ToGrpcStatus(absl::AbortedError("no"), server_context);
  });
  EXPECT_EQ(GetRetryAfter(FromGrpcStatus(status, context)), std::nullopt);
  EXPECT_EQ(context.GetServerTrailingMetadata().count(kRetryAfterKey), 0);
}

TEST(RetryInfoTest, ClampsTheTime) {
  absl::Status status = absl::ResourceExhaustedError("full");
  SetRetryAfter(-absl::Seconds(1), &status);
  EXPECT_EQ(GetRetryAfter(status), absl::Milliseconds(1));
  SetRetryAfter(absl::InfiniteDuration(), &status);
  EXPECT_EQ(GetRetryAfter(status), absl::Hours(24));
}

TEST(RetryInfoTest, IgnoresMetadataThatMakesNoSense) {
  for (const char* value : {"", "-5", "0", "soon", "1e3", "99999999999999999999"}) {
    grpc::ClientContext context;
    const grpc::Status status = CallOverLoopback(&context, [value](grpc::CallbackServerContext* server_context) {
      server_context->AddTrailingMetadata(kRetryAfterKey, value);
      return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "full");
    });
    EXPECT_EQ(GetRetryAfter(FromGrpcStatus(status, context)), std::nullopt) << value;
  }
}

}  // namespace
}  // namespace unclip
